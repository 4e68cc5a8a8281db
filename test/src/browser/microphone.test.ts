import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { microphone } from '../../../src/browser/microphone.ts';
import { INSECURE_HOST, bundle, startBrowser, startSite, withoutBrowser } from '../../support/browser.ts';
import type { Site } from '../../support/browser.ts';
import { RECORD_CAPTURED, expectedPcm } from '../../support/capturedAudio.ts';
import { ROOT } from '../../support/userProject.ts';

const SPEECH = join(ROOT, 'src/simulator/recording/demo.wav');
/** Where the samples of that file begin, and how many there are in a second. */
const HEADER = 44;
const RATE = 16_000;

/**
 * A page that records when its button is clicked, and with `#now` by itself. Its log has what happened, of what comes in
 * a row only the first. What the browser makes is kept, to look at it.
 */
const PROGRAM = `
  import { Subject } from 'rxjs';
  import { microphone } from 'rxscribe';
  ${RECORD_CAPTURED}
  const seen = { log: [], chunks: [], ms: 0, clock: [], contexts: [], tracks: [], asked: 0, stop: new Subject() };
  Object.assign(globalThis, { seen, options: {} });
  globalThis.AudioContext = class extends AudioContext {
    constructor() { super(); seen.contexts.push(this); }
  };
  const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (ask) navigator.mediaDevices.getUserMedia = async (constraints) => {
    seen.asked += 1;
    const stream = await ask(constraints);
    seen.tracks.push(...stream.getTracks());
    return stream;
  };
  const tell = (line) => line === seen.log.at(-1) || seen.log.push(line);
  let [began, behind, ahead] = [undefined, 0, 0];
  globalThis.record = () => {
    seen.subscription = microphone({
      stop: seen.stop,
      ...options,
      onOpen: (recorder) => {
        tell('open ' + typeof recorder.vadScore);
        // once what was missing is filled in, which is at once
        queueMicrotask(() => seen.clock.push(behind));
      },
      onLost: (error) => {
        tell('lost ' + error.cause.name + ': ' + error.message);
        seen.clock.push(behind + ahead);
      },
    }).subscribe({
      next: (chunk) => {
        tell(chunk.every((byte) => byte === 0) ? 'silence' : 'audio');
        seen.chunks.push(chunk);
        seen.ms += chunk.length / 32;
        began ??= performance.now() - seen.ms;
        behind = performance.now() - began - seen.ms;
        // what waited while the device was opened comes at once, and is taken off the first absence
        if (seen.ms < 1000) ahead = Math.max(ahead, -behind);
      },
      error: (error) => tell(['error', error.kind, error.cause?.name, error.retryable, error.message].join(' ')),
      complete: () => tell('complete'),
    });
  };
  document.querySelector('button').onclick = record;
  if (location.hash === '#now') record();
  globalThis.ready = true;
`;

const POLICY = `<meta http-equiv="Content-Security-Policy" content="script-src 'self'">`;
const HTML = '<!doctype html><title>test</title><button>Record</button><script type="module" src="/main.js"></script>';

/** What the program of the page keeps, as far as it can be handed out. */
interface Seen {
  readonly log: readonly string[];
  readonly chunks: readonly Uint8Array[];
  readonly ms: number;
  /** How far the audio was behind the time, in milliseconds, each time that the device was there or lost. */
  readonly clock: readonly number[];
  readonly contexts: readonly AudioContext[];
  readonly tracks: readonly MediaStreamTrack[];
  readonly asked: number;
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

  /** A page of a user who allows the microphone, unless told otherwise. */
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

  it('records what is spoken, all that the browser captured and nothing else', async () => {
    const page = await open();
    await page.evaluate(() => {
      Object.assign(globalThis, { options: { echoCancellation: false, noiseSuppression: false, vad: 'energy' } });
    });
    await page.click('button');
    await page.waitForFunction(() => seen.ms > 5500);
    const { delivered, ...captured } = await page.evaluate(async () => {
      const { sampleRate, parts } = globalThis.captured[0]!;
      const [samples, chunks] = await Promise.all([base64([...parts]), base64([...seen.chunks])]);
      return { sampleRate, samples, delivered: chunks };
    });
    const bytes = Buffer.from(delivered, 'base64');
    expect(bytes.equals(expectedPcm(captured))).toBe(true);
    const spoken = samplesOf((await readFile(SPEECH)).subarray(HEADER, HEADER + 2 * RATE * 8));
    const pieces = [1, 2, 3, 4, 5].map((at) => samplesOf(bytes).subarray(RATE * at, RATE * (at + 0.5)));
    // a busy machine loses some before it is captured
    expect(Math.max(...pieces.map((piece) => resemblance(piece, spoken)))).toBeGreaterThan(0.9);
    expect((await log(page)).filter((line) => line !== 'audio' && line !== 'silence')).toEqual(['open number']);
  });

  it('delivers the chunk under way when it is stopped, completes, and lets go of the device', async () => {
    const page = await recording();
    const before = await page.evaluate(() => {
      seen.stop.next();
      return seen.chunks.length;
    });
    await told(page, 'complete');
    expect(await page.evaluate(() => seen.chunks.length)).toBeGreaterThan(before);
    expect(await released(page)).toBe(true);
  });

  it('lets go of the device at once when it is unsubscribed, and says nothing more', async () => {
    const page = await recording();
    const chunks = await page.evaluate(() => {
      seen.subscription.unsubscribe();
      return seen.chunks.length;
    });
    await page.waitForFunction(() => seen.contexts.every(({ state }) => state === 'closed'));
    expect(await released(page)).toBe(true);
    expect(await page.evaluate(() => seen.chunks.length)).toBe(chunks);
  });

  it('opens the device again that the browser took away, with silence in its place', async () => {
    const page = await recording();
    await page.context().clearPermissions(); // ends the track
    await allow(page.context());
    await told(page, 'open number', 2);
    await page.waitForFunction(() => seen.log.at(-1) === 'audio');
    expect((await log(page)).filter((line) => /^(lost|open|error)/.test(line))).toEqual([
      'open number',
      'lost NotReadableError: microphone: the browser ended the recording; ' +
        'check that it is connected and no other program holds it',
      'open number',
    ]);
    expect(await log(page)).toContain('silence');
    expect(await drift(page)).toBeLessThan(50);
    expect(await page.evaluate(() => seen.tracks.map(({ readyState }) => readyState))).toEqual(['ended', 'live']);
  });

  it('errors when the permission is taken back for good', async () => {
    const page = await recording();
    await page.context().clearPermissions();
    await told(page, 'error microphone NotAllowedError false');
    expect(await log(page)).toContain('silence');
    expect(await released(page)).toBe(true);
  });

  it('opens the device again when the browser suspended the audio', async () => {
    const page = await recording();
    await page.evaluate(() => seen.contexts.at(-1)?.suspend());
    await told(page, 'open number', 2);
    expect((await log(page)).filter((line) => line.startsWith('lost'))).toEqual([
      'lost InvalidStateError: microphone: the browser suspended the audio of the page; ' +
        'start it from a click or the press of a key',
    ]);
    expect(await drift(page)).toBeLessThan(50);
  });

  it('goes over to the device that becomes the default one, and stays with one that was chosen', async () => {
    const [page, chosen] = await Promise.all([
      recording(),
      recording({ device: 'default' }), // asked for by name
    ]);
    await Promise.all([page, chosen].map((each) => each.evaluate(changeDefault)));
    await told(page, 'lost AbortError: microphone: another microphone became the default one');
    await told(page, 'open number', 2);
    expect((await log(chosen)).filter((line) => line.startsWith('lost'))).toEqual([]);
  });

  it('stays when devices come and go, and the default one is the same', async () => {
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

  it('says when the user does not allow it', async () => {
    const page = await open({ allowed: false });
    await page.click('button');
    expect(await failure(page)).toBe(
      'error microphone NotAllowedError false microphone: Permission denied; allow the microphone for this site in the ' +
        'browser, and for the browser in the settings of the system',
    );
  });

  it('says when the chosen device is not there', async () => {
    const page = await open();
    await page.evaluate(() => {
      Object.assign(globalThis, { options: { device: 'nonsense' } });
    });
    await page.click('button');
    expect(await failure(page)).toBe(
      'error microphone OverconstrainedError false microphone: OverconstrainedError; choose the deviceId of one of the ' +
        'input devices, as navigator.mediaDevices.enumerateDevices() lists them',
    );
  });

  it('says when there is no device', async () => {
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

  it('says when the origin is not secure', async () => {
    const origin = site.origin.replace('localhost', INSECURE_HOST);
    const page = await open({ origin, allowed: false });
    await page.click('button');
    expect(await failure(page)).toBe(
      `error microphone SecurityError false microphone: the origin ${origin} is not secure, so its pages have none; ` +
        'serve the page over https, or from localhost',
    );
  });

  it('says when the policy of the page forbids the worklet of decibri, and takes it from elsewhere', async () => {
    const page = await open({ path: '/strict' });
    await page.click('button');
    expect(await failure(page)).toMatch(
      /^error microphone Error false microphone: Failed to load audio worklet: .*; where the page's policy allows no blob:/,
    );
    expect(await released(page)).toBe(true);
    await page.evaluate(() => {
      Object.assign(globalThis, { options: { workletUrl: '/worklet.js' } });
    });
    await page.click('button');
    await told(page, 'audio');
  });

  it('says when the browser waits for a click, asks for nothing later, and records after one', async () => {
    const page = await open({ path: '/#now' });
    expect(await failure(page)).toBe(
      'error microphone InvalidStateError false microphone: the browser starts no audio before the user did something; ' +
        'start it from a click or the press of a key',
    );
    expect(await page.evaluate(() => seen.asked)).toBe(0);
    await page.click('button');
    await told(page, 'audio');
    expect(await page.evaluate(() => seen.asked)).toBe(1);
  });

  async function recording(options: object = {}): Promise<Page> {
    const page = await open();
    await page.evaluate((given) => {
      Object.assign(globalThis, { options: given });
    }, options);
    await page.click('button');
    await told(page, 'audio');
    return page;
  }
});

describe('microphone, in a page, when called', () => {
  it.each<[object, RegExp]>([
    [{ agc: -18 }, /^agc must be left out \(a browser has it not, only Node; a browser keeps the level by itself\)/],
    [{ aec: 'tau' }, /^aec must be left out .*echoCancellation is the browser's own/],
    [{ denoise: 'fastenhancer-t' }, /^denoise must be left out .*noiseSuppression is the browser's own/],
    [{ modelPath: 'x' }, /^modelPath must be left out/],
    [{ highpass: 80 }, /^highpass must be left out/],
    [{ limiter: -1 }, /^limiter must be left out/],
    [{ dcRemoval: true }, /^dcRemoval must be left out/],
    [
      { vad: 'silero' },
      /^vad must be false, 'energy', or an object with that model: a browser has no other, not "silero"/,
    ],
    [{ vad: { model: 'silero' } }, /^vad.model must be "energy", not "silero"/],
    [{ device: 1 }, /^device must be the deviceId of a MediaDeviceInfo, not 1/],
    [{ echoCancellation: 'no' }, /^echoCancellation must be true or false/],
    [{ channels: 2 }, /^channels must be 1/],
    [{ sampleRate: '16000' }, /^sampleRate must be a whole number/],
    [{ onOpen: 1 }, /^onOpen must be a function/],
    [{ speed: 1 }, /^unknown option speed/],
  ])('refuses %j with a TypeError', (options, message) => {
    expect(() => microphone(options)).toThrow(TypeError);
    expect(() => microphone(options)).toThrow(message);
  });

  it('refuses numbers out of their range with a RangeError', () => {
    expect(() => microphone({ sampleRate: 999 })).toThrow(RangeError);
    expect(() => microphone({ framesPerBuffer: 63 })).toThrow(RangeError);
    expect(() => microphone({ maxAbsence: -1 })).toThrow(RangeError);
  });

  it('has no type for what only Node has', () => {
    // @ts-expect-error -- the browser's own is noiseSuppression
    expect(() => microphone({ denoise: 'fastenhancer-t' })).toThrow(TypeError);
    // @ts-expect-error -- a deviceId
    expect(() => microphone({ device: 0 })).toThrow(TypeError);
    // @ts-expect-error -- only by loudness
    expect(() => microphone({ vad: 'silero' })).toThrow(TypeError);
  });
});

/** From now on the browser lists another device as the default one, and says that something changed. */
async function changeDefault(): Promise<void> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const changed = devices.map((device) =>
    device.deviceId === 'default' ? { ...device.toJSON(), groupId: 'another' } : device,
  );
  navigator.mediaDevices.enumerateDevices = () => Promise.resolve(changed);
  navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
}

const log = (page: Page): Promise<readonly string[]> => page.evaluate(() => seen.log);

/** Waits until the page told that, so many times. */
async function told(page: Page, beginning: string, times = 1): Promise<void> {
  await page.waitForFunction(([text, count]) => seen.log.filter((line) => line.startsWith(text)).length >= count, [
    beginning,
    times,
  ] as const);
}

/** Waits for the error, and gives it. */
async function failure(page: Page): Promise<string | undefined> {
  await told(page, 'error');
  return (await log(page)).at(-1);
}

const released = (page: Page): Promise<boolean> =>
  page.evaluate(() => seen.tracks.length > 0 && seen.tracks.every(({ readyState }) => readyState === 'ended'));

/** By how much what was filled in, while the device was away, differs from how long that was, in milliseconds. */
async function drift(page: Page): Promise<number> {
  const [, lost, back] = await page.evaluate(() => seen.clock);
  return Math.abs(Number(back) - Number(lost));
}

function samplesOf(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float64Array.from({ length: bytes.length >> 1 }, (_, index) => view.getInt16(index * 2, true));
}

/** How like a piece is to the place of a recording that is most like it, 0 to 1: first roughly, then to the sample. */
function resemblance(piece: Float64Array, recording: Float64Array): number {
  const step = 16;
  const rough = best(thinned(piece, step), thinned(recording, step), 0, Infinity).at * step;
  return best(piece, recording, rough - step, rough + step).likeness;
}

function best(piece: Float64Array, recording: Float64Array, from: number, to: number) {
  let found = { at: 0, likeness: 0 };
  const last = Math.min(to, recording.length - piece.length);
  for (let at = Math.max(0, from); at <= last; at += 1) {
    const likeness = correlation(piece, recording.subarray(at, at + piece.length));
    if (likeness > found.likeness) found = { at, likeness };
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

/** The means of so many samples each. */
function thinned(samples: Float64Array, step: number): Float64Array {
  return Float64Array.from({ length: Math.floor(samples.length / step) }, (_, index) =>
    samples.subarray(index * step, (index + 1) * step).reduce((sum, sample) => sum + sample / step, 0),
  );
}
