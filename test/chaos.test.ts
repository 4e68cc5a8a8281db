import { describe, expect, it } from '@jest/globals';
import { runChaos, wordsOutside } from './support/chaos.ts';
import type { ChaosResult } from './support/chaos.ts';

const minutes = Number(process.env.CHAOS_MINUTES ?? 60);
const faults = Number(process.env.CHAOS_FAULTS ?? 60);
const seed = Number(process.env.CHAOS_SEED ?? 1);

const MAX_TURN_WORDS = 14;
/** Audio is sent at high speed, so much of it may follow the stretch that fails before that is noticed. */
const MAX_GAP_MS = 60_000;

/** Prints the figures of a run. */
function print({ words, gaps, stats, faultCounts, seconds }: ChaosResult): void {
  const rows = Object.entries(faultCounts).toSorted(([, a], [, b]) => b - a);
  console.table(Object.fromEntries(rows.map(([fault, count]) => [fault, { count }])));
  const { capturedMs, replayedMs, gapMs, sessions, reconnects } = stats;
  const inMinutes = (ms: number): number => Math.round(ms / 60_000);
  console.table({
    'audio, minutes': inMinutes(capturedMs),
    faults: total(faultCounts),
    sessions,
    reconnects,
    'replayed, minutes': inMinutes(replayedMs),
    words: words.length,
    gaps: gaps.length,
    'gaps, ms': gapMs,
    'duration, s': Math.round(seconds),
  });
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

describe('transcribe under faults and clock steps', () => {
  it(`loses and doubles no word of ${minutes} minutes, and its statistics are exact`, async () => {
    const result = await runChaos({ seed, minutes, faults, clockSteps: Math.ceil(minutes / 10), poisoned: true });
    print(result);

    const spoken = wordsOutside(result.gaps, result.spoken);
    const words = wordsOutside(result.gaps, result.words);
    expect(words.map(({ text }) => text)).toEqual(spoken.map(({ text }) => text));
    // times that the service sends in odd fields are estimated
    const displaced = words.filter(({ start }, index) => start !== spoken[index]!.start);
    expect(displaced.length).toBeLessThanOrEqual(MAX_TURN_WORDS * (result.faultCounts['odd-fields'] ?? 0));
    expect(result.turnOrders).toEqual(result.turnOrders.map((_, index) => index));
    const { capturedMs, transcribedMs, gapMs } = result.stats;
    expect(capturedMs).toBe(minutes * 60_000);
    expect(transcribedMs + gapMs).toBe(capturedMs);
    // audio that always fails is given up, and nothing else
    expect(result.gaps).toHaveLength(result.poisonMs.length);
    for (const [index, { startMs, endMs }] of result.gaps.entries()) {
      expect(startMs).toBeLessThanOrEqual(result.poisonMs[index]!);
      expect(endMs).toBeGreaterThanOrEqual(result.poisonMs[index]!);
      expect(endMs - startMs).toBeLessThan(MAX_GAP_MS);
    }
    expect(result.violations).toEqual([]);
    expect(total(result.faultCounts)).toBeGreaterThanOrEqual(faults);
  }, 7_200_000);
});
