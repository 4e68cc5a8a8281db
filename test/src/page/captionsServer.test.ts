import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { NEVER, Observable, Subject, of } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
// the built package, because browsers are served compiled files
import { captionsServer } from '../../../dist/src/page/index.js';
import type { CaptionsServer, CaptionsServerOptions } from '../../../dist/src/page/index.js';
import { MAX_VIEWERS } from '../../../src/page/viewers.ts';
import { eventually, finalTurn } from '../../support/captions.ts';
import { partial } from '../../support/turns.ts';
import { httpRequest, openViewer } from './viewer.ts';

const begin: TranscriptionEvent = { type: 'Begin', id: '1', expires_at: 0, session: 0 };
const partialTurn = (order: number, text: string): TranscriptionEvent => ({
  ...partial(order, text),
  isFinal: false,
  session: 0,
});

const servers = new Set<CaptionsServer>();

async function serve(
  event$: Observable<TranscriptionEvent> = NEVER,
  options: CaptionsServerOptions = {},
): Promise<CaptionsServer> {
  const server = await captionsServer(event$, { port: 0, ...options });
  servers.add(server);
  return server;
}

describe('captionsServer', () => {
  afterEach(async () => {
    await Promise.all([...servers].map((server) => server.close()));
    servers.clear();
  });

  it('sends each viewer the current captions first, then every change', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    const { url } = await serve(event$);
    const first = await openViewer(url);
    event$.next(begin);
    event$.next(partialTurn(0, 'Welco'));
    await first.sees(({ partial: open }) => open !== undefined);
    event$.next(finalTurn(0, 'Welcome.', 0, { speaker_label: 'A' }));
    event$.next(partialTurn(1, 'Now'));
    await first.sees(({ turns, partial: open }) => turns.length === 1 && open?.order === 1);

    const late = await openViewer(url);
    await late.sees(({ turns }) => turns.length === 1);

    expect(late.lines).toEqual(['A: Welcome.', 'Now']);
    expect(late.shown).toEqual(first.shown);
    expect(late.updates).toHaveLength(1);
    for (const viewer of [first, late]) viewer.leave();
  });

  it('sends a returning viewer what it missed, and everything to one from a different run', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    const { url } = await serve(event$);
    const viewer = await openViewer(url);
    event$.next(finalTurn(0, 'One.'));
    await viewer.sees(({ turns }) => turns.length === 1);
    viewer.leave();
    event$.next(finalTurn(1, 'Two.'));

    const again = await openViewer(url, { headers: { 'last-event-id': viewer.lastId } });
    await again.sees(({ turns }) => turns.some(({ order }) => order === 1));
    const foreign = await openViewer(url, { headers: { 'last-event-id': 'otherrun.7' } });
    await foreign.sees(({ turns }) => turns.length === 2);

    expect(again.updates[0]).toMatchObject({ replacesAll: false, turns: [{ order: 1 }] });
    expect(foreign.updates[0]).toMatchObject({ replacesAll: true, turns: [{ order: 0 }, { order: 1 }] });
    for (const left of [again, foreign]) left.leave();
  });

  it('does not delay others, nor queue updates, for a viewer that reads slowly', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    const { url } = await serve(event$);
    const quick = await openViewer(url);
    const slow = await stalled(`${url}events`);
    const long = 'word'.repeat(990);
    const rounds = 60;
    let order = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < 50; turn += 1) event$.next(finalTurn(order++, `${round} ${long}`, 0, { words: [] }));
      await quick.sees(({ turns }) => turns.at(-1)?.order === order - 1);
    }
    event$.complete();
    await quick.sees(({ status }) => status === 'ended');

    const { text, messages } = await readAll(slow);
    expect(quick.updates.length).toBeGreaterThanOrEqual(rounds);
    expect(messages).toBeLessThan(rounds / 2);
    expect(text.lastIndexOf(`"order":${order - 1}`)).toBeGreaterThan(0);
    quick.leave();
    slow.destroy();
  });

  it.each([
    ['completes', 'ended', (event$: Subject<TranscriptionEvent>) => event$.complete(), []],
    [
      'errors',
      'interrupted',
      (event$: Subject<TranscriptionEvent>) => event$.error(new Error('broken')),
      [new Error('broken')],
    ],
  ])(
    'when the source %s, shows late viewers, too, that the captions are %s',
    async (_how, expectedStatus, end, expected) => {
      const event$ = new Subject<TranscriptionEvent>();
      const errors: unknown[] = [];
      const { url } = await serve(event$, { onError: (error) => errors.push(error) });
      const viewer = await openViewer(url);
      event$.next(begin);
      event$.next(finalTurn(0, 'All of it.'));
      end(event$);
      await viewer.sees(({ status }) => status === expectedStatus);
      const late = await openViewer(url);
      await late.sees(({ status }) => status === expectedStatus);

      expect(late.lines).toEqual(['All of it.']);
      expect(viewer.lines).toEqual(late.lines);
      expect(JSON.stringify(viewer.updates)).not.toContain('broken');
      expect(errors).toEqual(expected);
      for (const left of [viewer, late]) left.leave();
    },
  );

  it('unsubscribes when closed, sends the last update and frees the port', async () => {
    let subscribed = 0;
    const event$ = new Observable<TranscriptionEvent>((subscriber) => {
      subscribed += 1;
      subscriber.next(finalTurn(0, 'Goodbye.'));
      return () => (subscribed -= 1);
    });
    const server = await serve(event$);
    const viewer = await openViewer(server.url);
    const slow = await stalled(`${server.url}events`);
    await Promise.all([server.close(), server.close()]);
    await viewer.end();

    expect(subscribed).toBe(0);
    expect(viewer.shown).toMatchObject({ turns: [{ order: 0 }], status: 'ended' });
    await expect(httpRequest(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await using next = await captionsServer(of(begin), { port: Number(new URL(server.url).port) });
    expect(next.url).toBe(server.url);
    slow.destroy();
  });

  it('rejects with one line when its port is in use, and unsubscribes', async () => {
    const port = Number(new URL((await serve()).url).port);
    const event$ = new Subject<TranscriptionEvent>();

    await expect(captionsServer(event$, { port })).rejects.toMatchObject({
      message: `cannot serve the captions: port ${port} is in use; choose a different one, or 0 for a free one`,
      code: 'EADDRINUSE',
    });
    expect(event$.observed).toBe(false);
  });

  it.each([
    [{ port: -1 }, RangeError, 'port must be a whole number from 0 to 65535, not -1'],
    [{ port: '80' }, TypeError, 'port must be'],
    [{ host: '' }, TypeError, 'host must be a string'],
    [{ secret: 'too-short' }, TypeError, /^secret must be 22 to 128 letters, digits, - and _$/],
    [{ onError: 1 }, TypeError, 'onError must be a function'],
    [{ speakerNames: { A: 1 } }, TypeError, 'speakerNames must be names of 1 to 100 characters by labels, at most 100'],
    [{ speakerNames: { A: 'An\nna' } }, TypeError, 'speakerNames must be'],
    [{ speakerNames: ['Anna'] }, TypeError, 'speakerNames must be'],
    [{ embedIn: ['example.com'] }, TypeError, 'embedIn must be a list of at most 20 origins'],
    [{ embedIn: ['https://example.com/path'] }, TypeError, 'embedIn must be'],
    [{ embedIn: ["https://a.example; script-src 'unsafe-inline'"] }, TypeError, 'embedIn must be'],
    [{ embedIn: '*' }, TypeError, 'embedIn must be'],
    [{ paused: true }, TypeError, 'paused must be an Observable'],
    [{ colour: 'red' }, TypeError, 'unknown option colour'],
  ])('refuses %j before it subscribes', async (options, kind, message) => {
    const event$ = new Subject<TranscriptionEvent>();
    const served = captionsServer(event$, options as CaptionsServerOptions);

    expect(event$.observed).toBe(false);
    await expect(served).rejects.toThrow(message);
    await expect(served).rejects.toBeInstanceOf(kind);
  });

  it('serves its pages and their files, and nothing else', async () => {
    const { url, setupUrl } = await serve();
    const pages = await Promise.all([url, setupUrl].map((page) => httpRequest(page)));
    const links = pages.flatMap(({ body }) =>
      [...body.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => path),
    );
    const files = await Promise.all(
      [...new Set(links), 'pageStyle.js', 'viewState.js'].map((path) => httpRequest(`${url}${path}`)),
    );
    const others = [
      'package.json',
      'page.ts',
      '../index.js',
      '..%2findex.js',
      'client/page.js',
      'page.d.ts',
      'events/',
      'x',
    ];
    const refused = await Promise.all(others.map((path) => httpRequest(`${url}${path}`)));

    expect([...pages, ...files].map(({ status }) => status)).toEqual([...pages, ...files].map(() => 200));
    expect(refused.map(({ status, body }) => `${status} ${body}`)).toEqual(others.map(() => '404 not found\n'));
    for (const { headers } of [...pages, ...files, ...refused]) {
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; script-src 'self';.*frame-ancestors 'self'$/,
        ),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect(headers['content-security-policy']).not.toContain('unsafe');
    }
  });

  it('accepts only its own names and requests from its own pages', async () => {
    const { url } = await serve();
    const { port } = new URL(url);
    const status = async (headers: Record<string, string>, path = ''): Promise<number | undefined> =>
      (await httpRequest(`${url}${path}`, { headers, method: 'HEAD' })).status;

    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect([host, await status({ host })]).toEqual([host, 200]);
    }
    for (const host of [
      `evil.example:${port}`,
      'localhost',
      'localhost:1',
      `192.168.1.2:${port}`,
      `a@localhost:${port}`,
    ]) {
      expect([host, await status({ host })]).toEqual([host, 403]);
    }
    expect(await status({ origin: `http://127.0.0.1:${port}` }, 'events')).toBe(200);
    for (const origin of ['http://evil.example', 'http://localhost:3000', `https://127.0.0.1:${port}`, 'null']) {
      expect([origin, await status({ origin }, 'events')]).toEqual([origin, 403]);
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    const { url } = await serve();

    expect(await httpRequest(`${url}events`, { method })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
  });

  it('has a secret in its URL for viewers on other machines, and is not found without it', async () => {
    const { url, setupUrl } = await serve(of(finalTurn(0, 'Hello.')), { host: '0.0.0.0' });
    const { pathname, port, hostname } = new URL(url);
    const local = `http://127.0.0.1:${port}`;
    const wrong = pathname.replace(/.\/$/, (end) => (end === 'A/' ? 'B/' : 'A/'));
    const viewer = await openViewer(`${local}${pathname}`);
    await viewer.sees(({ turns }) => turns.length === 1);
    viewer.leave();

    expect(pathname).toMatch(/^\/[\w-]{22}\/$/);
    expect(setupUrl).toBe(`${url}setup`);
    expect(hostname).not.toBe('0.0.0.0');
    for (const path of ['/', '/events', '/setup', '/page.js', wrong, `${wrong}events`, pathname.slice(0, -2)]) {
      expect([path, await httpRequest(`${local}${path}`)]).toMatchObject([path, { status: 404, body: 'not found\n' }]);
    }
    for (const [host, status] of [
      [`10.1.2.3:${port}`, 200],
      [`evil.example:${port}`, 403],
    ] as const) {
      expect(await httpRequest(`${local}${pathname}`, { headers: { host } })).toMatchObject({ status });
    }
  });

  it('uses a given secret', async () => {
    const secret = 'abcdefghijklmnopqrstuv';
    const { url } = await serve(NEVER, { secret });

    expect(url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/${secret}/$`));
    expect(await httpRequest(url)).toMatchObject({ status: 200 });
  });

  it('lets pages of given origins frame the captions and the transcript, and nothing else', async () => {
    const { url } = await serve(NEVER, { embedIn: ['https://example.com', 'http://localhost:3000'] });
    const ancestors = async (path: string): Promise<string | undefined> => {
      const { headers } = await httpRequest(`${url}${path}`);
      return /frame-ancestors ([^;]*)/.exec(String(headers['content-security-policy']))?.[1];
    };

    expect(await Promise.all(['', '?view=transcript&size=8', 'setup', 'transcript.txt', 'x'].map(ancestors))).toEqual([
      "'self' https://example.com http://localhost:3000",
      "'self' https://example.com http://localhost:3000",
      "'self'",
      "'self'",
      "'self'",
    ]);
  });

  it('shows that the source is paused', async () => {
    const [event$, paused$] = [new Subject<TranscriptionEvent>(), new Subject<boolean>()];
    const server = await serve(event$, { paused: paused$ });
    const viewer = await openViewer(server.url);
    event$.next(begin);
    paused$.next(true);
    await viewer.sees(({ status }) => status === 'paused');
    paused$.next(false);
    await viewer.sees(({ status }) => status === 'live');
    await server.close();

    expect(paused$.observed).toBe(false);
  });

  it('has the whole transcript, also as files with the names of the speakers', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    const { url } = await serve(event$, { speakerNames: { A: 'Anna' } });
    for (let order = 0; order < 300; order += 1) {
      event$.next(finalTurn(order, `Turn ${order}.`, order * 1000, { speaker_label: 'AB'[order % 2]! }));
    }
    const viewer = await openViewer(url, {}, 'view=transcript');
    await viewer.sees(({ turns }) => turns.length === 300);
    viewer.leave();
    const files = await Promise.all(['txt', 'srt', 'vtt', 'md'].map((name) => httpRequest(`${url}transcript.${name}`)));

    expect(files.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(files.map(({ headers }) => headers['content-disposition'])).toEqual(
      ['txt', 'srt', 'vtt', 'md'].map((name) => `attachment; filename="transcript.${name}"`),
    );
    const [text = '', srt = '', vtt = '', md = ''] = files.map(({ body }) => body);
    expect(text.split('\n').slice(0, 2)).toEqual(['Anna: Turn 0.', 'B: Turn 1.']);
    expect(text.split('\n')).toHaveLength(301);
    expect(srt).toMatch(/^1\n00:00:00,000 --> .*\nAnna: Turn 0\.\n/);
    expect(vtt).toMatch(/^WEBVTT\n[^]*<v Anna>Turn 0\./);
    expect(md).toContain('Anna');
    for (const path of ['transcript', 'transcript.ndjson', 'transcript.txt/']) {
      expect([path, (await httpRequest(`${url}${path}`)).status]).toEqual([path, 404]);
    }
  });

  it('serves files of events with odd labels and words', async () => {
    const odd = { ...finalTurn(0, 'Good.'), speaker_label: 5, words: [null, { speaker: 7 }, 3] };
    const { url } = await serve(of(odd as unknown as TranscriptionEvent), { speakerNames: { A: 'Anna' } });

    expect(await httpRequest(`${url}transcript.txt`)).toMatchObject({ status: 200, body: 'Good.\n' });
  });

  it('takes names from the operator only', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    const server = await serve(event$);
    const key = new URLSearchParams(new URL(server.operatorUrl).hash.slice(1)).get('operator')!;
    const viewer = await openViewer(server.url);
    event$.next(finalTurn(0, 'Hello.', 0, { speaker_label: 'A' }));
    const send = async (body: string, headers: Record<string, string> = { 'x-operator-key': key }): Promise<unknown> =>
      (await httpRequest(`${server.url}names`, { method: 'POST', headers, body })).status;

    expect(server.operatorUrl.replace(/=.*/, '')).toBe(`${server.setupUrl}#operator`);
    expect(await send('{"A":"Anna"}')).toBe(204);
    await viewer.sees(({ speakerNames }) => speakerNames['A'] === 'Anna');
    expect(await send('{"A":"Mallory"}', {})).toBe(403);
    expect(await send('{"A":"Mallory"}', { 'x-operator-key': `${key}x` })).toBe(403);
    expect(await send('{"A":"Mallory"}', { 'x-operator-key': key, origin: 'http://evil.example' })).toBe(403);
    for (const body of ['', '{', '[]', '{"A":1}', '{"A":"a\\nb"}', `{"A":"${'x'.repeat(70_000)}"}`]) {
      expect([body.slice(0, 20), await send(body)]).toEqual([body.slice(0, 20), 400]);
    }
    expect((await httpRequest(`${server.url}names`)).status).toBe(404);
    const late = await openViewer(server.url);
    await late.sees(({ turns }) => turns.length === 1);
    expect(late.shown.speakerNames).toEqual({ A: 'Anna' });
    for (const left of [viewer, late]) left.leave();
  });

  it('isolates itself from pages that open it', async () => {
    const { headers } = await httpRequest((await serve()).url);
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
  });

  it('refuses large and too many headers', async () => {
    const { url } = await serve();
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, 'b']));
    for (const headers of [{ a: 'b'.repeat(10_000) }, many]) {
      expect(await httpRequest(url, { headers })).toMatchObject({ status: 431 });
    }
  });

  it('closes the connection of a request without the secret at once, whatever its body', async () => {
    const { url } = await serve(NEVER, { host: '127.0.0.1' });
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /x HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100000\r\n\r\nx`);
    let text = '';
    for await (const piece of socket.setEncoding('utf8')) text += String(piece);
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('ends connections that send no request, while it serves viewers', async () => {
    const { url } = await serve(of(finalTurn(0, 'Hello.')));
    const { hostname, port } = new URL(url);
    const silent = Array.from({ length: 300 }, () => connect(Number(port), hostname).on('error', () => undefined));
    let ended = 0;
    const count = (socket: Socket): Socket => socket.resume().once('close', () => (ended += 1));
    silent.map(count);
    await Promise.all(silent.map((socket) => once(socket, 'connect').catch(() => undefined)));
    for (const start of ['GET / HTTP/1.1\r\n', 'GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1']) {
      count(connect(Number(port), hostname).on('error', () => undefined)).write(start);
    }
    const viewer = await openViewer(url);
    await viewer.sees(({ turns }) => turns.length === 1);
    expect(viewer.lines).toEqual(['Hello.']);
    viewer.leave();
    await eventually(() => ended === 302);
  });

  it('refuses further connections at 160, while those that are open stay', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    const { url } = await serve(event$);
    const viewers = await Promise.all(Array.from({ length: MAX_VIEWERS }, () => openViewer(url)));
    const others: Socket[] = [];
    // few at once, because the oldest of 33 without a request are closed
    while (others.length < 160 - MAX_VIEWERS) {
      others.push(...(await Promise.all(Array.from({ length: 24 }, () => busy(url)))));
    }

    await expect(busy(url)).rejects.toThrow('refused');

    event$.next(finalTurn(0, 'Hello.'));
    await Promise.all(viewers.map((viewer) => viewer.sees(({ turns }) => turns.length === 1)));
    expect(others.filter(({ destroyed }) => destroyed)).toEqual([]);
    others[0]!.destroy();
    await eventually(() =>
      busy(url)
        .then((socket) => others.push(socket) > 0)
        .catch(() => false),
    );
    for (const socket of others) socket.destroy();
    for (const viewer of viewers) viewer.leave();
  });

  it('continues after an event that it cannot show, and after onError throws', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const event$ = new Subject<TranscriptionEvent>();
    const onError = (): never => {
      throw new Error('boom');
    };
    const { url } = await serve(event$, { onError });
    event$.next({ type: 'SpeakerRevision', session: 0, revisions: 5 } as unknown as TranscriptionEvent);
    event$.next({ ...finalTurn(0, 'Good.'), speaker_label: 5 } as unknown as TranscriptionEvent);
    event$.error(new Error('broken'));
    const viewer = await openViewer(url);
    await viewer.sees(({ status }) => status === 'interrupted');
    expect(viewer.lines).toEqual(['Good.']);
    await eventually(() => warn.mock.calls.length === 2);
    viewer.leave();
    jest.restoreAllMocks();
  });

  it('limits the number of viewers, and accepts a new one after one has left', async () => {
    const { url } = await serve(of(finalTurn(0, 'Hello.')));
    const viewers = await Promise.all(Array.from({ length: MAX_VIEWERS }, () => openViewer(url)));
    await Promise.all(viewers.map((viewer) => viewer.sees(({ turns }) => turns.length === 1)));
    expect(await httpRequest(`${url}events`)).toMatchObject({ status: 503 });
    viewers[0]!.leave();
    let status: number | undefined = 503;
    while (status === 503) {
      const next = await openViewer(url);
      status = next.updates.length > 0 || !(await isRefused(next)) ? 200 : 503;
      next.leave();
    }
    for (const viewer of viewers) viewer.leave();

    expect(status).toBe(200);
  });
});

/** Whether a viewer is refused rather than served. */
async function isRefused(viewer: Awaited<ReturnType<typeof openViewer>>): Promise<boolean> {
  return viewer
    .sees(({ turns }) => turns.length > 0)
    .then(
      () => false,
      () => true,
    );
}

/** Opens a connection that sends one request after the other, so that it is not closed for being idle. */
async function busy(url: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  const request = (): unknown => socket.write(`HEAD / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return new Promise((resolve, reject) => {
    socket.on('data', request).once('data', () => resolve(socket));
    socket.once('close', () => reject(new Error('refused')));
    request();
  });
}

/** Sends a request and does not read the response. */
async function stalled(url: string): Promise<Socket> {
  const { hostname, port, pathname, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return socket;
}

/** Reads from a stalled connection until the captions have ended. */
async function readAll(socket: Socket): Promise<{ text: string; messages: number }> {
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  socket.resume();
  while (!text.includes('"status":"ended"')) await once(socket, 'data');
  return { text, messages: text.split('\ndata: ').length - 1 };
}
