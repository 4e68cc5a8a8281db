import { describe, expect, it } from '@jest/globals';
import { TranscriptionError } from '../../../src/errors.ts';
import { RetryPolicy } from '../../../src/streaming/retryPolicy.ts';

const broken = new TranscriptionError('network', 'the connection broke', { retryable: true });
const limited = new TranscriptionError('rate-limited', 'too many sessions', { retryable: true });
const refused = new TranscriptionError('unauthorized', 'no such key');
const policy = (maxOutage = 300_000, random = 1, reconnect = true): RetryPolicy =>
  new RetryPolicy({ maxOutage, reconnect }, () => random);

/** A session that lasted so long and was given so much audio, in milliseconds. */
const life = (livedMs: number, audioMs = livedMs): { livedMs: number; audioMs: number } => ({ livedMs, audioMs });

/** The waits after connections that failed before `Begin`, a second apart. */
const waits = (count: number, one = policy()): (number | undefined)[] =>
  Array.from({ length: count }, (_, second) => one.failed(broken, second * 1000));

describe('RetryPolicy', () => {
  it('waits up to 250 ms, then twice as long each time, up to 10 s', () => {
    expect(waits(8)).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('waits a random part of that', () => {
    expect(waits(3, policy(300_000, 0))).toEqual([0, 0, 0]);
    expect(waits(3, policy(300_000, 0.5))).toEqual([125, 250, 500]);
  });

  it('waits 5 to 10 s when the service limits new sessions', () => {
    expect(policy(300_000, 0).failed(limited, 0)).toBe(5000);
    expect(policy(300_000, 1).failed(limited, 0)).toBe(10_000);
  });

  it('gives up at once on an error that is not retryable', () => {
    expect(policy().failed(refused, 0)).toBeUndefined();
  });

  it('gives up at once when reconnecting is off', () => {
    expect(policy(300_000, 1, false).failed(broken, 0)).toBeUndefined();
  });

  it('gives up when the outage would last longer than allowed', () => {
    expect(waits(5, policy(3000))).toEqual([250, 500, 1000, undefined, undefined]);
    expect(waits(60, policy(Infinity)).at(-1)).toBe(10_000);
  });

  it('gives up after three sessions in a row that died within 5 s', () => {
    const one = policy();

    expect([
      one.failed(broken, 0, life(4999)),
      one.failed(broken, 1, life(10)),
      one.failed(broken, 2, life(10)),
    ]).toEqual([250, 500, undefined]);
  });

  it('gives up after ten such sessions that took more audio than that', () => {
    const one = policy(Infinity);
    const waited = Array.from({ length: 10 }, (_, n) => one.failed(broken, n, life(10, 20_000)));

    expect(waited.indexOf(undefined)).toBe(9);
  });

  it('does not count connections that failed before Begin', () => {
    const one = policy();
    waits(5, one);

    expect(one.failed(broken, 6000, life(10))).toBe(8000);
  });

  it('does not count sessions that ended for a known other reason', () => {
    const one = policy();
    const waited = Array.from({ length: 5 }, (_, n) => one.failed(broken, n, { ...life(10), blameless: true }));

    expect(waited).toEqual([250, 500, 1000, 2000, 4000]);
  });

  it('starts over after a session that lasted 5 s', () => {
    const one = policy(3000);
    waits(3, one);

    expect(one.failed(broken, 100_000, life(5000))).toBe(250);
    expect(one.failures).toBe(1);
  });

  it('starts over after a session with a turn, however short it was', () => {
    const one = policy(3000);
    one.failed(broken, 0, life(10));
    one.failed(broken, 1, life(10));
    one.healthy();

    expect(one.failures).toBe(0);
    expect([10, 10, 10].map((lived, n) => one.failed(broken, 100_000 + n, life(lived)))).toEqual([250, 500, 1000]);
    expect(one.failed(broken, 100_003, life(10))).toBeUndefined();
  });
});
