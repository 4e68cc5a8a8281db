import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { startBrowser, withoutBrowser } from '../support/browser.ts';
import type { Site } from '../support/browser.ts';
import { ears } from '../support/ears.ts';
import { OUTPUT, buildWebExample, dictation, serveWebExample, wavOf, written } from '../support/webExample.ts';
import type { WebExample } from '../support/webExample.ts';

const why = await withoutBrowser();
if (why !== undefined) console.warn(`skipped: examples/web in a browser; ${why}`);
const where = why === undefined ? describe : describe.skip;

const recording = await dictation();
const text = written(recording);

/** One visit to the app, from its first press of the button to the end. */
interface Visit {
  readonly page: Page;
  readonly simulator: Simulator;
  /** The phases there were, in order. */
  readonly phases: readonly string[];
  readonly errors: readonly string[];
  readonly text: string;
}

where('examples/web', () => {
  let app: WebExample;
  let dir: string;
  let browser: Browser;
  const closing: (() => Promise<void>)[] = [];

  const open = async (context: BrowserContext, options: SimulatorOptions = {}) => {
    const simulator = await startSimulator({
      caDir: process.env['RXSCRIBE_TEST_CA_DIR'] ?? '',
      recogniser: ears(recording),
      ...options,
    });
    const site: Site = await serveWebExample(app, simulator);
    closing.push(site.close, simulator.close);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.addInitScript(noteChanges);
    await page.goto(site.origin);
    return { page, simulator, site, errors };
  };

  beforeAll(async () => {
    await mkdir(OUTPUT, { recursive: true });
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-web-'));
    const microphone = join(dir, 'microphone.wav');
    await writeFile(microphone, wavOf(recording));
    [app, browser] = await Promise.all([buildWebExample(), startBrowser({ microphone, allowed: true })]);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await Promise.all(closing.map((close) => close()));
    await rm(dir, { recursive: true, force: true });
  });

  it('tries', async () => {
    const context = await browser.newContext();
    const { page, simulator, errors } = await open(context);
    page.on('console', (m) => console.log(m.text()));
    await page.click('#listen');
    await page.waitForFunction(() => document.querySelector('#partial')?.textContent?.includes('micro'));
    await page.screenshot({ path: join(OUTPUT, 'web-live.png') });
    await page.waitForFunction(() => document.documentElement.dataset['phase'] === 'idle', undefined, {
      timeout: 20_000,
    });
    await page.screenshot({ path: join(OUTPUT, 'web-end.png') });
    const phases = await page.evaluate(() => (globalThis as { phases?: unknown }).phases);
    console.log(phases, errors, await page.textContent('#finals'), simulator.violations, simulator.sessions.length);
    expect((await page.textContent('#finals'))?.trim()).toBe(text);
  }, 40_000);
});

/** In the page: notes its phases. */
function noteChanges(): void {
  const phases: (string | undefined)[] = [];
  Object.assign(globalThis, { phases });
  document.addEventListener('DOMContentLoaded', () => {
    const root = document.documentElement;
    const note = (): void => {
      if (phases.at(-1) !== root.dataset['phase']) phases.push(root.dataset['phase']);
    };
    note();
    new MutationObserver(note).observe(root, { attributeFilter: ['data-phase'] });
  });
}
