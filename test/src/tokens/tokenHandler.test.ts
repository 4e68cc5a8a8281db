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
import type { Answered, Place } from './servers.ts';

const KEY = 'a-key-nobody-may-see-0123456789';
const ELSEWHERE = 'https://other.example';
const CA_DIR = process.env['RXSCRIBE_TEST_CA_DIR'] ?? '';

let service: Simulator;
let streamingBaseUrl: string;
let tls: ServerOptions;
let closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  tls = await (await openAuthority(CA_DIR)).issue();
  service = await startSimulator({ caDir: CA_DIR, apiKey: KEY });
  streamingBaseUrl = new URL(service.url.replace('wss:', 'https:')).origin;
});

afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
  closing = [];
});

afterAll(() => service.close());

const errorOf = ({ text }: Answered): string => (JSON.parse(text) as { error: string }).error;

describe.each(Object.entries(SERVERS))('tokenHandler, in %s', (_name, serve) => {
  const start = async (options: Partial<TokenHandlerOptions> = {}): Promise<Place> => {
    const started = await serve({ apiKey: KEY, streamingBaseUrl, limit: Infinity, ...options });
    closing.push(() => started.close());
    return started;
  };

  it('gives a token that opens a session, as long as it says', async () => {
    const { ask } = await start({ expiresInSeconds: 30, maxSessionDurationSeconds: 60 });
    const { status, headers, text } = await ask();
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

  it('serves many at once, each with a token', async () => {
    const { ask } = await start();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('refuses %s, and names what it takes', async (method) => {
    const { ask } = await start();
    const { status, headers, text } = await ask({ method });
    expect({ status, allow: headers.allow, cache: headers['cache-control'] }).toEqual({
      status: 405,
      allow: 'POST, OPTIONS',
      cache: 'no-store',
    });
    expect(text).toBe(method === 'HEAD' ? '' : '{"error":"ask for a token with POST"}');
  });

  it('gives tokens to pages of its own address alone', async () => {
    const { ask, origin } = await start();
    const asked = async (headers: Record<string, string>): Promise<number> => (await ask({ headers })).status;
    expect(await asked({ origin })).toBe(200);
    expect(await asked({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    // where a proxy has changed the host
    expect(await asked({ 'sec-fetch-site': 'same-origin', origin: ELSEWHERE })).toBe(200);
    for (const site of ['cross-site', 'same-site', 'none', 'same-origin, same-origin', '']) {
      expect({ site, status: await asked({ 'sec-fetch-site': site, origin }) }).toEqual({ site, status: 403 });
    }
    for (const other of ['null', '', 'localhost', 'http://[', 'x'.repeat(4000), `${origin}, ${origin}`, ELSEWHERE]) {
      expect({ other, status: await asked({ origin: other }) }).toEqual({ other, status: 403 });
    }
    expect(await asked({})).toBe(403);
    const { headers } = await ask({ headers: { origin: ELSEWHERE } });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('gives tokens to listed origins, and lets their pages read the answer', async () => {
    const { ask, origin } = await start({ origins: [ELSEWHERE] });
    const given = await ask({ headers: { origin: ELSEWHERE, 'sec-fetch-site': 'cross-site' } });
    expect({ status: given.status, ...given.headers }).toMatchObject({
      status: 200,
      'access-control-allow-origin': ELSEWHERE,
      'access-control-allow-credentials': 'true',
    });
    expect((await ask({ headers: { origin } })).status).toBe(403);
    expect((await ask({ headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(403);
    const refused = await ask({ method: 'PUT', headers: { origin: ELSEWHERE } });
    expect(refused.headers).toMatchObject({ 'access-control-allow-origin': ELSEWHERE });
  });

  it('answers the preflight of a listed origin, and asks the service nothing', async () => {
    const { ask } = await start({ origins: [ELSEWHERE], apiKey: () => Promise.reject(new Error('asked')) });
    const preflight = (origin: string, headers: string): Promise<Answered> =>
      ask({ method: 'OPTIONS', headers: { origin, 'access-control-request-headers': headers } });
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
    { told: true, status: 200 },
    { told: false, status: 403 },
  ])('asks the app whether it may: $told is $status', async ({ told, status }) => {
    const { ask } = await start({ allow: () => told });
    expect((await ask()).status).toBe(status);
    const later = await start({ allow: async () => told });
    expect((await later.ask()).status).toBe(status);
  });

  it.each([
    { what: 'throws', hooks: { allow: () => fail() }, message: 'allow failed: no database' },
    { what: 'rejects', hooks: { allow: async () => fail() }, message: 'allow failed: no database' },
    {
      what: 'never answers',
      hooks: { allow: () => new Promise<boolean>(() => {}), timeout: 20 },
      message: /within 20 ms/,
    },
    { what: 'tells no boolean', hooks: { allow: (() => 'yes') as never }, message: 'allow must tell true or false' },
    {
      what: 'has no client',
      hooks: { clientOf: (() => 7) as never },
      message: 'clientOf must tell a string or nothing',
    },
    { what: 'finds no key', hooks: { apiKey: () => fail() }, message: 'apiKey failed: no database' },
    { what: 'has a key in quotes', hooks: { apiKey: () => `"${KEY}" ` }, message: 'apiKey must tell a key by itself' },
  ])('answers 500 when the app $what, and goes on', async ({ hooks, message }) => {
    const onError = jest.fn<(error: Error) => void>();
    const { ask } = await start({ ...hooks, onError });
    const answered = await ask();
    expect({ status: answered.status, error: errorOf(answered) }).toEqual({
      status: 500,
      error: 'no token: the server failed; its log may say why',
    });
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ message: expect.stringMatching(message) })]]);
    expect(JSON.stringify(onError.mock.calls[0], ['message', 'stack'])).not.toContain(KEY);
    expect((await ask({ method: 'GET' })).status).toBe(405);
  });

  it('limits what one client asks for, and says when to come again', async () => {
    const { ask } = await start({ limit: 2, clientOf: () => 'one' });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    const refused = await ask();
    const seconds = Number(refused.headers['retry-after']);
    expect({ status: refused.status, seconds }).toEqual({ status: 429, seconds: expect.any(Number) });
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(30);
    expect(errorOf(refused)).toBe(`too many tokens asked for; ask again in ${seconds} s`);
  });

  it('counts clients apart by what the app tells, and never by what a header claims', async () => {
    let user = 'anna';
    const told = await start({ limit: 1, clientOf: async () => user });
    expect((await told.ask()).status).toBe(200);
    expect((await told.ask()).status).toBe(429);
    user = 'ben';
    expect((await told.ask()).status).toBe(200);
    const untold = await start({ limit: 1 });
    const claiming = (address: string): Promise<Answered> =>
      untold.ask({ headers: { origin: untold.origin, 'x-forwarded-for': address, forwarded: `for=${address}` } });
    expect((await claiming('192.0.2.1')).status).toBe(200);
    expect((await claiming('192.0.2.2')).status).toBe(429);
  });

  it('counts what the app does not allow, so that guessing is limited, but not what is of another origin', async () => {
    const { ask } = await start({ limit: 2, allow: () => false });
    await ask({ headers: { origin: ELSEWHERE } });
    await ask({ method: 'GET' });
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([403, 403, 429]);
  });

  it.each([
    { what: 'refuses the key', base: () => streamingBaseUrl, apiKey: `${KEY}-wrong`, kind: 'unauthorized' },
    { what: 'repeats the key', base: () => scripted(400, repeatsKey), apiKey: KEY, kind: 'unauthorized' },
    { what: 'answers nonsense', base: () => scripted(200, () => '<html>'), apiKey: KEY, kind: 'service' },
    { what: 'answers no token', base: () => scripted(200, () => '{"token":7}'), apiKey: KEY, kind: 'service' },
    { what: 'fails', base: () => scripted(503, () => 'a\nb'), apiKey: KEY, kind: 'service' },
    { what: 'is away', base: away, apiKey: KEY, kind: 'network' },
    { what: 'never answers', base: silent, apiKey: KEY, kind: 'network' },
  ])('answers 502 when the service $what, and tells why without the key', async ({ base, apiKey, kind }) => {
    const onError = jest.fn<(error: Error) => void>();
    const written = [jest.spyOn(process.stdout, 'write'), jest.spyOn(process.stderr, 'write')];
    const { ask } = await start({
      streamingBaseUrl: await base(),
      apiKey,
      timeout: kind === 'network' ? 300 : 10_000,
      onError,
    });
    const answered = await ask();
    expect({ status: answered.status, error: errorOf(answered) }).toEqual({
      status: 502,
      error: 'no token: the transcription service refused or is out of reach',
    });
    expect(onError.mock.calls).toEqual([
      [expect.objectContaining({ kind, message: expect.stringMatching(/^no token: .+$/) })],
    ]);
    const [[error]] = onError.mock.calls as unknown as [[Error]];
    const seen = [error.message, error.stack, String(error.cause), answered.text, JSON.stringify(answered.headers)];
    expect(seen.join(' ')).not.toContain(KEY);
    expect(written.flatMap((spy) => spy.mock.calls)).toEqual([]);
    written.forEach((spy) => spy.mockRestore());
  });

  it('answers although whoever is told of errors fails itself', async () => {
    const sync = await start({ streamingBaseUrl: await away(), onError: () => fail() });
    const later = await start({ streamingBaseUrl: await away(), onError: async () => fail() });
    expect([(await sync.ask()).status, (await later.ask()).status]).toEqual([502, 502]);
  });

  it('asks for the key once per token', async () => {
    const apiKey = jest.fn(async () => KEY);
    const { ask } = await start({ apiKey });
    await ask();
    await ask();
    expect(apiKey).toHaveBeenCalledTimes(2);
  });
});

describe('tokenHandler', () => {
  const options = (): TokenHandlerOptions => ({ apiKey: KEY, streamingBaseUrl });

  it.each([
    [{}, 'apiKey is missing'],
    [{ apiKey: '' }, 'apiKey must be a key by itself'],
    [{ apiKey: `"${KEY}"\n` }, 'apiKey must be a key by itself'],
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
  ])('refuses %j at once, without the key', (given, message) => {
    const make = (): unknown => tokenHandler(given as never);
    expect(make).toThrow(message);
    expect(make).not.toThrow(KEY);
  });

  it.each([
    ['us', 'https://streaming.us.assemblyai.com/v3/token?expires_in_seconds=60'],
    ['eu', 'https://streaming.eu.assemblyai.com/v3/token?expires_in_seconds=60'],
    [undefined, 'https://streaming.assemblyai.com/v3/token?expires_in_seconds=60'],
  ] as const)('asks the data zone %s', async (region, address) => {
    const asked = jest.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({ token: 'good' }));
    try {
      const { fetch } = tokenHandler({ apiKey: KEY, region });
      const request = new Request('https://app.example/token', {
        method: 'POST',
        headers: { origin: 'https://app.example' },
      });
      expect(await (await fetch(request)).json()).toEqual({ token: 'good', expires_in_seconds: 60 });
      expect(asked.mock.calls).toEqual([[address, expect.objectContaining({ method: 'GET' })]]);
    } finally {
      asked.mockRestore();
    }
  });

  it('hands the hooks the request of the server that it is in', async () => {
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
    expect((await app.ask()).status).toBe(200);
    expect(seen).toEqual(['anna']);
    const web = tokenHandler({
      ...options(),
      allow: (request: Request) => seen.push(request.headers.get('cookie')) > 0,
    });
    const headers = { origin: 'http://localhost', cookie: 'sid=1' };
    await web.fetch(new Request('http://localhost/token', { method: 'POST', headers }));
    expect(seen).toEqual(['anna', 'sid=1']);
  });

  it('outlives oversized headers, half a request, and a client that leaves', async () => {
    let left: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (left = resolve));
    let first = true;
    const allow = async (): Promise<boolean> => {
      if (first) await gone;
      first = false;
      return true;
    };
    const app = await listening(createHttpServer(tokenHandler({ ...options(), allow })));
    closing.push(() => app.close());
    const { port } = new URL(app.origin);
    const send = (text: string): Promise<string> =>
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
    left?.();
    expect(await send(`POST /token HTTP/1.1\r\nhost: a\r\norigin: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(/ 431 /);
    expect(await send('POST // HTTP/1.0\r\norigin: http://\r\n\r\n')).toMatch(/ 403 /);
    expect(await send('OPTIONS * HTTP/1.0\r\n\r\n')).toMatch(/ 403 /);
    expect((await app.ask()).status).toBe(200);
  });

  it('leaves a response alone that somebody else has begun', async () => {
    const tokens = tokenHandler(options());
    let answered: Promise<void> | undefined;
    const app = await listening(
      createHttpServer((request, response) => {
        response.writeHead(503).end('too busy');
        answered = tokens(request, response) as unknown as Promise<void>;
      }),
    );
    closing.push(() => app.close());
    expect(await app.ask()).toMatchObject({ status: 503, text: 'too busy' });
    await expect(answered).resolves.toBeUndefined();
  });
});

function fail(): never {
  throw new Error('no\ndatabase');
}

const repeatsKey: (authorization: string) => string = (authorization) =>
  JSON.stringify({ error: `not a good\nkey: ${authorization}` });

/** A service that answers what it is told to. */
async function scripted(status: number, bodyFor: (authorization: string) => string): Promise<string> {
  const listener: RequestListener = (request, response) => {
    response.writeHead(status).end(bodyFor(String(request.headers.authorization)));
  };
  const server = createHttpsServer(tls, listener);
  return `https://localhost:${await portOf(server)}`;
}

/** An address where nobody answers. */
async function away(): Promise<string> {
  const server = createTcpServer();
  const port = await portOf(server);
  await closing.pop()?.();
  return `https://localhost:${port}`;
}

/** A service that takes the connection, and no more. */
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
