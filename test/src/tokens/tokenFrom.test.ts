import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { Browser } from 'playwright-core';
import { TranscriptionError } from '../../../src/errors.ts';
import { startSimulator } from '../../../src/simulator/index.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { tokenFrom, tokenHandler } from '../../../src/tokens/index.ts';
import { PAGE, bundle, startBrowser, startSite, withoutBrowser } from '../../support/browser.ts';
import type { Site } from '../../support/browser.ts';
import { listening } from './servers.ts';
import type { TokenServer } from './servers.ts';

let service: Simulator;
let servers: TokenServer[] = [];

beforeAll(async () => {
  service = await startSimulator({ caDir: process.env['RXSCRIBE_TEST_CA_DIR'] ?? '' });
});

afterEach(async () => {
  await Promise.all(servers.map(({ close }) => close()));
  servers = [];
});

afterAll(() => service.close());

const base = (): { apiKey: string; streamingBaseUrl: string } => ({
  apiKey: service.apiKey,
  streamingBaseUrl: new URL(service.url.replace('wss:', 'https:')).origin,
});

async function start(listener: RequestListener): Promise<TokenServer> {
  const server = await listening(createServer(listener));
  servers.push(server);
  return server;
}

const respondWith =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status).end(body);

describe('tokenFrom', () => {
  it('fetches a token at each call', async () => {
    const { origin } = await start(tokenHandler(base()));
    const token = tokenFrom(`${origin}/token`, { headers: { origin } });
    expect(await token()).toMatch(/^[\w.-]{20,}$/);
    expect(await token()).toMatch(/^[\w.-]{20,}$/);
  });

  it.each([
    [403, '{"error":"sign in first"}', 'unauthorized', false, 'the token server answered HTTP 403: sign in first'],
    [
      401,
      '',
      'unauthorized',
      false,
      'the token server answered HTTP 401: the response has no token; is a tokenHandler at that address?',
    ],
    [
      404,
      '<h1>Not found</h1>',
      'invalid-input',
      false,
      /HTTP 404: the response has no token; is a tokenHandler at that address\?$/,
    ],
    [405, '{"error":"request a token with POST"}', 'invalid-input', false, /HTTP 405: request a token with POST$/],
    [429, '{"error":"too many"}', 'rate-limited', true, /HTTP 429: too many$/],
    [500, '{"error":7}', 'service', true, /HTTP 500: the response has no token/],
    [502, '{"error":"no service"}', 'service', true, /HTTP 502: no service$/],
    [200, '<h1>Sign in</h1>', 'invalid-input', false, /HTTP 200: the response has no token/],
    [200, '{"token":""}', 'invalid-input', false, /HTTP 200: the response has no token/],
    [200, 'null', 'invalid-input', false, /HTTP 200: the response has no token/],
  ])('rejects HTTP %d with %s as kind %s, retryable: %s', async (wireCode, body, kind, retryable, message) => {
    const { origin } = await start(respondWith(wireCode, body));
    const failed = tokenFrom(origin)();
    await expect(failed).rejects.toBeInstanceOf(TranscriptionError);
    await expect(failed).rejects.toMatchObject({ kind, retryable, wireCode, message: expect.stringMatching(message) });
  });

  it('rejects with a retryable error if the server cannot be reached', async () => {
    const { origin, close } = await start(respondWith(200, ''));
    await close();
    servers = [];
    await expect(tokenFrom(origin)()).rejects.toMatchObject({ kind: 'network', retryable: true });
  });

  it('rejects with a retryable error if the response is cut off', async () => {
    const { origin } = await start((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"token":', () => response.destroy());
    });
    await expect(tokenFrom(origin)()).rejects.toMatchObject({ kind: 'network', retryable: true });
  });

  it('obeys the signal of the init', async () => {
    const { origin } = await start(() => {});
    const signal = AbortSignal.timeout(50);
    await expect(tokenFrom(origin, { signal })()).rejects.toMatchObject({ kind: 'network', retryable: true });
  });

  it.each([
    ['', /url must be/],
    [undefined, /url must be/],
    [7, /url must be/],
  ])('rejects %j when called', (url, message) => {
    expect(() => tokenFrom(url as never)).toThrow(message);
    expect(() => tokenFrom(url as never)).toThrow(TypeError);
  });

  it('rejects an invalid address', async () => {
    const failed = tokenFrom('/token')(); // there is no page here to resolve it against
    await expect(failed).rejects.toMatchObject({ kind: 'invalid-input', retryable: false });
  });
});

const why = await withoutBrowser();
if (why !== undefined) console.warn(`skipped: tokens in a browser; ${why}`);
const where = why === undefined ? describe : describe.skip;

where('tokenFrom, in a browser', () => {
  let browser: Browser;
  let app: Site;
  let other: Site;
  let code: string;

  /** The result of `tokenFrom` in a page: true, or the error. */
  const request = async (from: string, address: string, init = {}): Promise<unknown> => {
    const page = await browser.newPage();
    try {
      await page.goto(from);
      await page.waitForFunction('window.request');
      return await page.evaluate(`window.request(${JSON.stringify(address)}, ${JSON.stringify(init)})`);
    } finally {
      await page.close();
    }
  };

  beforeAll(async () => {
    [browser, code] = await Promise.all([
      startBrowser(),
      bundle(`
        import { tokenFrom } from 'rxscribe/tokens';
        window.request = (address, init) => tokenFrom(address, init)().then(
          (token) => token.length > 20,
          ({ kind, message }) => ({ kind, message }),
        );
      `),
    ]);
    other = await startSite({ '/': PAGE, '/main.js': code });
    const own = tokenHandler(base());
    const forOther = tokenHandler({
      ...base(),
      origins: [other.origin],
      allow: ({ headers }) => 'authorization' in headers && headers.authorization === 'Bearer anna',
    });
    const strict = { '/strict': PAGE.replace('<title>', '<meta name="referrer" content="no-referrer"><title>') };
    app = await startSite({ '/': PAGE, ...strict, '/main.js': code }, (incoming, response) => {
      const tokens = incoming.url === '/shared' ? forOther : own;
      tokens(incoming, response);
    });
  });

  afterAll(async () => {
    await Promise.all([browser?.close(), app?.close(), other?.close()]);
  });

  it('bundles nothing else of the package', () => {
    expect(code.length).toBeLessThan(10_000);
  });

  it('gets tokens for a page of the same server, whatever its referrer policy', async () => {
    expect(await request(app.origin, '/token')).toBe(true);
    expect(await request(`${app.origin}/strict`, '/token')).toBe(true);
    expect(await request(`${app.origin}/strict`, '/token', { mode: 'same-origin' })).toBe(true); // with Origin: null
  });

  it('gets none for a page of another site, which cannot read the reason either', async () => {
    const refused = await request(other.origin, `${app.origin}/token`);
    expect(refused).toMatchObject({ kind: 'network', message: expect.stringContaining('cannot be reached') });
  });

  it('gets tokens for a page of a listed site, with the login of the app', async () => {
    const address = `${app.origin}/shared`;
    const init = { headers: { authorization: 'Bearer anna' }, credentials: 'include' };
    expect(await request(other.origin, address, init)).toBe(true);
    expect(await request(other.origin, address)).toMatchObject({
      kind: 'unauthorized',
      message: expect.stringContaining('sign in first'),
    });
  });
});
