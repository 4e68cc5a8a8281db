import { describe, expect, it } from '@jest/globals';
import { runChaos } from './support/chaos.ts';

const minutes = Number(process.env.CHAOS_MINUTES ?? 120);
const faults = Number(process.env.CHAOS_FAULTS ?? 240);
const seed = Number(process.env.CHAOS_SEED ?? 1);

describe('transcribe, while everything goes wrong', () => {
  it(`tells ${minutes} minutes word for word, on one clock, with exact accounts`, async () => {
    const calm = await runChaos({ seed, minutes, faults: 0 });
    const storm = await runChaos({ seed, minutes, faults });
    const count = Object.values(storm.struck).reduce((sum, one) => sum + one, 0);
    console.log({ ...storm, told: storm.told.length, turnOrders: undefined, faults: count, calmSeconds: calm.seconds });

    expect(storm.told).toEqual(calm.told);
    expect(storm.turnOrders).toEqual(calm.turnOrders);
    expect(storm.turnOrders).toEqual(storm.told.map((_, index) => index));
    expect(storm.stats).toMatchObject({ capturedMs: minutes * 60_000, transcribedMs: minutes * 60_000, gapMs: 0 });
    expect(storm.gaps).toBe(0);
    expect(storm.violations).toEqual([]);
  }, 3_600_000);
});
