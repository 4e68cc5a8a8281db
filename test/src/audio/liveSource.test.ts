import { afterEach, beforeEach, describe, it, expect, jest } from '@jest/globals';
import { Subject } from 'rxjs';
import { microphoneSource } from '../../../src/audio/microphoneSource.ts';
import type { MicrophoneOptions } from '../../../src/audio/microphoneSource.ts';
import type { TranscriptionError } from '../../../src/errors.ts';
import { isLostAudio, takeLostAudio } from '../../../src/lostAudio.ts';
import type { LostAudio } from '../../../src/lostAudio.ts';
import { FakeRecorder } from './fakeRecorder.ts';
import { fc } from '../../support/fastCheck.ts';

const failed = Object.assign(new Error('decibri: audio device error: gone'), { code: 'DEVICE_FAILED' });
const notFound = coded('No microphone found matching "x"', 'MICROPHONE_NOT_FOUND');
const denied = coded('Microphone permission denied.', 'PERMISSION_DENIED');

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

/** A microphone in virtual time; records what it opened and emitted, and when. */
function listen(options: MicrophoneOptions = {}) {
  const began = performance.now();
  const now = (): number => Math.round(performance.now() - began);
  const recorders: FakeRecorder[] = [];
  const openedAt: number[] = [];
  const seen: unknown[] = [];
  const audio: Uint8Array[] = [];
  const lostAudio: LostAudio[] = [];
  const device: { failure: unknown } = { failure: undefined };
  const open = async (): Promise<FakeRecorder> => {
    openedAt.push(now());
    if (device.failure !== undefined) throw device.failure;
    const recorder = new FakeRecorder().start();
    recorders.push(recorder);
    return recorder;
  };
  const source = microphoneSource(options, open);
  const subscription = source.subscribe({
    next: (chunk) => {
      audio.push(chunk);
      lostAudio.push(...takeLostAudio());
      expect(isLostAudio()).toBe(chunk[0] === 0);
      seen.push(`${now()}: ${chunk[0] === 0 ? 'silence' : 'audio'} ${chunk.length / 32}`);
    },
    error: (error) => {
      lostAudio.push(...takeLostAudio());
      seen.push(`${now()}: error`, error);
    },
    complete: () => {
      lostAudio.push(...takeLostAudio());
      seen.push(`${now()}: complete`);
    },
  });
  const latest = (): FakeRecorder => recorders.at(-1) as FakeRecorder;
  const wait = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);
  /** The device records for 100 ms and delivers. */
  const deliver = async (times = 1): Promise<void> => {
    for (let time = 0; time < times; time++) {
      await wait(100);
      latest().emit('data', new Uint8Array(3200).fill(1));
    }
  };
  return { device, recorders, openedAt, seen, audio, lostAudio, subscription, latest, wait, deliver, now };
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
});
afterEach(async () => {
  await jest.advanceTimersByTimeAsync(1); // a turn of the event loop may be under way, which ends by itself
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('a microphone that is lost', () => {
  it.each<[string, (recorder: FakeRecorder) => void, RegExp]>([
    ['fails', (recorder) => recorder.emit('error', failed), /audio device error: gone; check/],
    ['ends', (recorder) => recorder.emit('end'), /the recording ended unexpectedly; check/],
    ['closes', (recorder) => recorder.emit('close'), /the recording ended unexpectedly; check/],
  ])('fills the gap with silence and opens the device again when it %s', async (_, lose, message) => {
    const onLost = jest.fn<(error: TranscriptionError) => void>();
    const onOpen = jest.fn();
    const { seen, recorders, latest, openedAt, deliver, wait, lostAudio, subscription } = listen({ onLost, onOpen });
    await deliver(2);
    lose(latest());
    expect(recorders[0]?.calls).toEqual(['stop', 'destroy']);
    await wait(330);
    await deliver(2);
    expect(seen).toEqual([
      '100: audio 100',
      '200: audio 100',
      '300: silence 100',
      '400: silence 100',
      '500: silence 100',
      // at 530 it is too early for another 100 ms of silence, and the chunk was recorded from 530 to 630
      '600: silence 100',
      '630: audio 100',
      '730: audio 100',
    ]);
    expect(openedAt).toEqual([0, 450]);
    expect(lostAudio).toEqual([{ startMs: 200, endMs: 600 }]);
    expect(onLost.mock.calls).toEqual([[expect.objectContaining({ kind: 'microphone', retryable: true })]]);
    expect(onLost.mock.calls[0]?.[0].message).toMatch(message);
    expect(onOpen.mock.calls).toEqual([[recorders[0]], [recorders[1]]]);
    subscription.unsubscribe();
  });

  it('fills up to the start of the audio that follows', async () => {
    const { seen, latest, deliver, wait, lostAudio, subscription } = listen();
    await deliver();
    latest().emit('error', failed);
    await wait(265);
    latest().emit('data', new Uint8Array(320).fill(1));
    expect(seen.slice(1)).toEqual(['200: silence 100', '300: silence 100', '365: silence 55', '365: audio 10']);
    expect(lostAudio).toEqual([{ startMs: 100, endMs: 355 }]);
    subscription.unsubscribe();
  });

  it('fills the channels equally, so that none takes the place of another', async () => {
    const { audio, latest, deliver, wait, lostAudio, subscription } = listen({ sampleRate: 11_025, channels: 4 });
    await deliver();
    latest().emit('error', failed);
    await wait(333);
    latest().emit('data', new Uint8Array(680).fill(1));
    const frames = audio.map(({ length }) => length / 8);
    expect(frames).toEqual(frames.map((count) => Math.floor(count)));
    // 400 frames of 11 025 a second, then 333 ms without the 85 frames that were delivered at their end
    expect(lostAudio).toEqual([{ startMs: expect.closeTo(36.3, 1), endMs: expect.closeTo(36.3 + 333 - 7.7, 0) }]);
    subscription.unsubscribe();
  });

  it('shortens the next absence by what it filled too much', async () => {
    const { audio, latest, deliver, wait, now, subscription } = listen();
    await deliver();
    for (let time = 0; time < 20; time++) {
      latest().emit('error', failed);
      await wait(5000 + 399);
      await deliver();
    }
    const ms = audio.reduce((sum, { length }) => sum + length / 32, 0);
    expect(Math.abs(ms - now())).toBeLessThanOrEqual(100);
    subscription.unsubscribe();
  });

  it('shortens the next absence by audio that was buffered while the device opened', async () => {
    const { audio, latest, deliver, wait, now, subscription } = listen();
    await deliver();
    for (let time = 0; time < 20; time++) {
      latest().emit('error', failed);
      await wait(5000 + 399);
      for (let chunk = 0; chunk < 3; chunk++) latest().emit('data', new Uint8Array(3200).fill(1));
      await deliver();
    }
    const ms = audio.reduce((sum, { length }) => sum + length / 32, 0);
    expect(Math.abs(ms - now())).toBeLessThanOrEqual(300);
    subscription.unsubscribe();
  });

  it('treats a device without a chunk for 2 s as lost, and fills the 2 s at once, 1000 ms at a time', async () => {
    const onLost = jest.fn<(error: TranscriptionError) => void>();
    const { seen, recorders, openedAt, deliver, wait, subscription } = listen({ onLost });
    await deliver();
    await wait(1999);
    expect(seen).toEqual(['100: audio 100']);
    await wait(101);
    expect(seen.slice(1)).toEqual(['2101: silence 1000', '2102: silence 1000', '2200: silence 100']);
    expect(recorders[0]?.calls).toEqual(['stop', 'destroy']);
    expect(onLost.mock.calls[0]?.[0].message).toBe(
      'microphone: the device delivered nothing for 2 s, without an error; check that the device is still connected',
    );
    await wait(150);
    expect(openedAt).toEqual([0, 2350]);
    subscription.unsubscribe();
  });

  it('receives the chunks that waited while the event loop was blocked before it treats the device as lost', async () => {
    const onLost = jest.fn<(error: TranscriptionError) => void>();
    const { seen, latest, deliver, wait, subscription } = listen({ onLost });
    await deliver();
    await jest.advanceTimersToNextTimerAsync();
    latest().emit('data', Uint8Array.of(1, 1));
    await wait(1999);
    expect(onLost).not.toHaveBeenCalled();
    expect(seen).toHaveLength(2);
    subscription.unsubscribe();
  });

  it('waits at least as long as two chunks take', async () => {
    const onLost = jest.fn<(error: TranscriptionError) => void>();
    const { latest, wait, subscription } = listen({ onLost, framesPerBuffer: 64_000 });
    await wait(7999);
    latest().emit('data', Uint8Array.of(1, 1));
    await wait(7999);
    expect(onLost).not.toHaveBeenCalled();
    await wait(1);
    expect(onLost).toHaveBeenCalledTimes(1);
    subscription.unsubscribe();
  });

  it('catches up after the event loop was suspended, at most 1000 ms at once', async () => {
    const real = performance.now.bind(performance);
    let suspended = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => real() + suspended);
    const { device, seen, latest, deliver, wait, subscription } = listen();
    await deliver();
    device.failure = notFound;
    latest().emit('error', failed);
    await wait(100);
    suspended = 2350;
    await wait(150);
    expect(seen.slice(1)).toEqual([
      '200: silence 100',
      '2650: silence 1000',
      '2651: silence 1000',
      '2652: silence 400',
      '2700: silence 100',
    ]);
    subscription.unsubscribe();
  });

  it('fills everything before the audio that follows, at most 1000 ms at once', async () => {
    const real = performance.now.bind(performance);
    let suspended = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => real() + suspended);
    const { seen, latest, deliver, wait, lostAudio, subscription } = listen();
    await deliver();
    latest().emit('error', failed);
    await wait(250);
    suspended = 2000;
    latest().emit('data', new Uint8Array(3200).fill(1));
    expect(seen.slice(3)).toEqual(['2350: silence 1000', '2350: silence 950', '2350: audio 100']);
    expect(lostAudio).toEqual([{ startMs: 100, endMs: 2250 }]);
    subscription.unsubscribe();
  });

  it('retries after 250 ms and 500 ms, then each second', async () => {
    const onLost = jest.fn<(error: TranscriptionError) => void>();
    const { device, openedAt, latest, deliver, wait, seen, subscription } = listen({ onLost });
    await deliver(100);
    latest().emit('error', failed);
    const failures = [
      notFound,
      coded('No microphone found.', 'NO_MICROPHONE_FOUND'),
      coded('Failed to enumerate devices: gone', 'DEVICE_ENUMERATION_FAILED'),
      coded('Selected device is not a valid microphone', 'NOT_AN_INPUT_DEVICE'),
      new RangeError('device index out of range'),
      coded('Failed to open audio stream: busy', 'STREAM_OPEN_FAILED'),
      failed,
    ];
    for (const wanted of [250, 750, 1750, 2750, 3750, 4750, 5750]) {
      device.failure = failures.shift();
      await wait(10_000 + wanted - (openedAt.at(-1) ?? 0) - (openedAt.length > 1 ? 0 : 10_000));
      expect(openedAt.at(-1)).toBe(10_000 + wanted);
    }
    device.failure = undefined;
    await wait(5000);
    await deliver();
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(seen.filter((line) => String(line).includes('silence'))).toHaveLength(108);
    subscription.unsubscribe();
  });

  it('keeps the longer waits if the device fails again within 5 s, and starts over after that', async () => {
    const onLost = jest.fn<(error: TranscriptionError) => void>();
    const { openedAt, latest, deliver, wait, now, subscription } = listen({ onLost });
    await deliver(50);
    const waited = async (): Promise<number> => {
      const [lostAt, opened] = [now(), openedAt.length];
      latest().emit('error', failed);
      while (openedAt.length === opened) await wait(10);
      return (openedAt.at(-1) ?? 0) - lostAt;
    };
    await deliver();
    expect(await waited()).toBe(250);
    await deliver(10);
    expect(await waited()).toBe(500);
    await deliver(51);
    expect(await waited()).toBe(250);
    expect(onLost).toHaveBeenCalledTimes(3);
    subscription.unsubscribe();
  });

  it('errors when the device is lost for maxAbsence, with the first failure as the cause', async () => {
    const { device, seen, lostAudio, latest, deliver, wait } = listen({ maxAbsence: 3000 });
    await deliver();
    device.failure = notFound;
    latest().emit('error', failed);
    await wait(10_000);
    expect(seen.slice(-2)).toMatchObject([
      '3100: error',
      {
        kind: 'microphone',
        retryable: true,
        message:
          'microphone: decibri: audio device error: gone; check that the device is still connected ' +
          '(it did not come back within 3 s)',
        cause: { kind: 'microphone', cause: failed },
      },
    ]);
    expect(lostAudio[0]?.startMs).toBe(100);
    expect(lostAudio[0]?.endMs).toBeGreaterThanOrEqual(3000);
  });

  it('waits 5 minutes by default, and forever with Infinity', async () => {
    const usual = listen();
    const patient = listen({ maxAbsence: Infinity });
    await usual.wait(100);
    for (const { latest, device } of [usual, patient]) {
      latest().emit('data', Uint8Array.of(1, 1));
      device.failure = notFound;
      latest().emit('error', failed);
    }
    await usual.wait(299_999);
    expect(usual.seen).not.toContain('300100: error');
    await usual.wait(1);
    expect(usual.seen).toContain('300100: error');
    await patient.wait(300_000);
    patient.device.failure = undefined;
    await patient.wait(5000);
    await patient.deliver();
    expect(patient.seen.at(-1)).toMatch(/audio 100$/);
    expect(patient.lostAudio).toHaveLength(1);
    patient.subscription.unsubscribe();
  });

  it('errors at once when it cannot be opened again for a lasting reason', async () => {
    const { device, seen, latest, deliver, wait } = listen();
    await deliver();
    device.failure = denied;
    latest().emit('error', failed);
    await wait(1000);
    expect(seen.slice(-2)).toMatchObject(['350: error', { retryable: false, cause: denied }]);
  });

  it('errors at once when it cannot be opened at first, even for a temporary reason', async () => {
    const recorder = new FakeRecorder();
    const error = jest.fn();
    microphoneSource({}, () => Promise.resolve(recorder)).subscribe({ error });
    await jest.advanceTimersByTimeAsync(0);
    recorder.emit('error', coded('Failed to start audio stream: busy', 'STREAM_START_FAILED'));
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('waits 5 s for the first chunk, and errors without one', async () => {
    const slow = listen();
    const dead = listen();
    await slow.wait(4999);
    slow.latest().emit('data', Uint8Array.of(1, 1));
    await slow.wait(1);
    expect(slow.seen).toEqual(['4999: audio 0.0625']);
    expect(dead.seen).toMatchObject([
      '5000: error',
      {
        retryable: true,
        message: /^microphone: the device opened without an error but delivered nothing for 5 s/,
      },
    ]);
    slow.subscription.unsubscribe();
  });

  it('opens the device once more when the reopened recorder delivers nothing', async () => {
    const { openedAt, recorders, latest, deliver, wait, subscription } = listen();
    await deliver();
    latest().emit('error', failed);
    await wait(250 + 5000 + 500);
    expect(openedAt).toEqual([0, 350, 5850]);
    expect(recorders[1]?.calls).toEqual(['stop', 'destroy']);
    subscription.unsubscribe();
  });

  it('errors with what onLost throws', async () => {
    const thrown = new Error('in onLost');
    const { seen, latest, deliver } = listen({
      onLost: () => {
        throw thrown;
      },
    });
    await deliver();
    latest().emit('error', failed);
    expect(seen.slice(1)).toEqual(['100: error', thrown]);
  });

  it('errors with what onOpen throws when the device is back, and releases the recorder', async () => {
    const onOpen = jest.fn<() => void>().mockImplementationOnce(() => undefined);
    const { seen, recorders, latest, deliver, wait } = listen({ onOpen });
    await deliver();
    latest().emit('error', failed);
    await wait(250);
    onOpen.mockImplementationOnce(() => {
      throw failed;
    });
    await deliver();
    expect(seen.slice(-1)).toEqual([failed]);
    expect(recorders[1]?.calls).toEqual(['stop', 'destroy']);
  });
});

/** Each state of a lost device, and how long after the loss it is reached. */
const STATES: [string, number, boolean][] = [
  ['is about to be opened again', 100, false],
  ['is being opened again', 250, true],
  ['was opened again but delivered no chunk yet', 250, false],
];

describe.each(STATES)('a lost microphone that %s', (_, after, slow) => {
  /** A microphone in that state; `arrive` completes the opening. */
  async function lost(options: MicrophoneOptions = {}) {
    const arrived = new Subject<void>();
    const recorders: FakeRecorder[] = [];
    const seen: unknown[] = [];
    const lostAudio: LostAudio[] = [];
    const open = async (): Promise<FakeRecorder> => {
      if (recorders.length > 0 && slow) await arrived.forEach(() => undefined);
      recorders.push(new FakeRecorder());
      return recorders.at(-1) as FakeRecorder;
    };
    const subscription = microphoneSource(options, open).subscribe({
      next: (chunk) => seen.push(chunk.length / 32),
      error: (error) => seen.push(error),
      complete: () => seen.push('complete', takeLostAudio()),
    });
    await jest.advanceTimersByTimeAsync(0);
    recorders[0]?.emit('data', new Uint8Array(3200).fill(1));
    recorders[0]?.emit('error', failed);
    await jest.advanceTimersByTimeAsync(after);
    return { recorders, seen, lostAudio, subscription, arrive: () => arrived.complete() };
  }

  it('completes on stop, emits nothing further, and reports the lost stretch', async () => {
    const stop = new Subject<void>();
    const { seen, recorders, arrive } = await lost({ stop });
    const filled = seen.length - 1;
    stop.next();
    expect(seen.slice(1 + filled)).toEqual(['complete', [{ startMs: 100, endMs: 100 + filled * 100 }]]);
    expect(jest.getTimerCount()).toBe(0);
    arrive();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(recorders.at(-1)?.calls).toEqual(['stop', 'destroy']);
    expect(seen).toHaveLength(3 + filled);
  });

  it('leaves nothing behind on unsubscribe', async () => {
    const { seen, recorders, subscription, arrive } = await lost();
    const { length } = seen;
    subscription.unsubscribe();
    expect(jest.getTimerCount()).toBe(0);
    arrive();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(recorders.at(-1)?.calls).toEqual(['stop', 'destroy']);
    for (const recorder of recorders) {
      if (recorder.listenerCount('error') > 0) expect(() => recorder.emit('error', failed)).not.toThrow();
    }
    expect(seen).toHaveLength(length);
  });

  it('errors when stop errors', async () => {
    const stop = new Subject<void>();
    const { seen, arrive } = await lost({ stop });
    stop.error(new Error('no button'));
    expect(seen.at(-1)).toEqual(new Error('no button'));
    expect(jest.getTimerCount()).toBe(0);
    arrive();
    await jest.advanceTimersByTimeAsync(0);
  });
});

describe('a microphone that is stopped', () => {
  it.each<[string, (recorder: FakeRecorder) => void]>([
    ['fails', (recorder) => recorder.emit('error', failed)],
    ['delivers nothing for 2 s', () => undefined],
  ])('completes when the device then %s, and does not open it again', async (_, then) => {
    const stop = new Subject<void>();
    const onLost = jest.fn<(error: TranscriptionError) => void>();
    const { seen, openedAt, latest, deliver, wait } = listen({ stop, onLost });
    await deliver();
    latest().isOpen = true;
    latest().stop = () => undefined;
    stop.next();
    then(latest());
    await wait(2000);
    expect(seen.at(-1)).toMatch(/complete$/);
    expect(openedAt).toEqual([0]);
    expect(onLost).not.toHaveBeenCalled();
  });
});

describe('the clock of microphone', () => {
  it('is as long as the time that passed, whatever the absences, and reports exactly the silence', async () => {
    const run = fc.record({
      chunks: fc.integer({ min: 1, max: 8 }),
      end: fc.constantFrom('error', 'end', 'silence'),
      away: fc.integer({ min: 0, max: 9000 }),
      delay: fc.integer({ min: 0, max: 1000 }),
    });
    const rates = fc.constantFrom(8000, 11_025, 16_000, 44_100);
    const lengths = fc.constantFrom(64, 500, 1600, 3000);
    await fc.assert(fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 5 }), rates, lengths, check), {
      numRuns: 40,
    });
  });

  interface Run {
    readonly chunks: number;
    readonly end: string;
    readonly away: number;
    readonly delay: number;
  }

  /** Plays runs of the device one after another; each ends with a loss and the time until the device is back. */
  async function check(runs: Run[], sampleRate: number, framesPerBuffer: number): Promise<void> {
    const chunkMs = (framesPerBuffer * 1000) / sampleRate;
    const { device, openedAt, audio, lostAudio, latest, wait, subscription, seen } = listen({
      sampleRate,
      framesPerBuffer,
    });
    let value = 0;
    let began = 0;
    const played: number[] = [];
    const play = async (chunks: number): Promise<void> => {
      for (let chunk = 0; chunk < chunks; chunk++) {
        await wait(chunkMs);
        value = (value % 255) + 1;
        played.push(value);
        latest().emit('data', new Uint8Array(framesPerBuffer * 2).fill(value));
      }
    };
    await wait(0);
    began = performance.now();
    for (const { chunks, end, away, delay } of runs) {
      await play(chunks);
      device.failure = notFound;
      if (end === 'silence') await wait(Math.max(2000, chunkMs * 2));
      else latest().emit(end, failed);
      await wait(away);
      device.failure = undefined;
      const { length } = openedAt;
      while (openedAt.length === length) await wait(10);
      await wait(delay);
    }
    await play(3);
    subscription.unsubscribe();

    const bytes = Buffer.concat(audio);
    const msOf = (length: number): number => (length * 1000) / (sampleRate * 2);
    expect(Math.abs(msOf(bytes.length) - (performance.now() - began))).toBeLessThanOrEqual(Math.max(100, chunkMs) + 2);
    const stretches: LostAudio[] = [];
    const received: number[] = [];
    let at = 0;
    for (const chunk of audio) {
      const previous = stretches.at(-1);
      if (chunk[0] !== 0) received.push(chunk[0] as number);
      else if (previous?.endMs === msOf(at))
        stretches[stretches.length - 1] = { ...previous, endMs: msOf(at + chunk.length) };
      else stretches.push({ startMs: msOf(at), endMs: msOf(at + chunk.length) });
      expect(chunk[0] === 0 ? msOf(chunk.length) : 0).toBeLessThanOrEqual(1000);
      at += chunk.length;
    }
    expect(received).toEqual(played);
    expect(lostAudio).toEqual(stretches);
    expect(seen.join()).not.toContain('error');
  }
});
