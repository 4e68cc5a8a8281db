import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { NEVER, Observable, Subject, of } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
// as built: what browsers are served is compiled
import { captionsServer } from '../../../dist/src/page/index.js';
import type { CaptionsServer, CaptionsServerOptions } from '../../../dist/src/page/index.js';
import { MOST_VIEWERS } from '../../../src/page/viewers.ts';
import { told } from '../../support/captions.ts';
import { partial } from '../../support/turns.ts';
import { ask, look } from './viewer.ts';

const begin: TranscriptionEvent = { type: 'Begin', id: '1', expires_at: 0, session: 0 };
const saying = (order: number, text: string): TranscriptionEvent => ({
  ...partial(order, text),
  isFinal: false,
  session: 0,
});

const open = new Set<CaptionsServer>();

async function serve(
  event$: Observable<TranscriptionEvent> = NEVER,
  options: CaptionsServerOptions = {},
): Promise<CaptionsServer> {
  const server = await captionsServer(event$, { port: 0, ...options });
  open.add(server);
  return server;
}

describe('captionsServer', () => {
  afterEach(async () => {
    await Promise.all([...open].map((server) => server.close()));
    open.clear();
  });

  it('tells each viewer what there is at once, and then what is new', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    const { url } = await serve(event$);
    const first = await look(url);
    event$.next(begin);
    event$.next(saying(0, 'Welco'));
    await first.sees(({ partial: said }) => said !== undefined);
    event$.next(told(0, 'Welcome.', 0, { speaker_label: 'A' }));
    event$.next(saying(1, 'Now'));
    await first.sees(({ turns, partial: said }) => turns.length === 1 && said?.order === 1);

    const late = await look(url);
    await late.sees(({ turns }) => turns.length === 1);

    expect(late.lines).toEqual(['A: Welcome.', 'Now']);
    expect(late.shown).toEqual(first.shown);
    expect(late.updates).toHaveLength(1);
    for (const viewer of [first, late]) viewer.leave();
  });

  it('tells who returns what was missed, and everything to who was elsewhere', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    const { url } = await serve(event$);
    const viewer = await look(url);
    event$.next(told(0, 'One.'));
    await viewer.sees(({ turns }) => turns.length === 1);
    viewer.leave();
    event$.next(told(1, 'Two.'));

    const again = await look(url, { headers: { 'last-event-id': viewer.lastId } });
    await again.sees(({ turns }) => turns.some(({ order }) => order === 1));
    const stranger = await look(url, { headers: { 'last-event-id': 'another.7' } });
    await stranger.sees(({ turns }) => turns.length === 2);

    expect(again.updates[0]).toMatchObject({ fresh: false, turns: [{ order: 1 }] });
    expect(stranger.updates[0]).toMatchObject({ fresh: true, turns: [{ order: 0 }, { order: 1 }] });
    for (const left of [again, stranger]) left.leave();
  });

  it('makes nobody wait for a viewer that does not read, and keeps nothing for it but the newest', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    const { url } = await serve(event$);
    const quick = await look(url);
    const slow = await stalled(`${url}events`);
    const long = 'word'.repeat(990);
    const rounds = 60;
    let order = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (let turn = 0; turn < 50; turn += 1) event$.next(told(order++, `${round} ${long}`, 0, { words: [] }));
      await quick.sees(({ turns }) => turns.at(-1)?.order === order - 1);
    }
    event$.complete();
    await quick.sees(({ going }) => going === 'ended');

    const { text, messages } = await readAll(slow);
    expect(quick.updates.length).toBeGreaterThanOrEqual(rounds);
    expect(messages).toBeLessThan(rounds / 2);
    expect(text.lastIndexOf(`"order":${order - 1}`)).toBeGreaterThan(0);
    quick.leave();
    slow.destroy();
  });

  it.each([
    ['completes', (event$: Subject<TranscriptionEvent>) => event$.complete(), []],
    ['errors', (event$: Subject<TranscriptionEvent>) => event$.error(new Error('broken')), [new Error('broken')]],
  ])('says that it ended when the source %s, and goes on for who comes late', async (_how, end, expected) => {
    const event$ = new Subject<TranscriptionEvent>();
    const errors: unknown[] = [];
    const { url } = await serve(event$, { onError: (error) => errors.push(error) });
    const viewer = await look(url);
    event$.next(begin);
    event$.next(told(0, 'All of it.'));
    end(event$);
    await viewer.sees(({ going }) => going === 'ended');
    const late = await look(url);
    await late.sees(({ going }) => going === 'ended');

    expect(late.lines).toEqual(['All of it.']);
    expect(viewer.lines).toEqual(late.lines);
    expect(JSON.stringify(viewer.updates)).not.toContain('broken');
    expect(errors).toEqual(expected);
    for (const left of [viewer, late]) left.leave();
  });

  it('unsubscribes when it is closed, tells the last news, and frees the port', async () => {
    let subscribed = 0;
    const event$ = new Observable<TranscriptionEvent>((subscriber) => {
      subscribed += 1;
      subscriber.next(told(0, 'Goodbye.'));
      return () => (subscribed -= 1);
    });
    const server = await serve(event$);
    const viewer = await look(server.url);
    const slow = await stalled(`${server.url}events`);
    await Promise.all([server.close(), server.close()]);
    await viewer.end();

    expect(subscribed).toBe(0);
    expect(viewer.shown).toMatchObject({ turns: [{ order: 0 }], going: 'ended' });
    await expect(ask(server.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await using next = await captionsServer(of(begin), { port: Number(new URL(server.url).port) });
    expect(next.url).toBe(server.url);
    slow.destroy();
  });

  it('says in one line that its port is taken, and looks on no longer', async () => {
    const port = Number(new URL((await serve()).url).port);
    const event$ = new Subject<TranscriptionEvent>();

    await expect(captionsServer(event$, { port })).rejects.toMatchObject({
      message: `the captions cannot be served: port ${port} is taken; choose another, or 0 for a free one`,
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
    const pages = await Promise.all([url, setupUrl].map((page) => ask(page)));
    const links = pages.flatMap(({ body }) =>
      [...body.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => path),
    );
    const files = await Promise.all([...new Set(links), 'look.js', 'wire.js'].map((path) => ask(`${url}${path}`)));
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
    const refused = await Promise.all(others.map((path) => ask(`${url}${path}`)));

    expect([...pages, ...files].map(({ status }) => status)).toEqual([...pages, ...files].map(() => 200));
    expect(refused.map(({ status, body }) => `${status} ${body}`)).toEqual(others.map(() => '404 not found\n'));
    for (const { headers } of [...pages, ...files, ...refused]) {
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; script-src 'self';.*frame-ancestors 'self'/,
        ),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect(headers['content-security-policy']).not.toContain('unsafe');
    }
  });

  it('answers to its own names and to its own pages alone', async () => {
    const { url } = await serve();
    const { port } = new URL(url);
    const status = async (headers: Record<string, string>, path = ''): Promise<number | undefined> =>
      (await ask(`${url}${path}`, { headers, method: 'HEAD' })).status;

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

    expect(await ask(`${url}events`, { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('has a secret in its URL where other machines may look on, and is not found without it', async () => {
    const { url, setupUrl } = await serve(of(told(0, 'Hello.')), { host: '0.0.0.0' });
    const { pathname, port, hostname } = new URL(url);
    const local = `http://127.0.0.1:${port}`;
    const wrong = pathname.replace(/.\/$/, (end) => (end === 'A/' ? 'B/' : 'A/'));
    const viewer = await look(`${local}${pathname}`);
    await viewer.sees(({ turns }) => turns.length === 1);
    viewer.leave();

    expect(pathname).toMatch(/^\/[\w-]{22}\/$/);
    expect(setupUrl).toBe(`${url}setup`);
    expect(hostname).not.toBe('0.0.0.0');
    for (const path of ['/', '/events', '/setup', '/page.js', wrong, `${wrong}events`, pathname.slice(0, -2)]) {
      expect([path, await ask(`${local}${path}`)]).toMatchObject([path, { status: 404, body: 'not found\n' }]);
    }
    for (const [host, status] of [
      [`10.1.2.3:${port}`, 200],
      [`evil.example:${port}`, 403],
    ] as const) {
      expect(await ask(`${local}${pathname}`, { headers: { host } })).toMatchObject({ status });
    }
  });

  it('keeps a secret that it is given', async () => {
    const secret = 'abcdefghijklmnopqrstuv';
    const { url } = await serve(NEVER, { secret });

    expect(url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/${secret}/$`));
    expect(await ask(url)).toMatchObject({ status: 200 });
  });

  it('takes as many viewers as it can serve, and a new one once somebody left', async () => {
    const { url } = await serve(of(told(0, 'Hello.')));
    const viewers = await Promise.all(Array.from({ length: MOST_VIEWERS }, () => look(url)));
    await Promise.all(viewers.map((viewer) => viewer.sees(({ turns }) => turns.length === 1)));
    expect(await ask(`${url}events`)).toMatchObject({ status: 503 });
    viewers[0]!.leave();
    let status: number | undefined = 503;
    while (status === 503) {
      const next = await look(url);
      status = next.updates.length > 0 || !(await ended(next)) ? 200 : 503;
      next.leave();
    }
    for (const viewer of viewers) viewer.leave();

    expect(status).toBe(200);
  });
});

/** Whether a viewer is sent away, rather than told something. */
async function ended(viewer: Awaited<ReturnType<typeof look>>): Promise<boolean> {
  return viewer
    .sees(({ turns }) => turns.length > 0)
    .then(
      () => false,
      () => true,
    );
}

/** Asks for something, and does not read the answer. */
async function stalled(url: string): Promise<Socket> {
  const { hostname, port, pathname, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return socket;
}

/** Reads what a stalled connection was sent, until it ended by being told so. */
async function readAll(socket: Socket): Promise<{ text: string; messages: number }> {
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  socket.resume();
  while (!text.includes('"going":"ended"')) await once(socket, 'data');
  return { text, messages: text.split('\ndata: ').length - 1 };
}
