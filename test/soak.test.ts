import { describe, expect, it } from '@jest/globals';
import { startSimulator } from '../src/simulator/index.ts';
import { expectedFinals, growthPerHour, runSoak } from './support/soak.js';

const hours = Number(process.env.SOAK_HOURS ?? 3);
const MB = 1024 * 1024;

describe('transcribe, over hours of audio', () => {
  it(`needs no more memory after ${hours} hours of audio than after one`, async () => {
    await using simulator = await startSimulator({
      caDir: process.env.RXSCRIBE_TEST_CA_DIR ?? '',
      keepAudio: false,
      ...(hours >= 12 && { maxSessionSeconds: 8 }), // a successor after 6 s, some six hours of audio
    });
    const { code, samples, finals, stats } = await runSoak(simulator, hours);

    console.table(
      samples.map(({ hour, heapUsed, external, rss, handles }) => ({
        hour,
        'heap MB': (heapUsed / MB).toFixed(2),
        'external MB': (external / MB).toFixed(2),
        'RSS MB': (rss / MB).toFixed(1),
        handles,
      })),
    );
    expect(code).toBe(0);
    expect(finals).toBe(expectedFinals(stats.capturedMs));
    expect(stats.gapMs).toBe(0);
    expect(growthPerHour(samples, 'heapUsed', 1)).toBeLessThan(MB);
    expect(samples.at(-1)!.handles).toBeLessThanOrEqual(10);
    // the system releases memory irregularly, so RSS is meaningful only in a long run
    if (hours >= 12) expect(growthPerHour(samples, 'rss', 1)).toBeLessThan(MB);
  }, 3_600_000);
});
