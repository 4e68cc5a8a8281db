import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { startSimulator } from '../src/simulator/index.ts';

const hours = Number(process.env.SOAK_HOURS ?? 3);
const PROGRAM = fileURLToPath(new URL('./support/soak.js', import.meta.url));
const MB = 1024 * 1024;

interface Sample {
  readonly hour: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  readonly handles: number;
}

/** The slope of the line through values an hour apart, by least squares, the first hour left out. */
function perHour(values: readonly number[]): number {
  const later = values.slice(1);
  const middle = (later.length - 1) / 2;
  const spread = later.reduce((sum, _, hour) => sum + (hour - middle) ** 2, 0);
  return later.reduce((sum, value, hour) => sum + (hour - middle) * value, 0) / spread;
}

describe('transcribe, for hours', () => {
  it(`holds no more after ${hours} hours of audio than after one`, async () => {
    await using simulator = await startSimulator({ caDir: process.env.RXSCRIBE_TEST_CA_DIR ?? '', keepAudio: false });
    const args = ['--expose-gc', PROGRAM, simulator.url, simulator.apiKey, String(hours)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'close')) as [number];

    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const samples = lines.slice(0, -1) as Sample[];
    const { finals, stats } = lines.at(-1) as { finals: number; stats: { capturedMs: number; gapMs: number } };
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
    expect(finals).toBe(Math.round(stats.capturedMs / 24_760) * 7);
    expect(stats.gapMs).toBe(0);
    expect(perHour(samples.map(({ heapUsed }) => heapUsed))).toBeLessThan(MB);
    expect(samples.at(-1)!.handles).toBeLessThanOrEqual(10);
    // the system gives memory back when it likes: that shows in a long run only
    if (hours >= 12) expect(perHour(samples.map(({ rss }) => rss))).toBeLessThan(MB);
  }, 3_600_000);
});
