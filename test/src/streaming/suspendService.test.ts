import { describe, expect, it } from '@jest/globals';
import { runChaos } from '../../support/chaos.ts';

const HOUR_MS = 3_600_000;

describe('suspendAfter with the local service', () => {
  it('transcribes an hour with a fifth of speech exactly, with sessions open for less than 30 % of it', async () => {
    const { spoken, words, stats, gaps, violations } = await runChaos({
      seed: 7,
      minutes: 60,
      faults: 0,
      suspendAfter: 10_000,
    });

    expect(words).toEqual(spoken); // the same text at the same times, the first words of each block too
    const spokenMs = spoken.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(spokenMs / HOUR_MS).toBeGreaterThan(0.08);
    const { capturedMs, transcribedMs, skippedMs, gapMs, sentMs, sessions } = stats;
    console.table({ sessions, words: words.length, 'open, %': ((100 * sentMs) / HOUR_MS).toFixed(1) });
    expect([capturedMs, gapMs]).toEqual([HOUR_MS, 0]);
    expect(transcribedMs + skippedMs).toBeCloseTo(HOUR_MS, 3);
    expect(sessions).toBe(12);
    // sessions take the audio as it arrives, so this is the time that they would be open live
    expect(sentMs / HOUR_MS).toBeLessThan(0.3);
    expect(gaps).toEqual([]);
    expect(violations).toEqual([]);
  });
});
