import { describe, expect, it } from '@jest/globals';
import { Suspension } from '../../../src/streaming/suspension.ts';

/** Ends after 5 s without speech, and keeps 2 s. It starts suspended at 0. */
const suspension = (): Suspension => new Suspension({ suspendAfter: 5000, preRoll: 2000 }, 0, 0);

/** The same, with a session that is open since speech from 10 to 11 s of audio, in real time. */
const open = (): Suspension => {
  const one = suspension();
  one.speech(10_000, 11_000, 11_000);
  one.wake(11_000, 11_000);
  return one;
};

describe('Suspension', () => {
  it('starts suspended, and keeps the pre-roll', () => {
    const one = suspension();

    expect(one.isSuspended).toBe(true);
    expect(one.keepFrom(1000)).toBe(0);
    expect(one.keepFrom(10_000)).toBe(8000);
    expect(one.speechFrom).toBeUndefined();
  });

  it('starts the next session before the first speech, and not before the end of the last session', () => {
    const early = suspension();
    early.speech(500, 600, 600);
    const late = suspension();
    late.speech(9000, 9100, 9100);
    late.speech(9100, 9200, 9200);

    expect([early.speechFrom, late.speechFrom]).toEqual([0, 7000]);
    expect(late.keepFrom(20_000)).toBe(7000);
  });

  it('is due after enough audio without speech', () => {
    const one = open();
    one.speech(30_000, 31_000, 31_000);

    expect(one.isDue(35_999, 35_999)).toBe(false);
    expect(one.isDue(36_000, 36_000)).toBe(true);
  });

  it('is due after as much time if the source emits nothing', () => {
    const one = open();
    one.speech(30_000, 31_000, 31_000);

    expect(one.isDue(31_000, 35_999)).toBe(false);
    expect(one.isDue(31_000, 36_000)).toBe(true);
  });

  it('is due after as much audio if a recording is faster than real time', () => {
    expect(open().isDue(31_000, 11_100)).toBe(true);
  });

  it('is due 20 s after speech woke it, however many sessions failed since', () => {
    const one = open();

    expect(one.isDue(30_999, 30_999)).toBe(false);
    expect(one.isDue(31_000, 31_000)).toBe(true);
  });

  it('is not due while nothing is open', () => {
    const one = suspension();

    expect(one.isDue(100_000, 100_000)).toBe(false);
  });

  it('notices speech while the session ends', () => {
    const one = open();
    one.end(40_000);
    one.speech(40_500, 40_600, 40_600);

    expect([one.isOpen, one.isSuspended, one.speechFrom]).toEqual([false, false, 40_000]);
  });

  it('is open again if the session failed before its end', () => {
    const one = open();
    one.end(40_000);
    one.reopen();

    expect(one.isOpen).toBe(true);
  });

  it('forgets the speech of the suspension before', () => {
    const one = open();
    one.end(40_000);
    one.settle();

    expect([one.isSuspended, one.endedAt, one.speechFrom, one.keepFrom(50_000)]).toEqual([
      true,
      40_000,
      undefined,
      48_000,
    ]);
  });
});
