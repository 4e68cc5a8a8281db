import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { microphone } from '../../../src/browser/microphone.ts';
import { INSECURE_HOST, STANDSTILL, bundle, startBrowser, startSite, withoutBrowser } from '../../support/browser.ts';
import type { Site } from '../../support/browser.ts';
import { RECORD_CAPTURED, expectedPcm } from '../../support/capturedAudio.ts';
import { ROOT } from '../../support/userProject.ts';

const SPEECH = join(ROOT, 'src/simulator/recording/demo.wav');
/** Length of its header in bytes, and its sample rate. */
const HEADER = 44;
const RATE = 16_000;

/**
 * A page that records when its button is clicked, or at once with `#now`. Its log lists what happened, without repetitions
 * in a row. It keeps the objects that the browser creates, to inspect them. After a standstill of the machine, it keeps only
 * the audio that follows.
 */
const PROGRAM = `
  import { Subject } from 'rxjs';
  import { microphone } from 'rxscribe';
  ${RECORD_CAPTURED}
  const seen = { log: [], chunks: [], ms: 0, clock: [], contexts: [], tracks: [], requests: 0, stop: new Subject() };
  Object.assign(globalThis, { seen, options: {} });
  globalThis.AudioContext = class extends AudioContext {
    constructor() { super(); seen.contexts.push(this); }
  };
  const getUserMedia = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (getUserMedia) navigator.mediaDevices.getUserMedia = async (constraints) => {
    seen.requests += 1;
    const stream = await getUserMedia(constraints);
    seen.tracks.push(...stream.getTracks());
    return stream;
  };
  // the time that the recording read last: the page may be stopped before it could read the clock itself
  const readClock = performance.now.bind(performance);
  let now = 0;
  performance.now = () => (now = readClock());
  const note = (line) => line === seen.log.at(-1) || seen.log.push(line);
  let [began, behind, ahead, stoodStill, latest] = [undefined, 0, 0, false];
  const receive = (chunk) => {
    note(chunk.every((byte) => byte === 0) ? 'silence' : 'audio');
    seen.chunks.push(chunk);
    seen.ms += chunk.length / 32;
    began ??= now - seen.ms;
    behind = now - began - seen.ms;
    // audio buffered while the device opened arrives at once and shortens the first absence
    if (seen.ms <= 1000) ahead = Math.max(ahead, -behind);
  };
  // with the first chunk of the new device, which the silence before it precedes
  const startOver = () => {
    seen.chunks.length = seen.ms = behind = ahead = 0;
    seen.captured = captured.at(-1);
    began = undefined;
    stoodStill = false;
    receive(latest);
  };
  globalThis.record = () => {
    seen.subscription = microphone({
      stop: seen.stop,
      ...options,
      onOpen: (recorder) => {
        // the missing silence and the first chunk follow synchronously
        if (stoodStill) return queueMicrotask(startOver);
        note('open ' + typeof recorder.vadScore);
        seen.captured = captured.at(-1);
        queueMicrotask(() => seen.clock.push(behind));
      },
      onLost: (error) => {
        stoodStill = ${STANDSTILL}.test(error.message);
        if (stoodStill) return;
        note('lost ' + error.cause.name + ': ' + error.message);
        seen.clock.push(behind + ahead);
      },
    }).subscribe({
      next: (chunk) => stoodStill ? (latest = chunk) : receive(chunk),
      error: (error) => note(['error', error.kind, error.cause?.name, error.retryable, error.message].join(' ')),
      complete: () => note('complete'),
    });
  };
  document.querySelector('button').onclick = record;
  if (location.hash === '#now') record();
  globalThis.ready = true;
`;

const POLICY = `<meta http-equiv="Content-Security-Policy" content="script-src 'self'">`;
const HTML = '<!doctype html><title>test</title><button>Record</button><script type="module" src="/main.js"></script>';

/** What the page's program records. */
interface Seen {
  readonly log: readonly string[];
  readonly chunks: readonly Uint8Array[];
  readonly ms: number;
  /** What the browser captured for them. */
  readonly captured: (typeof globalThis.captured)[number];
  /** How far the audio was behind the clock, in milliseconds, each time the device was opened or lost. */
  readonly clock: readonly number[];
  readonly contexts: readonly AudioContext[];
  readonly tracks: readonly MediaStreamTrack[];
  readonly requests: number;
  readonly stop: { next(): void };
  readonly subscription: { unsubscribe(): void };
}

declare const seen: Seen;

const skipped = await withoutBrowser();
if (skipped) process.stderr.write(`skipping the microphone in a browser: ${skipped}\n`);
const describeInBrowser = skipped ? describe.skip : describe;

describeInBrowser('microphone, in a page', () => {
  let site: Site;
  let browser: Browser;
  const contexts: BrowserContext[] = [];

  beforeAll(async () => {
    [browser, site] = await Promise.all([
      startBrowser({ microphone: SPEECH }),
      bundle(PROGRAM).then(async (program) =>
        startSite({
          '/': HTML,
          '/strict': `${POLICY}${HTML}`,
          '/main.js': program,
          '/worklet.js': await readFile(join(ROOT, 'node_modules/decibri/src/browser/worklet-processor.js'), 'utf8'),
        }),
      ),
    ]);
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  /** A page whose user allows the microphone by default. */
  async function open({ from = browser, allowed = true, origin = site.origin, path = '/' } = {}): Promise<Page> {
    const context = await from.newContext();
    contexts.push(context);
    if (allowed) await allow(context);
    const page = await context.newPage();
    await page.goto(`${origin}${path}`);
    await page.waitForFunction('globalThis.ready');
    return page;
  }

  const allow = (context: BrowserContext): Promise<void> =>
    context.grantPermissions(['microphone'], { origin: site.origin });

  it('delivers exactly the audio that the browser captured', async () => {
    const page = await open();
    await page.evaluate(() => {
      Object.assign(globalThis, { options: { echoCancellation: false, noiseSuppression: false, vad: 'energy' } });
    });
    await page.click('button');
    await page.waitForFunction(() => seen.ms > 5500);
    const { delivered, ...captured } = await page.evaluate(async () => {
      const { sampleRate, parts } = seen.captured;
      const [samples, chunks] = await Promise.all([base64([...parts]), base64([...seen.chunks])]);
      return { sampleRate, samples, delivered: chunks };
    });
    const bytes = Buffer.from(delivered, 'base64');
    // after a standstill, the latest chunks are held for a moment
    expect(bytes.equals(expectedPcm(captured).subarray(0, bytes.length))).toBe(true);
    const spoken = samplesOf((await readFile(SPEECH)).subarray(HEADER, HEADER + 2 * RATE * 8));
    const pieces = [1, 2, 3, 4, 5].map((at) => samplesOf(bytes).subarray(RATE * at, RATE * (at + 0.5)));
    // a busy machine loses some audio before it is captured
    expect(Math.max(...pieces.map((piece) => bestSimilarity(piece, spoken)))).toBeGreaterThan(0.9);
    expect((await log(page)).filter((line) => line !== 'audio' && line !== 'silence')).toEqual(['open number']);
  });

  it('delivers the current chunk when it is stopped, completes, and releases the device', async () => {
    const page = await recording();
    const before = await page.evaluate(() => {
      seen.stop.next();
      return seen.chunks.length;
    });
    await logged(page, 'complete');
    expect(await page.evaluate(() => seen.chunks.length)).toBeGreaterThan(before);
    expect(await released(page)).toBe(true);
  });

  it('releases the device at once when it is unsubscribed, and emits nothing more', async () => {
    const page = await recording();
    const chunks = await page.evaluate(() => {
      seen.subscription.unsubscribe();
      return seen.chunks.length;
    });
    await page.waitForFunction(() => seen.contexts.every(({ state }) => state === 'closed'));
    expect(await released(page)).toBe(true);
    expect(await page.evaluate(() => seen.chunks.length)).toBe(chunks);
  });

  it('reopens a device that the browser took away, with silence in its place', async () => {
    const page = await recording();
    await page.context().clearPermissions(); // ends the track
    await allow(page.context());
    await logged(page, 'open number', 2);
    await page.waitForFunction(() => seen.log.at(-1) === 'audio');
    expect((await log(page)).filter((line) => /^(lost|open|error)/.test(line))).toEqual([
      'open number',
      'lost NotReadableError: microphone: the browser ended the recording; ' +
        'check that it is connected and no other program is using it',
      'open number',
    ]);
    expect(await log(page)).toContain('silence');
    expect(await drift(page)).toBeLessThan(LARGEST_DRIFT_MS);
    expect(await page.evaluate(() => seen.tracks.map(({ readyState }) => readyState))).toEqual(['ended', 'live']);
  });

  it('errors when the permission is revoked for good', async () => {
    const page = await recording();
    await page.context().clearPermissions();
    await logged(page, 'error microphone NotAllowedError false');
    expect(await released(page)).toBe(true);
  });

  it('reopens the device after the browser suspended the audio', async () => {
    const page = await recording();
    await page.evaluate(() => seen.contexts.at(-1)?.suspend());
    await logged(page, 'open number', 2);
    expect((await log(page)).filter((line) => line.startsWith('lost'))).toEqual([
      'lost InvalidStateError: microphone: the browser suspended the audio of the page; ' +
        'start it from a click or a key press',
    ]);
    expect(await drift(page)).toBeLessThan(LARGEST_DRIFT_MS);
  });

  it('switches to the device that becomes the default, unless a device was chosen', async () => {
    const [page, chosen] = await Promise.all([
      recording(),
      recording({ device: 'default' }), // chosen by its id
    ]);
    await Promise.all([page, chosen].map((each) => each.evaluate(changeDefault)));
    await logged(page, 'lost AbortError: microphone: another microphone became the default one');
    await logged(page, 'open number', 2);
    expect((await log(chosen)).filter((line) => line.startsWith('lost'))).toEqual([]);
  });

  it('keeps recording when devices come and go but the default is the same', async () => {
    const page = await recording();
    await page.evaluate(async () => {
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
      await navigator.mediaDevices.enumerateDevices();
      const { chunks } = seen;
      const { length } = chunks;
      while (chunks.length < length + 20) await new Promise((resolve) => setTimeout(resolve, 20));
    });
    expect((await log(page)).filter((line) => line.startsWith('lost'))).toEqual([]);
  });

  it('reports that the user denied permission', async () => {
    const page = await open({ allowed: false });
    await page.click('button');
    expect(await failure(page)).toBe(
      'error microphone NotAllowedError false microphone: Permission denied; allow the microphone for this site in the ' +
        'browser, and for the browser in the settings of the system',
    );
  });

  it('reports that the chosen device is absent', async () => {
    const page = await open();
    await page.evaluate(() => {
      Object.assign(globalThis, { options: { device: 'nonsense' } });
    });
    await page.click('button');
    expect(await failure(page)).toBe(
      'error microphone OverconstrainedError false microphone: OverconstrainedError; choose the deviceId of an ' +
        'input device listed by navigator.mediaDevices.enumerateDevices()',
    );
  });

  it('reports that there is no device', async () => {
    const bare = await startBrowser({ microphone: null });
    try {
      const page = await open({ from: bare });
      await page.click('button');
      expect(await failure(page)).toBe(
        'error microphone NotFoundError false microphone: Requested device not found; connect a microphone',
      );
    } finally {
      contexts.length = 0;
      await bare.close();
    }
  });

  it('reports that the origin is not secure', async () => {
    const origin = site.origin.replace('localhost', INSECURE_HOST);
    const page = await open({ origin, allowed: false });
    await page.click('button');
    expect(await failure(page)).toBe(
      `error microphone SecurityError false microphone: pages of ${origin} have none because that origin is not secure; ` +
        'serve the page over https, or from localhost',
    );
  });

  it('reports that the policy of the page forbids the worklet of decibri, and loads it from workletUrl', async () => {
    const page = await open({ path: '/strict' });
    await page.click('button');
    expect(await failure(page)).toMatch(
      /^error microphone Error false microphone: Failed to load audio worklet: .*; if the page's policy allows no blob:/,
    );
    expect(await released(page)).toBe(true);
    await page.evaluate(() => {
      Object.assign(globalThis, { options: { workletUrl: '/worklet.js' } });
    });
    await page.click('button');
    await logged(page, 'audio');
  });

  it('reports that the browser waits for a click, does not prompt, and records after a click', async () => {
    const page = await open({ path: '/#now' });
    expect(await failure(page)).toBe(
      'error microphone InvalidStateError false microphone: the browser starts no audio before the user does something; ' +
        'start it from a click or a key press',
    );
    expect(await page.evaluate(() => seen.requests)).toBe(0);
    await page.click('button');
    await logged(page, 'audio');
    expect(await page.evaluate(() => seen.requests)).toBe(1);
  });

  async function recording(options: object = {}): Promise<Page> {
    const page = await open();
    await page.evaluate((given) => {
      Object.assign(globalThis, { options: given });
    }, options);
    await page.click('button');
    await logged(page, 'audio');
    return page;
  }
});

describe('microphone, in a page, when called', () => {
  it.each<[object, RegExp]>([
    [
      { agc: -18 },
      /^agc must be left out \(only Node supports it, not a browser; browsers control the gain themselves\)/,
    ],
    [{ aec: 'tau' }, /^aec must be left out .*echoCancellation is the browser's own/],
    [{ denoise: 'fastenhancer-t' }, /^denoise must be left out .*noiseSuppression is the browser's own/],
    [{ modelPath: 'x' }, /^modelPath must be left out/],
    [{ highpass: 80 }, /^highpass must be left out/],
    [{ limiter: -1 }, /^limiter must be left out/],
    [{ dcRemoval: true }, /^dcRemoval must be left out/],
    [
      { vad: 'silero' },
      /^vad must be false, 'energy', or an object with that model: browsers support no other, not "silero"/,
    ],
    [{ vad: { model: 'silero' } }, /^vad.model must be "energy", not "silero"/],
    [{ device: 1 }, /^device must be the deviceId of a MediaDeviceInfo, not 1/],
    [{ echoCancellation: 'no' }, /^echoCancellation must be true or false/],
    [{ channels: 2 }, /^channels must be 1/],
    [{ sampleRate: '16000' }, /^sampleRate must be a whole number/],
    [{ onOpen: 1 }, /^onOpen must be a function/],
    [{ speed: 1 }, /^unknown option speed/],
  ])('rejects %j with a TypeError', (options, message) => {
    expect(() => microphone(options)).toThrow(TypeError);
    expect(() => microphone(options)).toThrow(message);
  });

  it('rejects numbers out of range with a RangeError', () => {
    expect(() => microphone({ sampleRate: 999 })).toThrow(RangeError);
    expect(() => microphone({ framesPerBuffer: 63 })).toThrow(RangeError);
    expect(() => microphone({ maxAbsence: -1 })).toThrow(RangeError);
  });

  it('has no types for options that only Node supports', () => {
    // @ts-expect-error -- in a browser it is noiseSuppression
    expect(() => microphone({ denoise: 'fastenhancer-t' })).toThrow(TypeError);
    // @ts-expect-error -- a deviceId
    expect(() => microphone({ device: 0 })).toThrow(TypeError);
    // @ts-expect-error -- a browser detects speech by loudness only
    expect(() => microphone({ vad: 'silero' })).toThrow(TypeError);
  });
});

/** Makes the browser list another device as the default, and dispatches the event. */
async function changeDefault(): Promise<void> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const changed = devices.map((device) =>
    device.deviceId === 'default' ? { ...device.toJSON(), groupId: 'another' } : device,
  );
  navigator.mediaDevices.enumerateDevices = () => Promise.resolve(changed);
  navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
}

const log = (page: Page): Promise<readonly string[]> => page.evaluate(() => seen.log);

/** Waits until the page's log has this line `times` times. */
async function logged(page: Page, beginning: string, times = 1): Promise<void> {
  await page.waitForFunction(([text, count]) => seen.log.filter((line) => line.startsWith(text)).length >= count, [
    beginning,
    times,
  ] as const);
}

/** Waits for the error and returns it. */
async function failure(page: Page): Promise<string | undefined> {
  await logged(page, 'error');
  return (await log(page)).at(-1);
}

const released = (page: Page): Promise<boolean> =>
  page.evaluate(() => seen.tracks.length > 0 && seen.tracks.every(({ readyState }) => readyState === 'ended'));

/** Silence is filled in to the sample, by the readings of the clock that the page's program uses too. */
const LARGEST_DRIFT_MS = 20;

/** The difference between the silence filled in and the real length of the absence, in milliseconds. */
async function drift(page: Page): Promise<number> {
  const [, lost, back] = await page.evaluate(() => seen.clock);
  return Math.abs(Number(back) - Number(lost));
}

function samplesOf(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float64Array.from({ length: bytes.length >> 1 }, (_, index) => view.getInt16(index * 2, true));
}

/** The similarity of a piece to its best match in a recording, 0 to 1: searched coarsely, then to the sample. */
function bestSimilarity(piece: Float64Array, recording: Float64Array): number {
  const step = 16;
  const coarse = best(downsampled(piece, step), downsampled(recording, step), 0, Infinity).at * step;
  return best(piece, recording, coarse - step, coarse + step).similarity;
}

function best(piece: Float64Array, recording: Float64Array, from: number, to: number) {
  let found = { at: 0, similarity: 0 };
  const last = Math.min(to, recording.length - piece.length);
  for (let at = Math.max(0, from); at <= last; at += 1) {
    const similarity = correlation(piece, recording.subarray(at, at + piece.length));
    if (similarity > found.similarity) found = { at, similarity };
  }
  return found;
}

function correlation(a: Float64Array, b: Float64Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let index = 0; index < a.length; index += 1) {
    const left = a[index] ?? 0;
    const right = b[index] ?? 0;
    ab += left * right;
    aa += left * left;
    bb += right * right;
  }
  return ab / Math.sqrt(aa * bb || 1);
}

/** The means of `step` samples each. */
function downsampled(samples: Float64Array, step: number): Float64Array {
  return Float64Array.from({ length: Math.floor(samples.length / step) }, (_, index) =>
    samples.subarray(index * step, (index + 1) * step).reduce((sum, sample) => sum + sample / step, 0),
  );
}
