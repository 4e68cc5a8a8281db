import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Lateness } from '../../../src/browser/lateness.ts';

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

function listen(chunkMs = 20) {
  const heard: string[] = [];
  const lateness = new Lateness(RATE, chunkMs, {
    onTime: () => heard.push('chunk'),
    lost: ({ name, message }) => heard.push(`${name}: ${message}`),
  });
  lateness.heard(chunk);
  expect(heard.splice(0)).toEqual(['chunk']);
  return { heard, lateness };
}

describe('Lateness', () => {
  it('lets chunks pass that come in time, though not punctually', () => {
    const { heard, lateness } = listen();
    for (const ms of [20, 0, 1999, 2000]) {
      jest.advanceTimersByTime(ms);
      lateness.heard(chunk);
    }
    expect(heard).toEqual(['chunk', 'chunk', 'chunk', 'chunk']);
  });

  it('lets chunks pass that waited while the page was busy: they make up for the time', () => {
    const { heard, lateness } = listen();
    jest.advanceTimersByTime(3000);
    for (let count = 0; count < 150; count += 1) lateness.heard(chunk);
    expect(heard).toEqual([]);
    jest.advanceTimersByTime(50);
    expect(heard).toEqual(Array.from({ length: 150 }, () => 'chunk'));
    lateness.heard(chunk);
    expect(heard).toHaveLength(151);
  });

  it('tells that the page slept where they do not, and drops them', () => {
    const { heard, lateness } = listen();
    jest.advanceTimersByTime(60_000);
    lateness.heard(chunk);
    jest.advanceTimersByTime(20);
    lateness.heard(chunk);
    jest.advanceTimersByTime(30);
    expect(heard).toEqual(['AbortError: the page or the computer slept, 60 s are missing']);
    lateness.clear();
  });

  it('waits for a chunk as long as two of them take, where they are long', () => {
    const { heard, lateness } = listen(4000);
    jest.advanceTimersByTime(8000);
    lateness.heard(chunk);
    expect(heard).toEqual(['chunk']);
  });

  it('lets go of what it holds when it is stopped, and drops it when it is cleared', () => {
    const stopped = listen();
    const cleared = listen();
    jest.advanceTimersByTime(3000);
    stopped.lateness.heard(chunk);
    cleared.lateness.heard(chunk);
    stopped.lateness.settle();
    cleared.lateness.clear();
    jest.advanceTimersByTime(50);
    expect(stopped.heard).toEqual(['chunk']);
    expect(cleared.heard).toEqual([]);
  });
});
