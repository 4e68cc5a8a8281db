import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SleepDetector } from '../../../src/browser/sleepDetector.ts';

const RATE = 16_000;
/** 20 ms of audio. */
const chunk = new Float32Array(320);

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

function start(chunkMs = 20) {
  const outcome: string[] = [];
  const detector = new SleepDetector(RATE, chunkMs, {
    onChunk: () => outcome.push('chunk'),
    onLost: ({ name, message }) => outcome.push(`${name}: ${message}`),
  });
  detector.receive(chunk);
  expect(outcome.splice(0)).toEqual(['chunk']);
  return { outcome, detector };
}

describe('SleepDetector', () => {
  it('passes chunks on that are less than 2 s late', () => {
    const { outcome, detector } = start();
    for (const ms of [20, 0, 1999, 2000]) {
      jest.advanceTimersByTime(ms);
      detector.receive(chunk);
    }
    expect(outcome).toEqual(['chunk', 'chunk', 'chunk', 'chunk']);
  });

  it('passes on the chunks that were delayed while the page was busy, because they fill the pause', () => {
    const { outcome, detector } = start();
    jest.advanceTimersByTime(3000);
    for (let count = 0; count < 150; count += 1) detector.receive(chunk);
    expect(outcome).toEqual([]);
    jest.advanceTimersByTime(50);
    expect(outcome).toEqual(Array.from({ length: 150 }, () => 'chunk'));
    detector.receive(chunk);
    expect(outcome).toHaveLength(151);
  });

  it('reports that the page slept if they do not fill it, and drops them', () => {
    const { outcome, detector } = start();
    jest.advanceTimersByTime(60_000);
    detector.receive(chunk);
    jest.advanceTimersByTime(20);
    detector.receive(chunk);
    jest.advanceTimersByTime(30);
    expect(outcome).toEqual(['AbortError: the page or the computer slept: 60 s of audio are missing']);
    detector.discard();
  });

  it('waits for twice the length of a chunk if chunks are long', () => {
    const { outcome, detector } = start(4000);
    jest.advanceTimersByTime(8000);
    detector.receive(chunk);
    expect(outcome).toEqual(['chunk']);
  });

  it('delivers what it holds on flush, and drops it on discard', () => {
    const stopped = start();
    const cleared = start();
    jest.advanceTimersByTime(3000);
    stopped.detector.receive(chunk);
    cleared.detector.receive(chunk);
    stopped.detector.flush();
    cleared.detector.discard();
    jest.advanceTimersByTime(50);
    expect(stopped.outcome).toEqual(['chunk']);
    expect(cleared.outcome).toEqual([]);
  });
});
