import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Request as ExpressRequest } from 'express';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { NEVER, firstValueFrom } from 'rxjs';
import { openAuthority } from '../../../src/simulator/authority.ts';
import { startSimulator } from '../../../src/simulator/index.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { tokenHandler } from '../../../src/tokens/index.ts';
import type { TokenHandlerOptions } from '../../../src/tokens/index.ts';
import { transcribe } from '../../../src/streaming/transcribe.ts';
import { SERVERS, listening } from './servers.ts';
import type { TokenResponse, TokenServer } from './servers.ts';

const KEY = 'a-secret-key-0123456789';
const ELSEWHERE = 'https://other.example';
const CA_DIR = process.env['RXSCRIBE_TEST_CA_DIR'] ?? '';

let service: Simulator;
let streamingBaseUrl: string;
let tls: ServerOptions;
let closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  tls = (await openAuthority(CA_DIR)).issue();
  service = await startSimulator({ caDir: CA_DIR, apiKey: KEY });
  streamingBaseUrl = new URL(service.url.replace('wss:', 'https:')).origin;
});

afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
  closing = [];
});

afterAll(() => service.close());

const errorOf = ({ text }: TokenResponse): string => (JSON.parse(text) as { error: string }).error;

describe.each(Object.entries(SERVERS))('tokenHandler, in %s', (_name, serve) => {
  const start = async (options: Partial<TokenHandlerOptions> = {}): Promise<TokenServer> => {
    const started = await serve({ apiKey: KEY, streamingBaseUrl, limit: Infinity, ...options });
    closing.push(() => started.close());
    return started;
  };

  it('returns a token that opens a session of the requested length', async () => {
    const { send } = await start({ expiresInSeconds: 30, maxSessionDurationSeconds: 60 });
    const { status, headers, text } = await send();
    expect({ status, ...headers }).toMatchObject({
      status: 200,
      'content-type': 'application/json',
      'cache-control': 'no-store',
    });
    const body = JSON.parse(text) as { token: string };
    expect(body).toEqual({ token: expect.any(String), expires_in_seconds: 30 });
    const settings = { speechModel: 'u3-rt-pro', sampleRate: 16_000, websocketBaseUrl: service.url } as const;
    const begin = await firstValueFrom(NEVER.pipe(transcribe({ token: body.token, ...settings })));
    expect(begin).toMatchObject({ type: 'Begin' });
    expect((begin as { expires_at: number }).expires_at).toBeLessThanOrEqual(Date.now() / 1000 + 61);
    expect(service.sessions.at(-1)).toMatchObject({ authorization: 'ok', params: { token: '***' } });
  });

  it('serves many requests at once, each with a token', async () => {
    const { send } = await start();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send()));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('rejects %s and names the methods it accepts', async (method) => {
    const { send } = await start();
    const { status, headers, text } = await send({ method });
    expect({ status, allow: headers.allow, cache: headers['cache-control'] }).toEqual({
      status: 405,
      allow: 'POST, OPTIONS',
      cache: 'no-store',
    });
    expect(text).toBe(method === 'HEAD' ? '' : '{"error":"request a token with POST"}');
  });

  it('gives tokens only to pages of its own origin by default', async () => {
    const { send, origin } = await start();
    const statusOf = async (headers: Record<string, string>): Promise<number> => (await send({ headers })).status;
    expect(await statusOf({ origin })).toBe(200);
    expect(await statusOf({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    // a proxy has changed the host
    expect(await statusOf({ 'sec-fetch-site': 'same-origin', origin: ELSEWHERE })).toBe(200);
    for (const site of ['cross-site', 'same-site', 'none', 'same-origin, same-origin', '']) {
      expect({ site, status: await statusOf({ 'sec-fetch-site': site, origin }) }).toEqual({ site, status: 403 });
    }
    for (const other of ['null', '', 'localhost', 'http://[', 'x'.repeat(4000), `${origin}, ${origin}`, ELSEWHERE]) {
      expect({ other, status: await statusOf({ origin: other }) }).toEqual({ other, status: 403 });
    }
    expect(await statusOf({})).toBe(403);
    const { headers } = await send({ headers: { origin: ELSEWHERE } });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('gives tokens to listed origins, and lets their pages read the response', async () => {
    const { send, origin } = await start({ origins: [ELSEWHERE] });
    const accepted = await send({ headers: { origin: ELSEWHERE, 'sec-fetch-site': 'cross-site' } });
    expect({ status: accepted.status, ...accepted.headers }).toMatchObject({
      status: 200,
      'access-control-allow-origin': ELSEWHERE,
      'access-control-allow-credentials': 'true',
    });
    expect((await send({ headers: { origin } })).status).toBe(403);
    expect((await send({ headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(403);
    const refused = await send({ method: 'PUT', headers: { origin: ELSEWHERE } });
    expect(refused.headers).toMatchObject({ 'access-control-allow-origin': ELSEWHERE });
  });

  it('sends Vary: Origin if origins are listed', async () => {
    const listed = await start({ origins: [ELSEWHERE] });
    for (const headers of [{ origin: ELSEWHERE }, { origin: listed.origin }, {}]) {
      expect((await listed.send({ headers })).headers).toMatchObject({ vary: 'origin' });
    }
    const { send } = await start();
    expect((await send()).headers).not.toHaveProperty('vary');
  });

  it('answers the preflight of a listed origin without a request to the service', async () => {
    const { send } = await start({ origins: [ELSEWHERE], apiKey: () => Promise.reject(new Error('called')) });
    const preflight = (origin: string, headers: string): Promise<TokenResponse> =>
      send({ method: 'OPTIONS', headers: { origin, 'access-control-request-headers': headers } });
    const { status, headers, text } = await preflight(ELSEWHERE, 'authorization, x-csrf');
    expect({ status, text, ...headers }).toMatchObject({
      status: 204,
      text: '',
      'access-control-allow-origin': ELSEWHERE,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, x-csrf',
    });
    expect((await preflight('https://else.example', 'x-csrf')).status).toBe(403);
    expect((await preflight(ELSEWHERE, '<é>')).headers).not.toHaveProperty('access-control-allow-headers');
  });

  it.each([
    { allowed: true, status: 200 },
    { allowed: false, status: 403 },
  ])('responds with $status if allow returns $allowed', async ({ allowed, status }) => {
    const { send } = await start({ allow: () => allowed });
    expect((await send()).status).toBe(status);
    const asynchronous = await start({ allow: async () => allowed });
    expect((await asynchronous.send()).status).toBe(status);
  });

  it.each([
    { what: 'allow throws', hooks: { allow: () => fail() }, message: 'allow failed: no database' },
    { what: 'allow rejects', hooks: { allow: async () => fail() }, message: 'allow failed: no database' },
    {
      what: 'allow never settles',
      hooks: { allow: () => new Promise<boolean>(() => {}), timeout: 20 },
      message: /within 20 ms/,
    },
    {
      what: 'allow returns no boolean',
      hooks: { allow: (() => 'yes') as never },
      message: 'allow must return true or false, not string',
    },
    {
      what: 'clientOf returns no string',
      hooks: { clientOf: (() => 7) as never },
      message: 'clientOf must return a string or nothing',
    },
    { what: 'apiKey throws', hooks: { apiKey: () => fail() }, message: 'apiKey failed: no database' },
    {
      what: 'apiKey returns a key in quotes',
      hooks: { apiKey: () => `"${KEY}" ` },
      message: 'apiKey must return only a key',
    },
  ])('responds with 500 if $what, and keeps serving', async ({ hooks, message }) => {
    const onError = jest.fn<(error: Error) => void>();
    const { send } = await start({ ...hooks, onError });
    const response = await send();
    expect({ status: response.status, error: errorOf(response) }).toEqual({
      status: 500,
      error: 'no token: the server failed; its log may say why',
    });
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ message: expect.stringMatching(message) })]]);
    expect(JSON.stringify(onError.mock.calls[0], ['message', 'stack'])).not.toContain(KEY);
    expect((await send({ method: 'GET' })).status).toBe(405);
  });

  it('limits the requests of a client, and states when to try again', async () => {
    const { send } = await start({ limit: 2, clientOf: () => 'one' });
    expect([(await send()).status, (await send()).status]).toEqual([200, 200]);
    const refused = await send();
    const seconds = Number(refused.headers['retry-after']);
    expect({ status: refused.status, seconds }).toEqual({ status: 429, seconds: expect.any(Number) });
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(30);
    expect(errorOf(refused)).toBe(`too many requests for tokens; try again in ${seconds} s`);
  });

  it('counts clients by the result of clientOf, never by a header', async () => {
    let user = 'anna';
    const named = await start({ limit: 1, clientOf: async () => user });
    expect((await named.send()).status).toBe(200);
    expect((await named.send()).status).toBe(429);
    user = 'ben';
    expect((await named.send()).status).toBe(200);
    const unnamed = await start({ limit: 1 });
    const claiming = (address: string): Promise<TokenResponse> =>
      unnamed.send({ headers: { origin: unnamed.origin, 'x-forwarded-for': address, forwarded: `for=${address}` } });
    expect((await claiming('192.0.2.1')).status).toBe(200);
    expect((await claiming('192.0.2.2')).status).toBe(429);
  });

  it('counts requests that allow refuses, to limit guessing, but not those of another origin', async () => {
    const { send } = await start({ limit: 2, allow: () => false });
    await send({ headers: { origin: ELSEWHERE } });
    await send({ method: 'GET' });
    expect([(await send()).status, (await send()).status, (await send()).status]).toEqual([403, 403, 429]);
  });

  it.each([
    { what: 'refuses the key', base: () => streamingBaseUrl, apiKey: `${KEY}-wrong`, kind: 'unauthorized' },
    { what: 'repeats the key', base: () => scripted(400, repeatsKey), apiKey: KEY, kind: 'unauthorized' },
    { what: 'answers with HTML', base: () => scripted(200, () => '<html>'), apiKey: KEY, kind: 'service' },
    { what: 'answers without a token', base: () => scripted(200, () => '{"token":7}'), apiKey: KEY, kind: 'service' },
    { what: 'fails', base: () => scripted(503, () => 'a\nb'), apiKey: KEY, kind: 'service' },
    { what: 'cannot be reached', base: unreachable, apiKey: KEY, kind: 'network' },
    { what: 'never answers', base: silent, apiKey: KEY, kind: 'network' },
  ])(
    'responds with 502 if the service $what, and reports the reason without the key',
    async ({ base, apiKey, kind }) => {
      const onError = jest.fn<(error: Error) => void>();
      const written = [jest.spyOn(process.stdout, 'write'), jest.spyOn(process.stderr, 'write')];
      const { send } = await start({
        streamingBaseUrl: await base(),
        apiKey,
        timeout: kind === 'network' ? 300 : 10_000,
        onError,
      });
      const response = await send();
      expect({ status: response.status, error: errorOf(response) }).toEqual({
        status: 502,
        error: 'no token: the transcription service refused or cannot be reached',
      });
      expect(onError.mock.calls).toEqual([
        [expect.objectContaining({ kind, message: expect.stringMatching(/^no token: .+$/) })],
      ]);
      const [[error]] = onError.mock.calls as unknown as [[Error]];
      const everything = [
        error.message,
        error.stack,
        String(error.cause),
        response.text,
        JSON.stringify(response.headers),
      ];
      expect(everything.join(' ')).not.toContain(KEY);
      expect(written.flatMap((spy) => spy.mock.calls)).toEqual([]);
      written.forEach((spy) => spy.mockRestore());
    },
  );

  it('responds even if onError fails', async () => {
    const sync = await start({ streamingBaseUrl: await unreachable(), onError: () => fail() });
    const asynchronous = await start({ streamingBaseUrl: await unreachable(), onError: async () => fail() });
    expect([(await sync.send()).status, (await asynchronous.send()).status]).toEqual([502, 502]);
  });

  it('calls apiKey once per token', async () => {
    const apiKey = jest.fn(async () => KEY);
    const { send } = await start({ apiKey });
    await send();
    await send();
    expect(apiKey).toHaveBeenCalledTimes(2);
  });
});

describe('tokenHandler', () => {
  const options = (): TokenHandlerOptions => ({ apiKey: KEY, streamingBaseUrl });

  it.each([
    [{}, 'apiKey is missing'],
    [{ apiKey: '' }, 'apiKey must be only a key'],
    [{ apiKey: `"${KEY}"\n` }, 'apiKey must be only a key'],
    [{ apiKey: KEY, expiresInSeconds: 0 }, 'expiresInSeconds must be a whole number from 1 to 600 (s), not 0'],
    [{ apiKey: KEY, expiresInSeconds: 601 }, 'not 601'],
    [{ apiKey: KEY, maxSessionDurationSeconds: 59 }, 'from 60 to 10800 (s), not 59'],
    [{ apiKey: KEY, maxSessionDurationSeconds: 10_801 }, 'not 10801'],
    [{ apiKey: KEY, allow: true }, 'allow must be a function'],
    [{ apiKey: KEY, origins: 'https://app.example' }, 'origins must be a list of origins'],
    [{ apiKey: KEY, origins: [] }, 'origins must be a list'],
    [{ apiKey: KEY, origins: ['*'] }, 'not ["*"]'],
    [{ apiKey: KEY, origins: ['https://app.example/'] }, 'not ["https://app.example/"]'],
    [{ apiKey: KEY, origins: ['null'] }, 'not ["null"]'],
    [{ apiKey: KEY, limit: 0 }, 'limit must be a whole number from 1 to 1000000 (requests per minute) or Infinity'],
    [{ apiKey: KEY, timeout: 0 }, 'timeout must be'],
    [{ apiKey: KEY, region: 'mars' }, 'region must be "us" or "eu", not "mars"'],
    [{ apiKey: KEY, streamingBaseUrl: 'wss://localhost' }, 'streamingBaseUrl must be an https:// address'],
    [{ apiKey: KEY, streamingBaseUrl: 'https://localhost/?a=b' }, 'without a query'],
    [{ apiKey: KEY, region: 'eu', streamingBaseUrl: 'https://localhost' }, 'give region or streamingBaseUrl'],
    [{ apiKey: KEY, alow: () => true }, 'unknown option alow'],
    [undefined, 'options must be an object'],
  ])('rejects %j when called, without the key in the message', (given, message) => {
    const make = (): unknown => tokenHandler(given as never);
    expect(make).toThrow(message);
    expect(make).not.toThrow(KEY);
  });

  it.each([
    ['us', 'https://streaming.us.assemblyai.com/v3/token?expires_in_seconds=60'],
    ['eu', 'https://streaming.eu.assemblyai.com/v3/token?expires_in_seconds=60'],
    [undefined, 'https://streaming.assemblyai.com/v3/token?expires_in_seconds=60'],
  ] as const)('requests tokens from the data zone %s', async (region, address) => {
    const fetchSpy = jest.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({ token: 'good' }));
    try {
      const { fetch } = tokenHandler({ apiKey: KEY, region });
      const request = new Request('https://app.example/token', {
        method: 'POST',
        headers: { origin: 'https://app.example' },
      });
      expect(await (await fetch(request)).json()).toEqual({ token: 'good', expires_in_seconds: 60 });
      expect(fetchSpy.mock.calls).toEqual([[address, expect.objectContaining({ method: 'GET' })]]);
    } finally {
      fetchSpy.mockRestore();
    }
  });

  it("passes the server's own request to the hooks", async () => {
    const seen: unknown[] = [];
    const tokens = tokenHandler({
      ...options(),
      allow: (request: ExpressRequest & { user?: string }) => seen.push(request.user) > 0,
      clientOf: (request) => request.user,
    });
    const app = await listening(
      createHttpServer((request, response) => tokens(Object.assign(request, { user: 'anna' }) as never, response)),
    );
    closing.push(() => app.close());
    expect((await app.send()).status).toBe(200);
    expect(seen).toEqual(['anna']);
    const web = tokenHandler({
      ...options(),
      allow: (request: Request) => seen.push(request.headers.get('cookie')) > 0,
    });
    const headers = { origin: 'http://localhost', cookie: 'sid=1' };
    await web.fetch(new Request('http://localhost/token', { method: 'POST', headers }));
    expect(seen).toEqual(['anna', 'sid=1']);
  });

  it('survives oversized headers, an incomplete request, and a client that disconnects', async () => {
    let disconnected: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (disconnected = resolve));
    let first = true;
    const allow = async (): Promise<boolean> => {
      if (first) await gone;
      first = false;
      return true;
    };
    const app = await listening(createHttpServer(tokenHandler({ ...options(), allow })));
    closing.push(() => app.close());
    const { port } = new URL(app.origin);
    const write = (text: string): Promise<string> =>
      new Promise((resolve) => {
        let answer = '';
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
        socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
        socket.once('close', () => resolve(answer));
      });
    const leaving = connect(Number(port), '127.0.0.1', () => {
      leaving.write(`POST /token HTTP/1.1\r\nhost: localhost:${port}\r\norigin: ${app.origin}\r\n\r\n`, () =>
        leaving.destroy(),
      );
    });
    await new Promise((resolve) => {
      leaving.once('close', resolve);
    });
    disconnected?.();
    expect(await write(`POST /token HTTP/1.1\r\nhost: a\r\norigin: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(/ 431 /);
    expect(await write('POST // HTTP/1.0\r\norigin: http://\r\n\r\n')).toMatch(/ 403 /);
    expect(await write('OPTIONS * HTTP/1.0\r\n\r\n')).toMatch(/ 403 /);
    expect((await app.send()).status).toBe(200);
  });

  it('refuses a foreign name that was pointed to loopback, unless its origin is listed', async () => {
    const app = await listening(createHttpServer(tokenHandler({ ...options(), limit: Infinity })));
    const listed = await listening(createHttpServer(tokenHandler({ ...options(), origins: ['http://app.example'] })));
    closing.push(
      () => app.close(),
      () => listed.close(),
    );
    const from = (host: string): { headers: Record<string, string> } => ({
      headers: { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
    });
    for (const host of ['evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', 'localhosts']) {
      const response = await app.send(from(host));
      expect({ host, status: response.status }).toEqual({ host, status: 403 });
      expect(errorOf(response)).toBe('pages of this host get no token; list their origin in the option origins');
    }
    for (const host of ['localhost:8080', 'LOCALHOST', 'app.localhost', '127.0.0.1:8080', '[::1]:8080']) {
      expect({ host, status: (await app.send(from(host))).status }).toEqual({ host, status: 200 });
    }
    expect((await listed.send(from('app.example'))).status).toBe(200);
  });

  it('does not read a request body, and closes the connection of one that has not arrived', async () => {
    let decide: ((allowed: boolean) => void) | undefined;
    let called: (() => void) | undefined;
    const waiting = new Promise<void>((resolve) => (called = resolve));
    const allow = (): Promise<boolean> => {
      called?.();
      return new Promise((resolve) => (decide = resolve));
    };
    const app = await listening(createHttpServer(tokenHandler({ ...options(), allow })));
    closing.push(() => app.close());
    const socket = connect(Number(new URL(app.origin).port), '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.write(`POST /token HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: same-origin\r\n`);
    socket.write(`content-length: 3000000000\r\n\r\n${'x'.repeat(1000)}`);
    await waiting;
    decide?.(false);
    await new Promise((resolve) => socket.once('close', resolve).on('error', () => {}));
    expect(text).toMatch(/^HTTP\/1.1 403 [^]*\r\nconnection: close\r\n/i);
  });

  it('keeps the connection of a request whose body has arrived, or that has none', async () => {
    const app = await listening(createHttpServer(tokenHandler({ ...options(), limit: Infinity })));
    closing.push(() => app.close());
    const socket = connect(Number(new URL(app.origin).port), '127.0.0.1');
    socket.setEncoding('utf8');
    for (const body of ['', '{"a":1}']) {
      const head = `POST /token HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: same-origin\r\n`;
      socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
      const response = await new Promise<string>((resolve) => socket.once('data', resolve));
      expect(response).toMatch(/^HTTP\/1.1 200 /);
      expect(response).not.toMatch(/connection: close/i);
    }
    socket.destroy();
  });

  it('does not touch a response that was already started', async () => {
    const tokens = tokenHandler(options());
    let handled: Promise<void> | undefined;
    const app = await listening(
      createHttpServer((request, response) => {
        response.writeHead(503).end('too busy');
        handled = tokens(request, response) as unknown as Promise<void>;
      }),
    );
    closing.push(() => app.close());
    expect(await app.send()).toMatchObject({ status: 503, text: 'too busy' });
    await expect(handled).resolves.toBeUndefined();
  });
});

function fail(): never {
  throw new Error('no\ndatabase');
}

const repeatsKey: (authorization: string) => string = (authorization) =>
  JSON.stringify({ error: `not a good\nkey: ${authorization}` });

/** A service that answers with this status and body. */
async function scripted(status: number, bodyFor: (authorization: string) => string): Promise<string> {
  const listener: RequestListener = (request, response) => {
    response.writeHead(status).end(bodyFor(String(request.headers.authorization)));
  };
  const server = createHttpsServer(tls, listener);
  return `https://localhost:${await portOf(server)}`;
}

/** An address that refuses connections. */
async function unreachable(): Promise<string> {
  const server = createTcpServer();
  const port = await portOf(server);
  await closing.pop()?.();
  return `https://localhost:${port}`;
}

/** A service that accepts connections but never answers. */
async function silent(): Promise<string> {
  return `https://localhost:${await portOf(createTcpServer())}`;
}

async function portOf(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(async () => {
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return (server.address() as AddressInfo).port;
}
