import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { AudioGap, FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { wavHeader } from '../../../src/captions/wavHeader.ts';
import { startSimulator } from '../../../src/simulator/index.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { tokenHandler } from '../../../src/tokens/index.ts';
import { PAGE, bundle, startBrowser, startSite, withoutBrowser } from '../../support/browser.ts';
import type { Site } from '../../support/browser.ts';
import { LevelRecogniser, levelSpeech } from '../../support/levelSpeech.ts';
import { ROOT } from '../../support/userProject.ts';

const absent = await withoutBrowser();
const inBrowser = absent === undefined ? describe : describe.skip;
if (absent !== undefined) console.warn(absent);

inBrowser('the program of docs/durable.md, in a page that is reloaded', () => {
  let folder: string;
  let browser: Browser;
  let simulator: Simulator;
  let site: Site;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rxscribe-reload-'));
    const { pcm, sampleRate } = levelSpeech({ seed: 2, seconds: 60 });
    const microphone = join(folder, 'speech.wav');
    await writeFile(microphone, Buffer.concat([wavHeader(pcm.length, { sampleRate }), pcm]));
    const caDir = process.env['RXSCRIBE_TEST_CA_DIR'] ?? '';
    simulator = await startSimulator({ caDir, recogniser: () => new LevelRecogniser(), keepAudio: false });
    const text = await readFile(join(ROOT, 'docs/durable.md'), 'utf8');
    const [, program = ''] = /^```ts browser\n(.*?)^```$/ms.exec(text) ?? [];
    expect(program).toContain('sampleRate: 16_000');
    // the local service instead of the real one
    const address = `$&, websocketBaseUrl: ${JSON.stringify(simulator.url)}`;
    const main = await bundle(program.replace('sampleRate: 16_000', address));
    const streamingBaseUrl = simulator.url.replace('wss:', 'https:').replace('/v3/ws', '');
    const token = tokenHandler({ apiKey: simulator.apiKey, streamingBaseUrl, allow: () => true });
    site = await startSite({ '/': PAGE.replace('<body>', '<body><main></main>'), '/main.js': main }, token);
    browser = await startBrowser({ microphone, allowed: true });
    page = await (await browser.newContext()).newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await simulator?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Waits until the page shows so many finals, and returns the events it has stored. */
  async function storedAfter(finals: number): Promise<TranscriptionEvent[]> {
    await page.waitForFunction(
      (count) => document.querySelector('main')!.textContent.split('\n').filter(Boolean).length >= count,
      finals,
    );
    return page.evaluate(
      () =>
        new Promise<TranscriptionEvent[]>((resolve) => {
          const opening = indexedDB.open('captions');
          opening.addEventListener('success', () => {
            const all = opening.result.transaction('events').objectStore('events').getAll();
            all.addEventListener('success', () => resolve(all.result as TranscriptionEvent[]));
          });
        }),
    );
  }

  it('continues from the checkpoint: numbers and times go on, and the time in between is a gap', async () => {
    await page.goto(site.origin);
    const before = await storedAfter(2);
    await page.reload();
    const events = await storedAfter(4);

    expect(events.slice(0, before.length)).toEqual(before);
    const finals = events.filter((event): event is FinalTurn => event.type === 'Turn' && event.isFinal);
    expect(finals.map(({ turn_order }) => turn_order)).toEqual(finals.map((_, index) => index));
    const gaps = events.filter((event): event is AudioGap => event.type === 'AudioGap');
    expect(gaps).toMatchObject([{ reason: 'restart' }]);
    const words = finals.flatMap((final) => final.words);
    const [lastBefore, firstAfter] = [
      words.findLast(({ end }) => end <= gaps[0]!.startMs),
      words.find(({ start }) => start >= gaps[0]!.endMs),
    ];
    expect([lastBefore!.end, words.indexOf(firstAfter!)]).toEqual([gaps[0]!.startMs, words.indexOf(lastBefore!) + 1]);
    expect(simulator.violations).toEqual([]);
  });
});
