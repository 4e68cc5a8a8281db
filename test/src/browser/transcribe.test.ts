import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:https';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { FinalTurn, Stats, TranscriptionEvent } from '../../../operators/events.ts';
import type { TranscribeOptions } from '../../../src/browser/index.ts';
import { bundledRecording, startSimulator } from '../../../src/simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../../src/simulator/index.ts';
import { PAGE, bundle, freePort, startBrowser, startSite, tabsOf, withoutBrowser } from '../../support/browser.ts';
import type { Site } from '../../support/browser.ts';
import { ROOT } from '../../support/userProject.ts';

const SENTENCES = [
  'Welcome to rxscribe.',
  'Your microphone becomes text, word by word, while you speak.',
  'Does it keep up when the network drops?',
  'Yes, yes, it remembers what was said, and says it again.',
  'And when nobody says anything?',
  'Then it waits, and carries on when you do.',
  'Compose it, test it, make it yours.',
];

/** What a page should transcribe. */
interface Task {
  readonly options: Partial<Omit<TranscribeOptions, 'token'>>;
  /** A fixed token; by default each connection fetches one from the site. */
  readonly token?: string;
  /** The audio pauses at this position, in milliseconds, until an event of this type, by default the first one. */
  readonly pause?: { readonly atMs: number; readonly until: TranscriptionEvent['type']; readonly count?: number };
}

/** The result of a transcription in the page. */
interface Outcome {
  readonly events: TranscriptionEvent[];
  readonly error?: { readonly name: string; readonly kind?: string; readonly message: string };
}

/** The dependencies of this package in a page, each bundled to a module. */
const EXTERNAL = [
  `export * from 'rxjs'`,
  `export { StreamingTranscriber } from 'assemblyai/streaming'`,
  `export { Microphone } from 'decibri'`,
];

/** A page without a bundler: the package's own modules, and its dependencies from an import map. */
const PLAIN_PAGE = `<!doctype html><html lang="en"><title>test</title><script type="importmap">${JSON.stringify({
  imports: {
    rxjs: '/rxjs.js',
    'assemblyai/streaming': '/sdk.js',
    decibri: '/decibri.js',
    rxscribe: '/dist/src/browser/index.js',
    'rxscribe/operators': '/dist/operators/index.js',
  },
})}</script><body><script type="module" src="/main.js"></script>`;

/** A page that transcribes the recording when `start` is called. */
const PROGRAM = `
import { Subject, filter, firstValueFrom, skip } from 'rxjs';
import { pcmStream, transcribe } from 'rxscribe';
import { bufferBytes } from 'rxscribe/operators';

const freshToken = async () => (await fetch('/token')).text();

async function* audio(pause, paused) {
  const pcm = new Uint8Array(await (await fetch('/talk.pcm')).arrayBuffer());
  const until = pause === undefined ? pcm.length : pause.atMs * 32;
  for (let at = 0; at < pcm.length; at += 3200) {
    if (at === until) await paused;
    yield pcm.subarray(at, at + 3200);
  }
}

window.start = ({ options, token = freshToken, pause }) => {
  const event$ = new Subject();
  // the first events may come before the audio
  const paused = pause && firstValueFrom(event$.pipe(filter(({ type }) => type === pause.until), skip((pause.count ?? 1) - 1)));
  window.events = [];
  window.ended = new Promise((resolve) => {
    try {
      window.subscription = pcmStream(audio(pause, paused))
        .pipe(bufferBytes(3200), transcribe({ speechModel: 'u3-rt-pro', sampleRate: 16_000, catchUpSpeed: Infinity, token, ...options }))
        .subscribe({
          next: (event) => { window.events.push(event); event$.next(event); },
          error: (error) => resolve(error),
          complete: () => resolve(undefined),
        });
    } catch (error) {
      resolve(error);
    }
  }).then((error) => ({ events: window.events, ...(error && { error: { ...error, name: error.name, message: error.message } }) }));
};
`;

declare global {
  // globals of the page above
  var start: (task: Task) => void;
  var events: TranscriptionEvent[];
  var ended: Promise<Outcome>;
  var subscription: { unsubscribe(): void };
}

const absent = await withoutBrowser();
const inBrowser = absent === undefined ? describe : describe.skip;
if (absent !== undefined) console.warn(absent);

inBrowser('transcribe, in a real browser', () => {
  let browser: Browser;
  let program: string;
  let pcm: Uint8Array;
  let ca: string;
  let modules: Readonly<Record<string, string>>;
  const closing: (() => Promise<unknown>)[] = [];
  /** Uncaught errors of pages. */
  const uncaught: string[] = [];

  beforeAll(async () => {
    [browser, program, { pcm }] = await Promise.all([startBrowser(), bundle(PROGRAM), bundledRecording()]);
    const [rxjs, sdk, decibri] = await Promise.all(EXTERNAL.map((one) => bundle(one)));
    modules = { '/main.js': PROGRAM, '/rxjs.js': rxjs ?? '', '/sdk.js': sdk ?? '', '/decibri.js': decibri ?? '' };
    ca = await readFile(process.env['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8');
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
    expect(uncaught.splice(0)).toEqual([]);
  });
  afterAll(() => browser?.close());

  interface Stage {
    readonly simulator: Simulator;
    readonly context: BrowserContext;
    readonly page: Page;
    /** How many tokens the site has served. */
    readonly tokens: () => number;
    readonly start: (task?: Partial<Task>) => Promise<void>;
    readonly outcome: () => Promise<Outcome>;
  }

  interface StageOptions {
    readonly html?: string;
    readonly audio?: Uint8Array;
    /** Whether the page is a tab behind another one. */
    readonly hidden?: boolean;
  }

  async function stage(
    options: SimulatorOptions = {},
    { html = PAGE, audio = pcm, hidden = false }: StageOptions = {},
  ): Promise<Stage> {
    const simulator = await startSimulator({ caDir: process.env['RXSCRIBE_TEST_CA_DIR'] ?? '', ...options });
    closing.push(() => simulator.close());
    let tokens = 0;
    const files = html === PAGE ? { '/main.js': program } : modules;
    const site: Site = await startSite({ '/': html, ...files }, (incoming, response) => {
      if (incoming.url === '/talk.pcm') response.end(audio);
      else if (incoming.url?.startsWith('/dist/')) {
        response.setHeader('content-type', 'text/javascript');
        createReadStream(join(ROOT, incoming.url)).pipe(response);
      } else if (incoming.url === '/token') {
        tokens++;
        void tokenOf(simulator, ca).then((token) => response.end(token));
      } else response.writeHead(404).end();
    });
    closing.push(() => site.close());
    const context = hidden ? await tabs() : await browser.newContext();
    closing.push(() => context.close());
    const page = await context.newPage();
    page.on('pageerror', (error) => uncaught.push(error.message));
    await page.goto(site.origin);
    if (hidden) await (await context.newPage()).bringToFront();
    return {
      simulator,
      context,
      page,
      tokens: () => tokens,
      start: ({ options: more, ...task } = {}) => {
        const given = JSON.stringify({ ...task, options: { websocketBaseUrl: simulator.url, ...more } });
        return page.evaluate((one) => globalThis.start(JSON.parse(one) as Task), given);
      },
      outcome: () => page.evaluate(() => globalThis.ended),
    };
  }

  /** A browser whose tabs are hidden behind each other, as for users. */
  async function tabs(): Promise<BrowserContext> {
    const port = await freePort();
    const other = await startBrowser({ port });
    closing.push(() => other.close());
    return tabsOf(port);
  }

  const finalsOf = ({ events }: Outcome): FinalTurn[] =>
    events.filter((event) => event.type === 'Turn').filter((turn) => turn.isFinal);
  const textOf = (one: Outcome): string[] => finalsOf(one).map(({ transcript }) => transcript);
  const statsOf = ({ events }: Outcome): Stats | undefined => events.findLast((event) => event.type === 'Stats');
  const reasonsOf = ({ events }: Outcome): string[] =>
    events.flatMap((event) => (event.type === 'Reconnecting' ? [event.reason] : []));

  it('emits every word, with a temporary token', async () => {
    const { simulator, start, outcome, tokens } = await stage();

    await start();
    const one = await outcome();

    expect(one.error).toBeUndefined();
    expect(textOf(one)).toEqual(SENTENCES);
    const [session] = simulator.sessions;
    expect(Buffer.from(session!.audio()).equals(Buffer.from(pcm))).toBe(true);
    expect(session!.params).toMatchObject({ session_heartbeat: 'true', token: '***' });
    expect(session!.endedBy).toBe('terminate');
    expect(tokens()).toBe(1);
    expect(simulator.violations).toEqual([]);
  });

  it('opens sessions for speech only in a hidden page, whose timers fire once a second', async () => {
    const audio = Buffer.concat([pcm, Buffer.alloc(32_000 * 40), pcm]);
    const { simulator, page, start, outcome } = await stage({}, { audio, hidden: true });

    await start({ options: { suspendAfter: 5000 }, pause: { atMs: 31_000, until: 'Suspended', count: 2 } });
    const one = await outcome();

    expect(await page.evaluate(() => document.visibilityState)).toBe('hidden');
    expect(textOf(one)).toEqual([...SENTENCES, ...SENTENCES]);
    const types = one.events.map(({ type }) => type).filter((type) => /Suspended|Resumed|Begin/.test(type));
    expect(types.join(' ')).toMatch(/^Suspended Resumed Begin Suspended Resumed Begin/);
    expect(statsOf(one)?.skippedMs).toBeGreaterThan(20_000);
    expect(simulator.violations).toEqual([]);
  });

  it('works without a bundler, as plain modules with an import map', async () => {
    const { start, outcome } = await stage({}, { html: PLAIN_PAGE });

    await start();

    expect(textOf(await outcome())).toEqual(SENTENCES);
  });

  it('neither loses nor repeats a word when the connection is cut, with a new token for each connection', async () => {
    const { simulator, start, outcome, tokens } = await stage({
      faults: [
        { atMs: 5100, fault: 'reset' },
        { atMs: 14_300, fault: 'close-1011' },
        { atMs: 15_000, fault: 'slow-begin', ms: 300 },
        { atMs: 20_000, fault: 'reset' },
      ],
    });

    await start();
    const one = await outcome();

    expect(one.error).toBeUndefined();
    expect(textOf(one)).toEqual(SENTENCES);
    expect(finalsOf(one).map(({ turn_order }) => turn_order)).toEqual(SENTENCES.map((_, order) => order));
    expect(reasonsOf(one)).toHaveLength(3);
    expect(statsOf(one)).toMatchObject({ capturedMs: 24_760, transcribedMs: 24_760, gapMs: 0, sessions: 4 });
    expect(tokens()).toBe(4);
    expect(simulator.violations).toEqual([]);
  });

  it('detects by missing heartbeats that a connection is dead although open', async () => {
    const { simulator, start, outcome } = await stage({ faults: [{ atMs: 9000, fault: 'stall' }] });

    await start({
      options: { sessionHeartbeat: true, stallTimeout: 1000 },
      pause: { atMs: 8000, until: 'Heartbeat' },
    });
    const one = await outcome();

    expect(reasonsOf(one)).toEqual([
      'the service cannot be reached: no sign of life for 7500 ms; check the network and the address',
    ]);
    expect(textOf(one)).toEqual(SENTENCES);
    expect(statsOf(one)).toMatchObject({ transcribedMs: 24_760, gapMs: 0, sessions: 2 });
    expect(simulator.violations).toEqual([]);
  });

  it('ends the session when the network is lost, and reconnects with it', async () => {
    const { simulator, context, page, start, outcome } = await stage();
    const happened = (type: string): Promise<unknown> =>
      page.waitForFunction((wanted) => globalThis.events.some((event) => event.type === wanted), type);

    await start({ pause: { atMs: 8000, until: 'Reconnecting' } });
    await happened('Turn');
    await context.setOffline(true);
    await happened('Reconnecting');
    await context.setOffline(false);
    const one = await outcome();

    expect(reasonsOf(one)[0]).toBe('the network is gone');
    expect(textOf(one)).toEqual(SENTENCES);
    expect(statsOf(one)).toMatchObject({ transcribedMs: 24_760, gapMs: 0 });
    expect(simulator.violations).toEqual([]);
  });

  it('reports why a token is refused', async () => {
    const { simulator, start, outcome } = await stage();

    await start({ token: 'no-such-token' });

    expect((await outcome()).error).toMatchObject({
      name: 'TranscriptionError',
      kind: 'unauthorized',
      retryable: false,
      message: 'the service refused the token: Unauthorized Connection: Invalid API key; it must be new and complete',
    });
    expect(simulator.sessions).toHaveLength(1);
  });

  it('reports that the browser gives no reason when the service cannot be reached', async () => {
    const { simulator, start, outcome } = await stage({ refuse: 'http-401' });

    await start({ token: 'no-such-token', options: { reconnect: false } });

    expect((await outcome()).error).toMatchObject({
      kind: 'network',
      retryable: true,
      message: expect.stringContaining('the browser does not report why'),
    });
    expect(simulator.sessions).toHaveLength(1);
  });

  it('rejects an API key with the reason', async () => {
    const { simulator, start, outcome } = await stage();

    await start({ options: { apiKey: 'secret' } as object });

    const { error } = await outcome();
    expect(error?.name).toBe('TypeError');
    expect(error?.message).toMatch(/^apiKey does not work in a browser: .* use token: .* rxscribe\/tokens/);
    expect(error?.message).not.toContain('secret');
    expect(simulator.sessions).toHaveLength(0);
  });

  it('terminates the session and closes the socket when it is unsubscribed', async () => {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => void (end = resolve));
    const { simulator, page, start } = await stage({ onEvent: ({ type }) => type === 'end' && end() });

    await start({ pause: { atMs: 8000, until: 'Termination' } });
    await page.waitForFunction(() => globalThis.events.some(({ type }) => type === 'Turn'));
    await page.evaluate(() => globalThis.subscription.unsubscribe());
    await ended;

    expect(simulator.sessions.map(({ controls }) => controls)).toEqual([[{ type: 'Terminate' }]]);
  });
});

/** Requests a token from the local service with the key, as the server of an app does. */
function tokenOf({ url, apiKey }: Simulator, ca: string): Promise<string> {
  const address = new URL('/v3/token?expires_in_seconds=60', url.replace('wss:', 'https:'));
  return new Promise((resolve, reject) => {
    const outgoing = request(address, { ca, headers: { authorization: apiKey } }, (response) => {
      let body = '';
      response.on('data', (text: string) => (body += text));
      response.once('end', () => resolve((JSON.parse(body) as { token: string }).token));
    });
    outgoing.once('error', reject).end();
  });
}
