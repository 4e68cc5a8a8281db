import { describe, expect, it } from '@jest/globals';
import { TranscriptionError } from '../../../src/errors.ts';
import { RetryPolicy } from '../../../src/streaming/retryPolicy.ts';
import type { Retry, SessionEnd } from '../../../src/streaming/retryPolicy.ts';

const broken = new TranscriptionError('network', 'the connection broke', { retryable: true });
const limited = new TranscriptionError('rate-limited', 'too many sessions', { retryable: true });
const refused = new TranscriptionError('unauthorized', 'no such key', { wireCode: 1008 });
const notFound = new TranscriptionError('invalid-input', 'HTTP 404', { wireCode: 404 });
const certificate = new TranscriptionError('network', 'the certificate has expired');
const policy = (maxOutage = 300_000, random = 1, reconnect = true): RetryPolicy =>
  new RetryPolicy({ maxOutage, reconnect }, () => random);

/** A session that failed 300 ms after `Begin` on the same two seconds of audio. */
const early: SessionEnd = { lastedMs: 300, fromMs: 8000, sentMs: 10_000, processedMs: 8300, caughtUp: false };
/** A session that lasted a minute. */
const long: SessionEnd = { lastedMs: 60_000, fromMs: 0, sentMs: 60_000, processedMs: 60_000, caughtUp: false };

/** A policy that knows that the service works. */
function proven(maxOutage?: number): RetryPolicy {
  const one = policy(maxOutage);
  one.reported(9000);
  return one;
}

/** Fails until the policy gives up or `count` is reached, each time after the wait; returns what the policy decided. */
function fail(one: RetryPolicy, error: TranscriptionError, end?: SessionEnd, count = 100, deadline?: number) {
  const retries: Retry[] = [];
  for (let now = 0; retries.length < count;) {
    const retry = one.failed(error, now, end, deadline);
    if (!retry) return { retries, now };
    retries.push(retry);
    now += retry.wait;
  }
  return { retries, now: Infinity };
}
const waits = ({ retries }: { retries: Retry[] }): number[] => retries.map(({ wait }) => wait);

describe('RetryPolicy', () => {
  it('waits up to 250 ms, then twice as long each time, up to 10 s', () => {
    expect(waits(fail(policy(), broken, undefined, 8))).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('waits a random part of that', () => {
    expect(waits(fail(policy(300_000, 0), broken, undefined, 3))).toEqual([0, 0, 0]);
    expect(waits(fail(policy(300_000, 0.5), broken, undefined, 3))).toEqual([125, 250, 500]);
  });

  it('waits 5 to 10 s when the service limits new sessions', () => {
    expect(policy(300_000, 0).failed(limited, 0)).toEqual({ wait: 5000 });
    expect(policy(300_000, 1).failed(limited, 0)).toEqual({ wait: 10_000 });
  });

  it('gives up at once when reconnecting is off', () => {
    expect(policy(300_000, 1, false).failed(broken, 0)).toBeUndefined();
  });

  it('gives up when the outage would last longer than allowed', () => {
    expect(waits(fail(policy(3000), broken))).toEqual([250, 500, 1000]);
    expect(waits(fail(policy(Infinity), broken, undefined, 60)).at(-1)).toBe(10_000);
  });

  it('gives up when the next attempt would start after the deadline', () => {
    expect(waits(fail(policy(), broken, undefined, 100, 2000))).toEqual([250, 500, 1000]);
  });

  describe('refusals', () => {
    it('are final before any session has begun', () => {
      expect(policy().failed(refused, 0)).toBeUndefined();
      expect(policy().failed(notFound, 0)).toBeUndefined();
      expect(policy().failed(refused, 0, early)).toBeUndefined();
    });

    it.each([notFound, certificate])('are an outage once a session has begun: $message', (error) => {
      const one = policy();
      one.failed(broken, 0, long);

      expect(fail(one, error).now).toBeGreaterThan(280_000);
    });

    it('are an outage if they end the first session after it has lasted, even without words', () => {
      expect(policy().failed(refused, 60_000, long)).toEqual({ wait: 250 });
    });

    it('are an outage once a session has ended as it should', () => {
      const one = policy();
      one.ended();

      expect(fail(one, notFound).now).toBeGreaterThan(280_000);
    });

    it('of the key or a setting are final after several tries over half a minute', () => {
      const { retries, now } = fail(proven(), refused);

      expect(retries.length).toBeGreaterThanOrEqual(4);
      expect(now).toBeGreaterThan(20_000);
      expect(now).toBeLessThan(60_000);
    });

    it('by a function of the application are final at any time', () => {
      expect(proven().failed(new TranscriptionError('unauthorized', 'the token function failed'), 0)).toBeUndefined();
    });
  });

  describe('sessions that fail early', () => {
    it('are enough after ten seconds, if there never was any progress', () => {
      const { retries, now } = fail(policy(), broken, { ...early, processedMs: 0 });

      expect(retries.length).toBeGreaterThanOrEqual(3);
      expect(now).toBeGreaterThan(7000);
      expect(now).toBeLessThan(20_000);
    });

    it('are an outage if there was progress before', () => {
      expect(fail(proven(), new TranscriptionError('service', 'restart', { retryable: true }), early, 10).now).toBe(
        Infinity,
      );
    });

    it('do not count if something else ended them', () => {
      expect(fail(policy(), broken, { ...early, blameless: true }, 20).now).toBe(Infinity);
    });
  });

  describe('progress', () => {
    it.each<[string, (one: RetryPolicy) => void]>([
      ['a final', (one) => one.progress()],
      ['words beyond those reported before', (one) => one.reported(9001)],
      ['a session that ended as it should', (one) => one.ended()],
    ])('is %s', (_, act) => {
      const one = proven(3000);
      fail(one, broken, undefined, 3);
      expect(one.failures).toBe(3);

      act(one);

      expect(one.failures).toBe(0);
      expect(one.failed(broken, 100_000)).toEqual({ wait: 250 });
    });

    it('is no word that was reported before', () => {
      const one = proven();
      fail(one, broken, undefined, 3);
      one.reported(9000);

      expect(one.failures).toBe(3);
    });

    it('is a session that lasted and processed more audio than any before', () => {
      const one = policy(3000);
      fail(one, broken, undefined, 3);

      expect(one.failed(broken, 100_000, long)).toEqual({ wait: 250 });
      expect(one.failed(broken, 200_000, long)).toBeUndefined();
    });

    it('is no session that lasted on the same audio a few milliseconds longer', () => {
      const one = proven(20_000);
      const retries = Array.from({ length: 20 }, (_, time) =>
        one.failed(broken, time * 6000, { ...early, lastedMs: 6000, processedMs: 14_000 + time * 10 }),
      );

      expect(retries).toContainEqual(expect.objectContaining({ skipTo: expect.any(Number) }));
    });

    it('is a session that lasted and had processed everything', () => {
      const one = policy(3000);
      one.failed(broken, 0, long);

      expect(one.failed(broken, 100_000, { ...long, caughtUp: true })).toEqual({ wait: 250 });
    });
  });

  describe('audio on which every session fails', () => {
    it('is skipped after maxOutage, after waits that grow', () => {
      const one = proven(20_000);
      const { retries } = fail(one, broken, early, 7);

      expect(waits({ retries: retries.slice(0, 5) })).toEqual([250, 500, 1000, 2000, 4000]);
      expect(retries.findIndex(({ skipTo }) => skipTo !== undefined)).toBe(6);
      expect(retries[6]).toEqual({ wait: 250, skipTo: 10_000 });
      expect(one.suspectsAudio).toBe(false);
    });

    it('ends where the session failed that was sent the least', () => {
      const one = proven(3000);
      for (const sentMs of [18_000, 9200, 9300]) one.failed(broken, 0, { ...early, sentMs });
      expect(one.suspectsAudio).toBe(true);

      expect(one.failed(broken, 5000, early)).toMatchObject({ skipTo: 9200 });
    });

    it('ends after the words that other sessions reported', () => {
      const one = proven(3000);
      for (const sentMs of [18_000, 8900, 9300]) one.failed(broken, 0, { ...early, sentMs });
      expect(one.failed(broken, 5000, { ...early, sentMs: 8900 })).toMatchObject({ skipTo: 9300 });

      one.reported(30_000); // perhaps at times that are wrong: then the position of the last failure is used
      expect(fail(one, broken, early).retries).toContainEqual(expect.objectContaining({ skipTo: 10_000 }));
    });

    it('is skipped three times, further each time; then the service is at fault', () => {
      const { retries } = fail(proven(20_000), broken, { ...early, sentMs: 8100 });

      expect(retries.flatMap(({ skipTo }) => skipTo ?? [])).toEqual([9000, 12_000, 24_000]);
    });

    it('is skipped when the last of few attempts cannot connect', () => {
      const one = proven(3000);
      for (let times = 0; times < 4; times++) one.failed(broken, 0, early);

      expect(one.failed(broken, 5000)).toMatchObject({ skipTo: 10_000 });
    });

    it('is not skipped when most attempts cannot connect', () => {
      const one = proven(3000);
      for (const end of [early, early, early, early, undefined, undefined]) one.failed(broken, 0, end);

      expect(one.failed(broken, 5000)).toBeUndefined();
    });

    it('is not skipped when the service cannot be reached, or when it never worked', () => {
      const one = proven(1000);
      fail(one, broken, early, 2);

      expect(one.failed(broken, 9000)).toBeUndefined();
      expect(fail(policy(5000), broken, { ...early, processedMs: 0 }).retries).not.toContainEqual(
        expect.objectContaining({ skipTo: expect.any(Number) }),
      );
    });
  });
});
