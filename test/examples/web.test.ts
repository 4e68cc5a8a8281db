import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Fault, Recording, Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { recogniseRecordings } from '../../src/simulator/knownRecordings.ts';
import { freePort, startBrowser, tabsOf, withoutBrowser } from '../support/browser.ts';
import { ears } from '../support/ears.ts';
import { marbles } from '../support/marbles.ts';
import { steadily } from '../support/steady.ts';
import { final } from '../support/turns.ts';
import { OUTPUT, openWebExample, dictation, serveWebExample, wavOf, withLead, written } from '../support/webExample.ts';
import type { WebExample, WebFiles } from '../support/webExample.ts';
import { ROOT } from '../support/workplace.ts';

const why = await withoutBrowser();
if (why !== undefined) console.warn(`skipped: examples/web in a browser; ${why}`);
const where = why === undefined ? describe : describe.skip;

const recording = await dictation();
const text = written(recording);

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

/** How long it may take to speak, and more, in milliseconds. */
const PATIENCE = { timeout: 25_000 };

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
  let judged = false;
  const closing: (() => Promise<void>)[] = [];

  const open = async (
    context: BrowserContext,
    options: SimulatorOptions = {},
    permissions: readonly string[] = ['microphone'],
  ): Promise<Visit> => {
    const caDir = process.env['RXSCRIBE_TEST_CA_DIR'] ?? '';
    const simulator = await startSimulator({ caDir, recogniser: ears(recording), ...options });
    const site = await serveWebExample(app, simulator);
    closing.push(
      () => site.close(),
      () => simulator.close(),
    );
    if (permissions.length > 0) await context.grantPermissions(permissions, { origin: site.origin });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.addInitScript(takeNotes);
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
    await phaseIs(page, 'live');
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
    judged = await steadily('what examples/web heard', async () => {
      await Promise.all(
        [...browser.contexts(), tabs].flatMap((context) => context.pages()).map((page) => page.close()),
      );
      await visitAll(file);
      for (const { paragraphs } of [plain, broken, hidden]) expect(paragraphs).toEqual([text]);
    });
    if (judged) await picture(plain.page, 'end');
  }, 180_000);

  const visitAll = async (file: string): Promise<void> => {
    const night = await browser.newContext({ colorScheme: 'dark', viewport: { width: 900, height: 640 } });
    const cuts: Fault[] = [
      { atMs: 3500, fault: 'reset' },
      { atMs: 3500, fault: 'refuse-connect' },
      { atMs: 6500, fault: 'reset' },
    ];
    const visits = await Promise.all([
      open(await browser.newContext(README)),
      open(night, { faults: cuts }),
      open(tabs),
      open(await browser.newContext(), { recogniser: recogniseRecordings([relabelled]) }),
    ]);
    [plain, broken, hidden, played] = await Promise.all([
      dictate(visits[0], async (page) => {
        await says(page, 'by word');
        await picture(page, 'live');
      }),
      dictate(visits[1], async (page) => {
        await page.waitForFunction(() => notes.phases.includes('reconnecting'), undefined, PATIENCE);
        await picture(page, 'reconnecting');
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
  };

  afterAll(async () => {
    await browser?.close();
    await example?.close();
    await Promise.all(closing.map((close) => close()));
    await rm(dir, { recursive: true, force: true });
  });

  /** A test of what was heard, which is none when that could not be judged; then the reason is printed above. */
  const ifHeard = (test: () => unknown) => async (): Promise<void> => {
    if (judged) await test();
  };

  it(
    'writes down what is said, and stops when it is told to',
    ifHeard(() => {
      expect(plain.paragraphs).toEqual([text]);
      const phases = plain.phases.filter((phase) => phase !== 'connecting'); // the service may be there before the microphone
      expect(phases).toEqual(['idle', 'asking', 'live', 'finishing', 'idle']);
      expect(plain.simulator.sessions.map(({ endedBy }) => endedBy)).toEqual(['terminate']);
    }),
  );

  it(
    'loses and doubles nothing when the connection is cut twice',
    ifHeard(() => {
      expect(broken.paragraphs).toEqual([text]);
      expect(broken.phases.filter((phase) => phase === 'reconnecting')).toHaveLength(2);
      expect(broken.simulator.sessions.map(({ endedBy }) => endedBy)).toEqual(['fault', 'fault', 'fault', 'terminate']);
    }),
  );

  it(
    'goes on while another tab is in front',
    ifHeard(() => {
      expect(hidden.visibility).toEqual(['visible', 'hidden', 'visible']);
      expect(hidden.paragraphs).toEqual([text]);
      expect(hidden.simulator.sessions).toHaveLength(1);
    }),
  );

  it(
    'plays a recording, and begins a new line when it is told to',
    ifHeard(() => {
      expect(played.paragraphs).toEqual(['One.', 'Two.']);
      expect(played.phases).toEqual(['idle', 'connecting', 'live', 'finishing', 'idle']);
    }),
  );

  it(
    'shows how loud it is',
    ifHeard(() => {
      expect(plain.loudest).toBeGreaterThan(50);
      expect(plain.loudest).toBeLessThanOrEqual(100);
    }),
  );

  it(
    'asks for a token for every connection, speaks the protocol, and reports no error',
    ifHeard(() => {
      for (const { simulator, errors } of [plain, broken, hidden, played]) {
        expect(
          simulator.sessions.every(({ authorization, params }) => authorization === 'ok' && 'token' in params),
        ).toBe(true);
        expect({ violations: simulator.violations, errors }).toEqual({ violations: [], errors: [] });
      }
    }),
  );

  it('runs without an account, with the local service', async () => {
    const page = await browser.newPage();
    await page.goto(await example.local());
    await page.setInputFiles('#open input', join(ROOT, 'src/simulator/recording/demo.wav'));
    await says(page, 'Welcome to');
    await page.keyboard.press('Escape');
    await phaseIs(page, 'idle');
    expect(await page.textContent('#finals')).toMatch(/^Welcome to/);
  });

  it(
    'is used with keys alone: space begins, and escape ends with the last words',
    ifHeard(async () => {
      const { page } = plain;
      await page.evaluate(() => (document.activeElement as HTMLElement).blur());
      await page.keyboard.press(' ');
      await page.waitForFunction(() => document.querySelector('#partial')?.textContent !== '', undefined, PATIENCE);
      await page.keyboard.press('Escape');
      await phaseIs(page, 'idle');
      expect(await page.textContent('#finals')).toMatch(/speak\. Welcome/);
      expect(await page.textContent('#partial')).toBe('');
    }),
  );

  it('says what to do when the microphone is not allowed, and can be tried again', async () => {
    const { page } = await open(await browser.newContext(), {}, []);
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

/** Waits until words are on the paper, final or not. */
function says(page: Page, words: string): Promise<void> {
  return until(page, (said) => document.querySelector('#paper')?.textContent?.includes(said) ?? false, words);
}

/** Waits until something holds in a page, also while it is hidden; else tells what the page has come to. */
async function until(page: Page, holds: (what: string) => boolean, what: string): Promise<void> {
  try {
    await page.waitForFunction(holds, what, { ...PATIENCE, polling: 50 });
  } catch (cause) {
    const [phase] = await page.evaluate(() => globalThis.notes.phases.slice(-1));
    throw new Error(`no ${what}: ${phase}, ${await page.textContent('body')}`, { cause });
  }
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
