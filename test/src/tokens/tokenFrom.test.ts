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
import type { Place } from './servers.ts';

let service: Simulator;
let places: Place[] = [];

beforeAll(async () => {
  service = await startSimulator({ caDir: process.env['RXSCRIBE_TEST_CA_DIR'] ?? '' });
});

afterEach(async () => {
  await Promise.all(places.map(({ close }) => close()));
  places = [];
});

afterAll(() => service.close());

const base = (): { apiKey: string; streamingBaseUrl: string } => ({
  apiKey: service.apiKey,
  streamingBaseUrl: new URL(service.url.replace('wss:', 'https:')).origin,
});

async function start(listener: RequestListener): Promise<Place> {
  const place = await listening(createServer(listener));
  places.push(place);
  return place;
}

const answering =
  (status: number, body: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(status).end(body);

describe('tokenFrom', () => {
  it('fetches a token each time it is asked', async () => {
    const { origin } = await start(tokenHandler(base()));
    const token = tokenFrom(`${origin}/token`, { headers: { origin } });
    expect(await token()).toMatch(/^[\w.-]{20,}$/);
    expect(await token()).toMatch(/^[\w.-]{20,}$/);
  });

  it.each([
    [403, '{"error":"sign in first"}', 'unauthorized', false, 'the server of tokens answered HTTP 403: sign in first'],
    [
      401,
      '',
      'unauthorized',
      false,
      'the server of tokens answered HTTP 401: without a token; is a tokenHandler there?',
    ],
    [404, '<h1>Not found</h1>', 'invalid-input', false, /HTTP 404: without a token; is a tokenHandler there\?$/],
    [405, '{"error":"ask for a token with POST"}', 'invalid-input', false, /HTTP 405: ask for a token with POST$/],
    [429, '{"error":"too many"}', 'rate-limited', true, /HTTP 429: too many$/],
    [500, '{"error":7}', 'service', true, /HTTP 500: without a token/],
    [502, '{"error":"out of reach"}', 'service', true, /HTTP 502: out of reach$/],
    [200, '<h1>Sign in</h1>', 'invalid-input', false, /HTTP 200: without a token/],
    [200, '{"token":""}', 'invalid-input', false, /HTTP 200: without a token/],
    [200, 'null', 'invalid-input', false, /HTTP 200: without a token/],
  ])('makes HTTP %d with %s an error of kind %s, retryable: %s', async (wireCode, body, kind, retryable, message) => {
    const { origin } = await start(answering(wireCode, body));
    const failed = tokenFrom(origin)();
    await expect(failed).rejects.toBeInstanceOf(TranscriptionError);
    await expect(failed).rejects.toMatchObject({ kind, retryable, wireCode, message: expect.stringMatching(message) });
  });

  it('makes a network that is away an error worth another attempt', async () => {
    const { origin, close } = await start(answering(200, ''));
    await close();
    places = [];
    await expect(tokenFrom(origin)()).rejects.toMatchObject({ kind: 'network', retryable: true });
  });

  it('makes an answer that breaks off an error worth another attempt', async () => {
    const { origin } = await start((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"token":', () => response.destroy());
    });
    await expect(tokenFrom(origin)()).rejects.toMatchObject({ kind: 'network', retryable: true });
  });

  it('gives up when it is told to', async () => {
    const { origin } = await start(() => {});
    const signal = AbortSignal.timeout(50);
    await expect(tokenFrom(origin, { signal })()).rejects.toMatchObject({ kind: 'network', retryable: true });
  });

  it.each([
    ['', /url must be/],
    [undefined, /url must be/],
    [7, /url must be/],
  ])('refuses %j at once', (url, message) => {
    expect(() => tokenFrom(url as never)).toThrow(message);
    expect(() => tokenFrom(url as never)).toThrow(TypeError);
  });

  it('says of an address that is none that it is none', async () => {
    const failed = tokenFrom('/token')(); // there is no page here that it could be of
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

  /** What a page gets from an address: the token's length, or the error. */
  const asked = async (from: string, address: string, init = {}): Promise<unknown> => {
    const page = await browser.newPage();
    try {
      await page.goto(from);
      await page.waitForFunction('window.ask');
      return await page.evaluate(`window.ask(${JSON.stringify(address)}, ${JSON.stringify(init)})`);
    } finally {
      await page.close();
    }
  };

  beforeAll(async () => {
    [browser, code] = await Promise.all([
      startBrowser(),
      bundle(`
        import { tokenFrom } from 'rxscribe/tokens';
        window.ask = (address, init) => tokenFrom(address, init)().then(
          (token) => token.length > 20,
          ({ kind, message }) => ({ kind, message }),
        );
      `),
    ]);
    other = await startSite({ '/': PAGE, '/main.js': code });
    const own = tokenHandler(base());
    const shared = tokenHandler({
      ...base(),
      origins: [other.origin],
      allow: (request) => 'authorization' in request.headers && request.headers.authorization === 'Bearer anna',
    });
    const strict = { '/strict': PAGE.replace('<title>', '<meta name="referrer" content="no-referrer"><title>') };
    app = await startSite({ '/': PAGE, ...strict, '/main.js': code }, (request, response) => {
      const tokens = request.url === '/shared' ? shared : own;
      tokens(request, response);
    });
  });

  afterAll(async () => {
    await Promise.all([browser?.close(), app?.close(), other?.close()]);
  });

  it('takes no more of the package along than itself', () => {
    expect(code.length).toBeLessThan(10_000);
  });

  it('gets tokens for a page of the server itself, whatever the page hides', async () => {
    expect(await asked(app.origin, '/token')).toBe(true);
    expect(await asked(`${app.origin}/strict`, '/token')).toBe(true);
    expect(await asked(`${app.origin}/strict`, '/token', { mode: 'same-origin' })).toBe(true); // with Origin: null
  });

  it('gets none for a page of another site, nor does that see why', async () => {
    const refused = await asked(other.origin, `${app.origin}/token`);
    expect(refused).toMatchObject({ kind: 'network', message: expect.stringContaining('cannot be reached') });
  });

  it('gets tokens for a page of a listed site, with the login of the app', async () => {
    const address = `${app.origin}/shared`;
    const init = { headers: { authorization: 'Bearer anna' }, credentials: 'include' };
    expect(await asked(other.origin, address, init)).toBe(true);
    expect(await asked(other.origin, address)).toMatchObject({
      kind: 'unauthorized',
      message: expect.stringContaining('sign in first'),
    });
  });
});
