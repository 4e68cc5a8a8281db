import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { firstValueFrom, toArray } from 'rxjs';
import type { Browser, Page } from 'playwright-core';
import { audioFile } from '../../../src/browser/audioFile.ts';
import { bundle, startBrowser, startSite, withoutBrowser } from '../../support/browser.ts';
import type { Site } from '../../support/browser.ts';
import { ROOT } from '../../support/userProject.ts';
import { loudness, tone, wav } from '../audio/recordings.ts';

/** A page that plays the bytes it is given and returns the result. */
const PROGRAM = `
  import { audioFile } from 'rxscribe';
  globalThis.play = async (base64, name, options) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const file = name === '' ? new Blob([bytes]) : new File([bytes], name);
    const chunks = [];
    try {
      await audioFile(file, { speed: Infinity, ...options }).forEach((chunk) => chunks.push(chunk));
    } catch (error) {
      return { kind: error.kind, message: error.message, cause: error.cause?.name };
    }
    const all = new Uint8Array(await new Blob(chunks).arrayBuffer());
    return {
      lengths: chunks.map((chunk) => chunk.length),
      base64: btoa(Array.from(all, (byte) => String.fromCharCode(byte)).join('')),
    };
  };
  globalThis.record = async (hertz) => {
    const context = new AudioContext({ sampleRate: 48000 });
    const tone = new OscillatorNode(context, { frequency: hertz });
    const sink = context.createMediaStreamDestination();
    const recording = new MediaRecorder(sink.stream, { audioBitsPerSecond: 256000 });
    tone.connect(new GainNode(context, { gain: 0.5 })).connect(sink);
    const parts = [];
    recording.ondataavailable = ({ data }) => parts.push(data);
    tone.start();
    await context.resume();
    recording.start();
    await new Promise((resolve) => setTimeout(resolve, 1000)); // the length of the recording
    const stopped = new Promise((resolve) => (recording.onstop = resolve));
    recording.stop();
    await stopped;
    await context.close();
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  };
  globalThis.ready = true;
`;

/** The result of the page. */
interface Played {
  readonly lengths: readonly number[];
  readonly base64: string;
}
declare const record: (hertz: number) => Promise<string>;
declare const play: (base64: string, name: string, options: object) => Promise<Played>;

const skipped = await withoutBrowser();
if (skipped) process.stderr.write(`skipping files in a browser: ${skipped}\n`);
const describeInBrowser = skipped ? describe.skip : describe;

describeInBrowser('audioFile, in a page', () => {
  let site: Site;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [browser, site] = await Promise.all([
      startBrowser(),
      bundle(PROGRAM).then((program) =>
        startSite({ '/': '<script type="module" src="/main.js"></script>', '/main.js': program }),
      ),
    ]);
    page = await browser.newPage();
    await page.goto(site.origin);
    await page.waitForFunction('globalThis.ready');
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  const played = (bytes: Buffer, name = '', options: object = {}): Promise<Played> =>
    page.evaluate(([base64, fileName, given]) => play(base64, fileName, given), [
      bytes.toString('base64'),
      name,
      options,
    ] as const);

  it('passes 16-bit mono at the same rate through unchanged, in chunks of 100 ms', async () => {
    const file = await readFile(join(ROOT, 'src/simulator/recording/demo.wav'));
    const { lengths, base64 } = await played(file, 'demo.wav');
    expect(base64).toBe(file.subarray(44).toString('base64'));
    expect(new Set(lengths.slice(0, -1))).toEqual(new Set([3200]));
  });

  it('decodes anything else: the average of two channels at 44.1 kHz', async () => {
    const left = tone(1000, 44_100);
    const stereo = Buffer.alloc(left.length * 2);
    for (let at = 0; at < left.length; at += 2) left.copy(stereo, at * 2, at, at + 2); // the right channel is silent
    const { lengths, base64 } = await played(wav(stereo, { channels: 2, sampleRate: 44_100 }));
    expect(lengths).toEqual(Array.from({ length: 10 }, () => 3200));
    const middle = Buffer.from(base64, 'base64').subarray(3200, -3200);
    expect(loudness(middle)).toBeCloseTo(loudness(left) / 2, 2);
  });

  it('decodes the formats of the browser: WebM keeps its level within the band, and does not alias', async () => {
    const levels: number[] = [];
    for (const hertz of [1000, 6400, 9000]) {
      const webm = await page.evaluate((frequency) => record(frequency), hertz);
      const { base64 } = await played(Buffer.from(webm, 'base64'));
      const pcm = Buffer.from(base64, 'base64');
      levels.push(20 * Math.log10(loudness(pcm.subarray(8000, 24_000))));
    }
    const [reference = NaN, inBand = NaN, above = NaN] = levels;
    expect(inBand - reference).toBeGreaterThan(-1);
    expect(above - reference).toBeLessThan(-40);
  });

  it('delivers at the requested rate', async () => {
    const { lengths, base64 } = await played(wav(tone(500)), '', { sampleRate: 48_000 });
    expect(Buffer.from(base64, 'base64').length).toBe(48_000);
    expect(lengths).toEqual([9600, 9600, 9600, 9600, 9600]);
  });

  it.each([
    ['', Buffer.from(''), /^cannot read the Blob: it is empty$/, undefined],
    [
      'cut.wav',
      wav(tone(10)).subarray(0, 30),
      /^cannot read "cut.wav": the file ends within its WAV header$/,
      undefined,
    ],
    [
      'notes.txt',
      Buffer.from('These are the minutes of the meeting, in writing.'),
      /^cannot read "notes.txt": this browser cannot decode it; convert it with: ffmpeg -i FILE .*$/,
      'EncodingError',
    ],
  ])('names the fault of %j', async (name, bytes, message, cause) => {
    expect(await played(bytes, name)).toEqual({ kind: 'file', message: expect.stringMatching(message), cause });
  });
});

describe('audioFile, in a page, when called', () => {
  it('rejects anything but a Blob, and options that only Node supports', () => {
    const file = new Blob([]);
    // @ts-expect-error -- only Node accepts a path
    expect(() => audioFile('talk.wav')).toThrow(/^file must be a File or a Blob in a browser, not string$/);
    // @ts-expect-error -- decibri's conditioning
    expect(() => audioFile(file, { agc: -18 })).toThrow(
      /^agc must be left out \(only Node supports it, not a browser\)/,
    );
    expect(() => audioFile(file, { sampleRate: 4000 })).toThrow(RangeError);
    expect(() => audioFile(file, { speed: 0 })).toThrow(RangeError);
    // @ts-expect-error -- no such option
    expect(() => audioFile(file, { rate: 1 })).toThrow(/^unknown option rate/);
  });

  it('uses no browser API but Blob for 16-bit mono, and ends on stop', async () => {
    const file = new Blob([Uint8Array.from(wav(tone(1000)))]);
    const chunks = await firstValueFrom(audioFile(file, { speed: Infinity }).pipe(toArray()));
    expect(Buffer.concat(chunks)).toEqual(tone(1000));
    const none = await firstValueFrom(audioFile(file, { stop: AbortSignal.abort() }).pipe(toArray()));
    expect(none).toEqual([]);
  });
});
