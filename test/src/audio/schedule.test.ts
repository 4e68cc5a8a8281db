import { afterEach, beforeEach, describe, it, expect, jest } from '@jest/globals';
import { Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import { pauseSource } from '../../../src/backpressure.ts';
import { pausableSource } from '../../../src/audio/pausableSource.ts';
import { Schedule } from '../../../src/audio/schedule.ts';

const second = { sampleRate: 16_000 };

/**
 * So many chunks of 100 ms; reading a chunk takes `readingMs`.
 *
 * @yields Chunks filled with their index.
 */
async function* chunks(
  count: number,
  readingMs: (index: number) => number,
  closed: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for (let index = 0; index < count; index += 1) {
      const ms = readingMs(index);
      if (ms > 0) {
        // oxlint-disable-next-line no-await-in-loop -- one chunk after another
        await new Promise((resolve) => {
          setTimeout(resolve, ms);
        });
      }
      yield new Uint8Array(3200).fill(index);
    }
  } finally {
    closed();
  }
}

interface Play {
  readonly count?: number;
  readonly speed?: number;
  readonly stop$?: Observable<unknown>;
  readonly readingMs?: (index: number) => number;
  readonly onChunk?: (index: number) => void;
}

/** Records when each chunk was emitted, in milliseconds since the subscription, and the end. */
function play({ count = 1000, speed = 1, stop$ = new Subject(), readingMs = () => 0, onChunk }: Play) {
  const times: number[] = [];
  const ends: unknown[] = [];
  const from = performance.now();
  const closed = jest.fn();
  const open = () => chunks(count, readingMs, closed);
  const subscription = pausableSource({ open, pace: () => new Schedule(second, speed), stop$ }).subscribe({
    next: (chunk) => {
      times.push(Math.round(performance.now() - from));
      onChunk?.(chunk[0] ?? -1);
    },
    error: (error) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  return { times, ends, closed, subscription };
}

/** Rounds down: with the fake clock a turn of the event loop takes a millisecond. */
const roughly = (times: readonly number[]): number[] => times.map((ms) => Math.floor(ms / 50) * 50);

const every = (ms: number, count: number): number[] => Array.from({ length: count }, (_, index) => index * ms);

describe('a source paced by Schedule', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('plays in real time', async () => {
    const { times, ends } = play({ count: 5 });
    await jest.advanceTimersByTimeAsync(500);
    expect(times).toEqual([0, 100, 200, 300, 400]);
    expect(ends).toEqual(['complete']);
  });

  it.each([
    [2, 50],
    [0.5, 200],
    [4, 25],
  ])('at speed %d a chunk is emitted every %i ms', async (speed, ms) => {
    const { times } = play({ count: 5, speed });
    await jest.advanceTimersByTimeAsync(1000);
    expect(times).toEqual(every(ms, 5));
  });

  it('does not drift, however late each chunk is', async () => {
    const { times } = play({ count: 100, readingMs: () => 7 });
    await jest.advanceTimersByTimeAsync(11_000);
    expect(roughly(times)).toEqual(every(100, 100));
  });

  it('does not drift at a speed whose intervals are no whole milliseconds', async () => {
    const { times } = play({ count: 301, speed: 3 });
    await jest.advanceTimersByTimeAsync(11_000);
    expect(roughly(times).at(-1)).toBe(10_000);
  });

  it('catches up after a delay at once', async () => {
    const { times } = play({ count: 8, readingMs: (index) => (index === 3 ? 450 : 0) });
    await jest.advanceTimersByTimeAsync(1000);
    expect(roughly(times)).toEqual([0, 100, 200, 650, 650, 650, 650, 700]);
  });

  it('never emits more than 1000 ms of audio at once, and delays the schedule beyond that', async () => {
    const { times } = play({ count: 30, readingMs: (index) => (index === 1 ? 5000 : 0) });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(roughly(times).slice(0, 13)).toEqual([0, ...Array.from({ length: 10 }, () => 5000), 5100, 5200]);
    expect(times.at(-1)).toBe(5000 + 19 * 100);
  });

  it('bounds the burst in audio, not in wall time, at other speeds', async () => {
    const { times } = play({ count: 30, speed: 2, readingMs: (index) => (index === 1 ? 5000 : 0) });
    await jest.advanceTimersByTimeAsync(10_000);
    expect(roughly(times).slice(0, 13)).toEqual([0, ...Array.from({ length: 10 }, () => 5000), 5050, 5100]);
  });

  it('waits for a consumer that pauses, and delays the schedule by the pause', async () => {
    const { times } = play({
      count: 5,
      onChunk: (index) => {
        if (index === 1) {
          pauseSource(() => new Promise((resolve) => void setTimeout(resolve, 730)));
        }
      },
    });
    await jest.advanceTimersByTimeAsync(2000);
    expect(times).toEqual([0, 100, 930, 1030, 1130]);
  });

  it('emits as fast as the consumer accepts at speed Infinity, without timers', async () => {
    const timer = jest.spyOn(globalThis, 'setTimeout');
    const { times, ends } = play({ count: 500, speed: Infinity });
    await jest.advanceTimersByTimeAsync(600);
    expect(times).toHaveLength(500);
    expect(ends).toEqual(['complete']);
    expect(timer).not.toHaveBeenCalled();
  });

  it('yields to the event loop before the first chunk and every 64 kB, however fast', async () => {
    const { times } = play({ count: 500, speed: Infinity });
    await Promise.all(Array.from({ length: 100 }, () => Promise.resolve()));
    expect(times).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(times.filter((ms) => ms === times[0])).toHaveLength(20); // of 3200 bytes
  });

  it('leaves no timer behind when it is unsubscribed', async () => {
    const { times, ends, closed, subscription } = play({});
    await jest.advanceTimersByTimeAsync(150);
    expect(jest.getTimerCount()).toBe(1);
    subscription.unsubscribe();
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(0);
    expect(closed).toHaveBeenCalledTimes(1);
    expect(times).toEqual([0, 100]);
    expect(ends).toEqual([]);
  });

  it('sets no timer when it is unsubscribed while the next chunk is being read', async () => {
    const { times, closed, subscription } = play({ readingMs: (index) => index * 30 });
    await jest.advanceTimersByTimeAsync(20);
    subscription.unsubscribe();
    await jest.advanceTimersByTimeAsync(10);
    expect(closed).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
    expect(times).toHaveLength(1);
  });

  it('completes at once when stop emits between two chunks', async () => {
    const stop$ = new Subject<void>();
    const { times, ends } = play({ stop$ });
    await jest.advanceTimersByTimeAsync(150);
    stop$.next();
    expect(ends).toEqual(['complete']);
    await jest.advanceTimersByTimeAsync(500);
    expect(times).toEqual([0, 100]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('completes after the chunk during which stop emits', async () => {
    const stop$ = new Subject<void>();
    const order: string[] = [];
    const { ends } = play({
      stop$,
      onChunk: (index) => {
        if (index === 1) {
          stop$.next();
          order.push(`ends while emitting: ${ends.length}`);
        }
      },
    });
    await jest.advanceTimersByTimeAsync(500);
    expect(order).toEqual(['ends while emitting: 0']);
    expect(ends).toEqual(['complete']);
  });

  it('completes when stop emits while the consumer pauses', async () => {
    const stop$ = new Subject<void>();
    const { times, ends, closed } = play({ stop$, onChunk: () => pauseSource(() => new Promise(() => undefined)) });
    await jest.advanceTimersByTimeAsync(50);
    expect(closed).not.toHaveBeenCalled();
    stop$.next();
    await jest.advanceTimersByTimeAsync(0);
    expect(times).toEqual([0]);
    expect(ends).toEqual(['complete']);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('errors when stop errors', async () => {
    const stop$ = new Subject<void>();
    const { ends } = play({ stop$ });
    await jest.advanceTimersByTimeAsync(50);
    stop$.error(new Error('no button'));
    expect(ends).toEqual([new Error('no button')]);
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('supports a speed so low that it exceeds the longest timer', async () => {
    const { times } = play({ speed: 1e-9 });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(times).toEqual([0]);
  });
});
