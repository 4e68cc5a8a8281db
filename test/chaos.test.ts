import { describe, expect, it } from '@jest/globals';
import { runChaos } from './support/chaos.ts';
import type { Outcome } from './support/chaos.ts';

const minutes = Number(process.env.CHAOS_MINUTES ?? 120);
const faults = Number(process.env.CHAOS_FAULTS ?? 200);
const seed = Number(process.env.CHAOS_SEED ?? 1);

/** What a reader wants to know of a run. */
function show({ told, stats, struck, seconds }: Outcome): void {
  const rows = Object.entries(struck).toSorted(([, a], [, b]) => b - a);
  console.table(Object.fromEntries(rows.map(([fault, count]) => [fault, { struck: count }])));
  const total = rows.reduce((sum, [, count]) => sum + count, 0);
  const { capturedMs, replayedMs, gapMs, sessions, reconnects } = stats;
  const inMinutes = (ms: number): number => Math.round(ms / 60_000);
  console.table({
    'minutes of audio': inMinutes(capturedMs),
    'faults struck': total,
    sessions,
    reconnections: reconnects,
    'minutes sent again': inMinutes(replayedMs),
    'finals told': told.length,
    'milliseconds lost': gapMs,
    'seconds it took': Math.round(seconds),
  });
}

describe('transcribe, while everything goes wrong', () => {
  it(`tells ${minutes} minutes word for word, on one clock, with exact accounts`, async () => {
    const calm = await runChaos({ seed, minutes, faults: 0 });
    const storm = await runChaos({ seed, minutes, faults });
    show(storm);

    expect(storm.told).toEqual(calm.told);
    expect(storm.turnOrders).toEqual(storm.told.map((_, index) => index));
    expect(storm.stats).toMatchObject({ capturedMs: minutes * 60_000, transcribedMs: minutes * 60_000, gapMs: 0 });
    expect(storm.gaps).toBe(0);
    expect(storm.violations).toEqual([]);
    const struck = Object.values(storm.struck).reduce((sum, count) => sum + count, 0);
    expect(struck).toBeGreaterThanOrEqual(faults);
  }, 7_200_000);
});
