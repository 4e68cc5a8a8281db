import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { bundledRecording, startSimulator } from '../../src/simulator/index.ts';
import type { Fault, Recording, Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { recogniseRecordings } from '../../src/simulator/recogniseRecordings.ts';
import { freePort, startBrowser, tabsOf, withoutBrowser } from '../support/browser.ts';
import { RECORD_CAPTURED, expectedPcmOf } from '../support/capturedAudio.ts';
import { similarityRecogniser } from '../support/similarityRecogniser.ts';
import { marbles } from '../support/marbles.ts';
import { final } from '../support/turns.ts';
import {
  OUTPUT,
  dictation,
  openWebExample,
  replaceMicrophone,
  serveWebExample,
  wavOf,
  withLead,
  written,
} from '../support/webExample.ts';
import type { WebExample, WebFiles } from '../support/webExample.ts';
import { ROOT } from '../support/userProject.ts';

const why = await withoutBrowser();
if (why !== undefined) console.warn(`skipped: examples/web in a browser; ${why}`);
const where = why === undefined ? describe : describe.skip;

const recording = await dictation();
const text = written(recording);
/** The same with its original words, without a command at the end. */
const spoken: Recording = { ...recording, words: (await bundledRecording()).words };

// the path hides it from the compiler, because the example is a separate project
const { commands } = (await import(join(ROOT, 'examples/web/src/commands.ts'))) as {
  commands: () => OperatorFunction<FinalTurn, unknown>;
};

/** The same audio with other words: a command between two sentences. */
const relabelled: Recording = {
  ...recording,
  words: [
    { text: 'One.', start: 500, end: 2061 },
    { text: 'New', start: 2912, end: 4671 },
    { text: 'line.', start: 4836, end: 6720 },
    { text: 'Two.', start: 7570, end: 9766 },
  ],
};

declare global {
  // oxlint-disable-next-line no-var -- a global of the page
  var notes: Notes;
}

/** A window for the picture in the documents. */
const README = { viewport: { width: 900, height: 500 }, deviceScaleFactor: 1.5 };

/** When the browser's microphone has played all of the recording, in seconds. */
const PLAYED_S = 13;
/** A stretch of the recording of this length occurs only once in it, in bytes. */
const UNIQUE = 3 * 32_000;

/** The least length of a message, in bytes. */
const MIN_FRAME = 1600;

/** The faults, by their position in the audio of a connection. */
const CUTS: readonly Fault[] = [
  { atMs: 5500, fault: 'reset' },
  { atMs: 5500, fault: 'refuse-connect' },
  { atMs: 9500, fault: 'reset' },
];

/** The conditions of a visit. */
interface VisitOptions {
  readonly service?: SimulatorOptions;
  /** Replaces the microphone of the browser. */
  readonly recorded?: Recording;
  readonly allowed?: boolean;
}

/** What a page recorded about itself, in order. */
interface Notes {
  readonly phases: string[];
  readonly visibility: string[];
  loudest: number;
}

/** A page with the app, and its service. */
interface Visit {
  readonly page: Page;
  readonly simulator: Simulator;
  readonly origin: string;
  readonly errors: readonly string[];
}

/** The result of a visit. */
interface Ended extends Visit, Notes {
  readonly paragraphs: readonly string[];
}

where('examples/web', () => {
  let example: WebExample;
  let app: WebFiles;
  let dir: string;
  let browser: Browser;
  let plain: Ended;
  let broken: Ended;
  let hidden: Ended;
  let played: Ended;
  let tabs: BrowserContext;
  /** What the microphone captured while the connection broke. */
  let captured: Buffer;
  const closing: (() => Promise<void>)[] = [];

  const open = async (
    context: BrowserContext,
    { service = {}, recorded, allowed = true }: VisitOptions = {},
  ): Promise<Visit> => {
    const caDir = process.env['RXSCRIBE_TEST_CA_DIR'] ?? '';
    const simulator = await startSimulator({ caDir, recogniser: similarityRecogniser(recording), ...service });
    const site = await serveWebExample(app, simulator);
    closing.push(
      () => site.close(),
      () => simulator.close(),
    );
    if (allowed) await context.grantPermissions(['microphone'], { origin: site.origin });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.addInitScript(takeNotes);
    await page.addInitScript(RECORD_CAPTURED);
    if (recorded) {
      const pcm = Buffer.from(recorded.pcm).toString('base64');
      await page.addInitScript(replaceMicrophone, { pcm, sampleRate: recorded.sampleRate });
    }
    await page.goto(site.origin);
    return { page, simulator, origin: site.origin, errors };
  };

  const picture = (page: Page, name: string): Promise<Buffer> =>
    page.screenshot({ path: join(OUTPUT, `web-${name}.png`) });

  /** Runs a dictation from start to end, with actions in between. */
  const dictate = async (
    visit: Visit,
    whilePlaying: (page: Page) => Promise<unknown>,
    begin = (page: Page): Promise<unknown> => page.click('#listen'),
  ): Promise<Ended> => {
    const { page } = visit;
    await begin(page);
    await wasLive(page);
    await whilePlaying(page);
    await phaseIs(page, 'idle');
    const notes = await page.evaluate(() => globalThis.notes);
    const paragraphs = await page.locator('#finals p').allTextContents();
    return { ...visit, ...notes, paragraphs: paragraphs.map((paragraph) => paragraph.trim()) };
  };

  // all at once, because they mostly wait for the recording to play
  beforeAll(async () => {
    await mkdir(OUTPUT, { recursive: true });
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-web-'));
    const microphone = join(dir, 'microphone.wav');
    await writeFile(microphone, wavOf(withLead(recording)));
    const file = join(dir, 'recording.wav');
    await writeFile(file, wavOf(recording));
    const port = await freePort();
    example = await openWebExample();
    [app, browser] = await Promise.all([example.build(), startBrowser({ microphone, port })]);
    tabs = await tabsOf(port);
    const night = await browser.newContext({ colorScheme: 'dark', viewport: { width: 900, height: 640 } });
    const visits = await Promise.all([
      open(await browser.newContext(README), { recorded: recording }),
      open(night, { service: { faults: CUTS, recogniser: similarityRecogniser(spoken) } }),
      open(tabs, { recorded: recording }),
      open(await browser.newContext(), { service: { recogniser: recogniseRecordings([relabelled]) } }),
    ]);
    [plain, broken, hidden, played] = await Promise.all([
      dictate(visits[0], async (page) => {
        await shows(page, 'by word');
        await picture(page, 'live');
      }),
      dictate(visits[1], async (page) => {
        await page.waitForFunction(() => notes.phases.includes('reconnecting'));
        await picture(page, 'reconnecting');
        await page.waitForFunction(hasCaptured, PLAYED_S);
        captured = await expectedPcmOf(page);
        await page.keyboard.press('Escape');
      }),
      dictate(visits[2], async (page) => {
        await shows(page, 'Your');
        const other = await tabs.newPage();
        await shows(page, 'while');
        await other.close();
        await page.bringToFront();
      }),
      dictate(
        visits[3],
        async () => undefined,
        (page) => page.setInputFiles('#open input', file),
      ),
    ]);
    await picture(plain.page, 'end');
  });

  afterAll(async () => {
    await browser?.close();
    await example?.close();
    await Promise.all(closing.map((close) => close()));
    await rm(dir, { recursive: true, force: true });
  });

  it('writes what is spoken, and stops on the spoken command', () => {
    expect(plain.paragraphs).toEqual([text]);
    const phases = plain.phases.filter((phase) => phase !== 'connecting'); // the service may connect before the microphone opens
    expect(phases).toEqual(['idle', 'permission', 'live', 'finishing', 'idle']);
    expect(plain.simulator.sessions.map(({ endedBy }) => endedBy)).toEqual(['terminate']);
  });

  it('neither loses nor repeats captured audio when the connection is cut twice', () => {
    expect(broken.phases.filter((phase) => phase === 'reconnecting').length).toBeGreaterThanOrEqual(2);
    // without those that received no audio: the refused one, and attempts that time out on a busy machine
    const sessions = broken.simulator.sessions.filter((session) => session.audio().length > 0);
    expect(sessions.filter(({ endedBy }) => endedBy === 'fault')).toHaveLength(2);
    expect(sessions.at(-1)?.endedBy).toBe('terminate');
    let reached = 0;
    for (const [index, session] of sessions.entries()) {
      // a replay may start with the rest of a frame, padded with silence
      const audio = Buffer.from(session.audio()).subarray(index > 0 ? MIN_FRAME : 0);
      const from = captured.lastIndexOf(audio.subarray(0, UNIQUE), reached);
      const to = Math.min(from + audio.length, captured.length);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(captured.subarray(from, to).equals(audio.subarray(0, to - from))).toBe(true);
      reached = Math.max(reached, to);
    }
    expect(reached).toBe(captured.length);
  });

  it('writes each captured word once and in order', () => {
    // a busy machine loses some audio before it is captured: such words are cut or unknown
    const recognised = broken.paragraphs.join(' ').replaceAll(/\[speech [^\]]*\]/g, '');
    const words = recognised.split(' ').filter((word) => word !== '' && !word.includes('~'));
    const script = spoken.words.map((word) => word.text);
    let at = 0;
    const inOrder = words.filter((word) => {
      const next = script.indexOf(word, at);
      if (next >= 0) at = next + 1;
      return next >= 0;
    });
    expect(words).toEqual(inOrder);
    expect(words.length).toBeGreaterThan(0);
  });

  it('continues while another tab is in front', () => {
    expect(hidden.visibility).toEqual(['visible', 'hidden', 'visible']);
    expect(hidden.paragraphs).toEqual([text]);
    expect(hidden.simulator.sessions).toHaveLength(1);
  });

  it('plays a recording, and starts a new line on the spoken command', () => {
    expect(played.paragraphs).toEqual(['One.', 'Two.']);
    expect(played.phases).toEqual(['idle', 'connecting', 'live', 'finishing', 'idle']);
  });

  it('shows the loudness', () => {
    expect(plain.loudest).toBeGreaterThan(50);
    expect(plain.loudest).toBeLessThanOrEqual(100);
  });

  it('uses a token for every connection, obeys the protocol, and reports no error', () => {
    for (const { simulator, errors } of [plain, broken, hidden, played]) {
      expect(simulator.sessions.every(({ authorization, params }) => authorization === 'ok' && 'token' in params)).toBe(
        true,
      );
      expect({ violations: simulator.violations, errors }).toEqual({ violations: [], errors: [] });
    }
  });

  it('runs without an account, plays the demo with the local service, and copies the text', async () => {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    await page.goto(await example.local());
    expect(await page.isVisible('#copy')).toBe(false);
    await page.click('#demo');
    await shows(page, 'Welcome to');
    await page.keyboard.press('Escape');
    await phaseIs(page, 'idle');
    const shown = (await page.textContent('#finals'))?.trim();
    expect(shown).toMatch(/^Welcome to/);
    await page.click('#copy');
    await page.waitForFunction(() => document.querySelector('#copy')?.textContent === 'Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(shown);
  });

  it('does not start without a key, and names the command that needs none', async () => {
    const { code, output } = await example.devWithoutKey();
    expect(code).toBe(1);
    expect(output).toMatch(/ASSEMBLYAI_API_KEY is not set: put it into \.env, or use `npm run local`/);
  });

  it('serves the demo recording from the build', async () => {
    const { origin } = played;
    const demo = await readFile(join(ROOT, 'src/simulator/recording/demo.wav'));
    const response = await fetch(`${origin}/demo.wav`);
    expect(Buffer.from(await response.arrayBuffer()).equals(demo)).toBe(true);
  });

  it('shows why it cannot connect, and a second stop ends at once', async () => {
    const { page, simulator } = await open(await browser.newContext(), { recorded: recording });
    await simulator.close();
    await page.click('#listen');
    await phaseIs(page, 'unreachable');
    await picture(page, 'unreachable');
    expect(await page.textContent('#status')).toMatch(/^Cannot connect: .*HTTP 502.* Trying again\.$/);
    // at once, because after the first stop it ends by itself when the next attempt fails
    const between = await page.evaluate(() => {
      const button = document.querySelector<HTMLElement>('#listen');
      button?.click();
      const label = button?.querySelector('.label')?.textContent;
      button?.click();
      return label;
    });
    expect(between).toBe('Stop');
    await phaseIs(page, 'idle');
    expect(await page.textContent('#listen .label')).toBe('Listen');
  });

  it('stops while the microphone is not yet allowed', async () => {
    const { page } = await open(await browser.newContext(), { recorded: recording });
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined);
    });
    await page.click('#listen');
    await phaseIs(page, 'permission');
    await page.click('#listen');
    await phaseIs(page, 'idle');
    expect(await page.textContent('#listen .label')).toBe('Listen');
  });

  it('stops while the demo is loading, and shows why it cannot be loaded', async () => {
    const { page } = await open(await browser.newContext());
    await page.route('**/demo.wav', () => undefined, { times: 1 }); // never answered
    await page.click('#demo');
    await page.locator('#listen .label').getByText('Stop').waitFor();
    await page.click('#listen');
    await phaseIs(page, 'idle');
    await page.route('**/demo.wav', (route) => route.fulfill({ status: 404 }), { times: 1 });
    await page.click('#demo');
    await phaseIs(page, 'failed');
    expect(await page.textContent('#status')).toMatch(/^Cannot load http.*\/demo\.wav: HTTP 404\.$/);
    expect(await page.textContent('#listen .label')).toBe('Listen');
  });

  it.each([
    { width: 320, height: 568 },
    { width: 390, height: 844 },
    { width: 1280, height: 800 },
  ])('fits a window of $width × $height', async ({ width, height }) => {
    const { page } = plain;
    await page.setViewportSize({ width, height });
    await picture(page, `${width}`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    for (const id of ['#listen', '#demo', '#open', '#copy', '#status']) {
      const box = (await page.locator(id).boundingBox())!;
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + box.height).toBeLessThanOrEqual(height);
    }
  });

  it('works with keys alone: space starts, and escape stops with the last words', async () => {
    const { page } = plain;
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press(' ');
    await page.waitForFunction(() => /speak\.\s+Welc/.test(document.querySelector('#paper')?.textContent ?? ''));
    await page.keyboard.press('Escape');
    await phaseIs(page, 'idle');
    const dictations = await page.locator('#finals section').allTextContents();
    expect(dictations).toEqual([expect.stringMatching(/^Welcome .*speak\. $/), expect.stringMatching(/^Welcome /)]);
    expect(await page.textContent('#partial')).toBe('');
  });

  it('shows what to do when the microphone is not allowed, and can be started again', async () => {
    const { page } = await open(await browser.newContext(), { allowed: false });
    await page.click('#listen');
    await phaseIs(page, 'failed');
    await picture(page, 'denied');
    expect(await page.textContent('#status')).toMatch(
      /^Microphone: Permission denied; allow the microphone for this site/,
    );
    expect(await page.textContent('#listen .label')).toBe('Listen');
    expect(await page.getAttribute('#listen', 'aria-pressed')).toBe('false');
  });
});

it('examples/web contains the excerpt in the documents', async () => {
  const [readme, main] = await Promise.all(
    ['docs/frameworks.md', 'examples/web/src/main.ts'].map((path) => readFile(join(ROOT, path), 'utf8')),
  );
  const [, shown = 'nothing'] = /^```ts app\n(.*?)^```$/ms.exec(readme ?? '') ?? [];
  expect(main).toContain(shown);
});

describe('commands', () => {
  const turn = (transcript: string): FinalTurn => ({ ...final(0, transcript), isFinal: true, session: 0 });

  it.each([
    ['New line.', { type: 'new line' }],
    ['Clear', { type: 'clear' }],
    ['Stop listening!', { type: 'stop' }],
    ['That is clear.', { type: 'write', text: 'That is clear.' }],
    ['New lines', { type: 'write', text: 'New lines' }],
  ])('turns %j into %j', (phrase, edit) => {
    marbles(({ cold, expectObservable }) => {
      const final$ = cold('                       -f-|', { f: turn(phrase) });
      expectObservable(final$.pipe(commands())).toBe('-e-|', { e: edit });
    });
  });
});

/** Waits until the page is in a phase. */
function phaseIs(page: Page, phase: string): Promise<void> {
  return until(page, (name) => document.documentElement.dataset['phase'] === name, phase);
}

/** Waits until a page was live. It may no longer be, because a click can take long on a busy machine. */
function wasLive(page: Page): Promise<void> {
  return until(page, (name) => globalThis.notes.phases.includes(name), 'live');
}

/** Waits until the page shows the words, final or not. */
function shows(page: Page, words: string): Promise<void> {
  return until(page, (part) => document.querySelector('#paper')?.textContent?.includes(part) ?? false, words);
}

/** Waits until a condition holds in a page, even if it is hidden; otherwise rejects with the state of the page. */
async function until(page: Page, holds: (what: string) => boolean, what: string): Promise<void> {
  try {
    await page.waitForFunction(holds, what, { polling: 50 });
  } catch (cause) {
    const [phase] = await page.evaluate(() => globalThis.notes.phases.slice(-1));
    throw new Error(`no ${what}: ${phase}, ${await page.textContent('body')}`, { cause });
  }
}

/** Runs in the page: whether it captured this many seconds. */
function hasCaptured(seconds: number): boolean {
  const [{ sampleRate, parts } = { sampleRate: 1, parts: [] }] = globalThis.captured;
  return parts.reduce((sum, { byteLength }) => sum + byteLength / 4 / sampleRate, 0) >= seconds;
}

/** Runs in the page: records its phases, visibility and loudness. */
function takeNotes(): void {
  const notes: Notes = { phases: [], visibility: [], loudest: 0 };
  globalThis.notes = notes;
  const note = (list: string[], value = ''): void => {
    if (list.at(-1) !== value) list.push(value);
  };
  const look = (): void => {
    note(notes.phases, document.documentElement.dataset['phase']);
    note(notes.visibility, document.visibilityState);
    const loudness = document.querySelector('#meter')?.getAttribute('aria-valuenow') ?? 0;
    notes.loudest = Math.max(notes.loudest, Number(loudness));
  };
  document.addEventListener('visibilitychange', look);
  document.addEventListener('DOMContentLoaded', () => {
    look();
    const attributeFilter = ['data-phase', 'aria-valuenow'];
    new MutationObserver(look).observe(document.documentElement, { subtree: true, attributeFilter });
  });
}
