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
  hearInstead,
  openWebExample,
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
/** What is said in it, without a command at the end. */
const spoken: Recording = { ...recording, words: (await bundledRecording()).words };

// by a path that the compiler does not follow: the example is compiled as a project of its own, which is where it finds us
const { commands } = (await import(join(ROOT, 'examples/web/src/commands.ts'))) as {
  commands: () => OperatorFunction<FinalTurn, unknown>;
};

/** The same sound, and other words: a command between two sentences. */
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
  // oxlint-disable-next-line no-var -- what else would be seen of the page's globals
  var notes: Notes;
}

/** A window for the picture in the README. */
const README = { viewport: { width: 900, height: 500 }, deviceScaleFactor: 1.5 };

/** When the microphone of the browser has heard all of the recording, in seconds. */
const HEARD_S = 13;
/** So much of the recording is the same nowhere else in it, in bytes. */
const UNIQUE = 3 * 32_000;

/** The least that is sent at once, in bytes. */
const MIN_FRAME = 1600;

/** What breaks, where in the audio of a connection. */
const CUTS: readonly Fault[] = [
  { atMs: 5500, fault: 'reset' },
  { atMs: 5500, fault: 'refuse-connect' },
  { atMs: 9500, fault: 'reset' },
];

/** What a visit is to have besides the app. */
interface Circumstances {
  readonly service?: SimulatorOptions;
  /** What is heard instead of the microphone of the browser. */
  readonly hears?: Recording;
  readonly allowed?: boolean;
}

/** What a page noted of itself: each thing that was, in order. */
interface Notes {
  readonly phases: string[];
  readonly visibility: string[];
  loudest: number;
}

/** A page with the app, before the button was pressed, and the service behind it. */
interface Visit {
  readonly page: Page;
  readonly simulator: Simulator;
  readonly origin: string;
  readonly errors: readonly string[];
}

/** What is left of a visit that ended. */
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
  /** What the microphone of the broken one captured. */
  let captured: Buffer;
  const closing: (() => Promise<void>)[] = [];

  const open = async (
    context: BrowserContext,
    { service = {}, hears, allowed = true }: Circumstances = {},
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
    if (hears) {
      const pcm = Buffer.from(hears.pcm).toString('base64');
      await page.addInitScript(hearInstead, { pcm, sampleRate: hears.sampleRate });
    }
    await page.goto(site.origin);
    return { page, simulator, origin: site.origin, errors };
  };

  const picture = (page: Page, name: string): Promise<Buffer> =>
    page.screenshot({ path: join(OUTPUT, `web-${name}.png`) });

  /** A transcription, from its beginning to its end, and what happens meanwhile. */
  const dictate = async (
    visit: Visit,
    meanwhile: (page: Page) => Promise<unknown>,
    begin = (page: Page): Promise<unknown> => page.click('#listen'),
  ): Promise<Ended> => {
    const { page } = visit;
    await begin(page);
    await wasLive(page);
    await meanwhile(page);
    await phaseIs(page, 'idle');
    const notes = await page.evaluate(() => globalThis.notes);
    const paragraphs = await page.locator('#finals p').allTextContents();
    return { ...visit, ...notes, paragraphs: paragraphs.map((paragraph) => paragraph.trim()) };
  };

  // all at once: most of their time they wait for the recording to be spoken
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
      open(await browser.newContext(README), { hears: recording }),
      open(night, { service: { faults: CUTS, recogniser: similarityRecogniser(spoken) } }),
      open(tabs, { hears: recording }),
      open(await browser.newContext(), { service: { recogniser: recogniseRecordings([relabelled]) } }),
    ]);
    [plain, broken, hidden, played] = await Promise.all([
      dictate(visits[0], async (page) => {
        await says(page, 'by word');
        await picture(page, 'live');
      }),
      dictate(visits[1], async (page) => {
        await page.waitForFunction(() => notes.phases.includes('reconnecting'));
        await picture(page, 'reconnecting');
        await page.waitForFunction(hasCaptured, HEARD_S);
        captured = await expectedPcmOf(page);
        await page.keyboard.press('Escape');
      }),
      dictate(visits[2], async (page) => {
        await says(page, 'Your');
        const other = await tabs.newPage();
        await says(page, 'while');
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
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await example?.close();
    await Promise.all(closing.map((close) => close()));
    await rm(dir, { recursive: true, force: true });
  });

  it('writes down what is said, and stops when it is told to', () => {
    expect(plain.paragraphs).toEqual([text]);
    const phases = plain.phases.filter((phase) => phase !== 'connecting'); // the service may be there before the microphone
    expect(phases).toEqual(['idle', 'asking', 'live', 'finishing', 'idle']);
    expect(plain.simulator.sessions.map(({ endedBy }) => endedBy)).toEqual(['terminate']);
  });

  it('loses and doubles nothing of what the microphone captured when the connection is cut twice', () => {
    expect(broken.phases.filter((phase) => phase === 'reconnecting')).toHaveLength(2);
    expect(broken.simulator.sessions.map(({ endedBy }) => endedBy)).toEqual(['fault', 'fault', 'fault', 'terminate']);
    let reached = 0;
    for (const [index, session] of broken.simulator.sessions.entries()) {
      // what is heard again may begin with a rest of a frame, and silence before it for want of length
      const audio = Buffer.from(session.audio()).subarray(index > 0 ? MIN_FRAME : 0);
      const from = captured.lastIndexOf(audio.subarray(0, UNIQUE), reached);
      const to = Math.min(from + audio.length, captured.length);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(captured.subarray(from, to).equals(audio.subarray(0, to - from))).toBe(true);
      reached = Math.max(reached, to);
    }
    expect(reached).toBe(captured.length);
  });

  it('writes what was captured once and in order', () => {
    // a busy machine loses some of what is spoken before it is captured: words are cut then, or not known
    const heard = broken.paragraphs.join(' ').replaceAll(/\[speech [^\]]*\]/g, '');
    const words = heard.split(' ').filter((word) => word !== '' && !word.includes('~'));
    const script = spoken.words.map((word) => word.text);
    let at = 0;
    const inOrder = words.filter((word) => {
      const next = script.indexOf(word, at);
      if (next >= 0) at = next + 1;
      return next >= 0;
    });
    expect(words).toEqual(inOrder);
    expect(words.length).toBeGreaterThan(10);
  });

  it('goes on while another tab is in front', () => {
    expect(hidden.visibility).toEqual(['visible', 'hidden', 'visible']);
    expect(hidden.paragraphs).toEqual([text]);
    expect(hidden.simulator.sessions).toHaveLength(1);
  });

  it('plays a recording, and begins a new line when it is told to', () => {
    expect(played.paragraphs).toEqual(['One.', 'Two.']);
    expect(played.phases).toEqual(['idle', 'connecting', 'live', 'finishing', 'idle']);
  });

  it('shows how loud it is', () => {
    expect(plain.loudest).toBeGreaterThan(50);
    expect(plain.loudest).toBeLessThanOrEqual(100);
  });

  it('asks for a token for every connection, speaks the protocol, and reports no error', () => {
    for (const { simulator, errors } of [plain, broken, hidden, played]) {
      expect(simulator.sessions.every(({ authorization, params }) => authorization === 'ok' && 'token' in params)).toBe(
        true,
      );
      expect({ violations: simulator.violations, errors }).toEqual({ violations: [], errors: [] });
    }
  });

  it('runs without an account, with the local service', async () => {
    const page = await browser.newPage();
    await page.goto(await example.local());
    await page.setInputFiles('#open input', join(ROOT, 'src/simulator/recording/demo.wav'));
    await says(page, 'Welcome to');
    await page.keyboard.press('Escape');
    await phaseIs(page, 'idle');
    expect(await page.textContent('#finals')).toMatch(/^Welcome to/);
  });

  it('is used with keys alone: space begins, and escape ends with the last words', async () => {
    const { page } = plain;
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press(' ');
    await page.waitForFunction(() => /speak\.\s+Welc/.test(document.querySelector('#paper')?.textContent ?? ''));
    await page.keyboard.press('Escape');
    await phaseIs(page, 'idle');
    expect(await page.textContent('#finals')).toMatch(/speak\. Welcome/);
    expect(await page.textContent('#partial')).toBe('');
  });

  it('says what to do when the microphone is not allowed, and can be tried again', async () => {
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

it('examples/web has what the README shows of it', async () => {
  const [readme, main] = await Promise.all(
    ['README.md', 'examples/web/src/main.ts'].map((path) => readFile(join(ROOT, path), 'utf8')),
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
  ])('takes %j for what it is', (said, edit) => {
    marbles(({ cold, expectObservable }) => {
      const final$ = cold('                       -f-|', { f: turn(said) });
      expectObservable(final$.pipe(commands())).toBe('-e-|', { e: edit });
    });
  });
});

/** Waits until the page is in a phase. */
function phaseIs(page: Page, phase: string): Promise<void> {
  return until(page, (name) => document.documentElement.dataset['phase'] === name, phase);
}

/** Waits until a page was live, which may be over by then: a click can take long on a busy machine. */
function wasLive(page: Page): Promise<void> {
  return until(page, (name) => globalThis.notes.phases.includes(name), 'live');
}

/** Waits until words are on the paper, final or not. */
function says(page: Page, words: string): Promise<void> {
  return until(page, (said) => document.querySelector('#paper')?.textContent?.includes(said) ?? false, words);
}

/** Waits until something holds in a page, also while it is hidden; else tells what the page has come to. */
async function until(page: Page, holds: (what: string) => boolean, what: string): Promise<void> {
  try {
    await page.waitForFunction(holds, what, { polling: 50 });
  } catch (cause) {
    const [phase] = await page.evaluate(() => globalThis.notes.phases.slice(-1));
    throw new Error(`no ${what}: ${phase}, ${await page.textContent('body')}`, { cause });
  }
}

/** In the page: whether so many seconds were captured. */
function hasCaptured(seconds: number): boolean {
  const [{ sampleRate, parts } = { sampleRate: 1, parts: [] }] = globalThis.captured;
  return parts.reduce((sum, { byteLength }) => sum + byteLength / 4 / sampleRate, 0) >= seconds;
}

/** In the page. */
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
