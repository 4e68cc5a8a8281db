import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What `npm run bench` measures by time is here counted: the same on every machine. */
const run = promisify(execFile);
const support = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url));

async function counted<Result>(script: string, args: readonly string[] = []): Promise<Result> {
  const { stdout } = await run(process.execPath, [support(script), ...args]);
  return JSON.parse(stdout) as Result;
}

interface Copies {
  readonly size: number;
  readonly chunks: number;
  readonly frames: number;
  readonly arrays: number;
  readonly views: number;
  readonly copied: number;
}

describe('bufferBytes, counted', () => {
  it('copies a byte once, and allocates nothing but its frames', async () => {
    const sizes = [20, 320, 882, 960, 1326, 3200, 4096, 9600, 65_536];
    const results = await counted<Copies[]>('countCopies.js', sizes.map(String));

    expect(results.map(({ size }) => size)).toEqual(sizes);
    for (const { size, chunks, frames, arrays, views, copied } of results) {
      const tail = size * chunks - frames * 3200;
      expect({ size, copied }).toEqual({ size, copied: size * chunks });
      // one is begun before its first byte; a tail is cut out of it
      expect({ size, arrays }).toEqual({ size, arrays: frames + 1 });
      expect(tail).toBeLessThan(3200);
      // where a chunk ends one frame and begins the next
      expect(views).toBeLessThanOrEqual(size % 3200 === 0 && size === 3200 ? 0 : 2 * frames);
    }
    expect(results.filter(({ views }) => views === 0).map(({ size }) => size)).toEqual([20, 320, 3200]);
  });
});

/** Bytes, gzipped, that an entry may have: a tenth more than it had when this was written. Raise one only for what is worth it. */
const LIMITS: Readonly<Record<string, number>> = {
  rxscribe: 18_900,
  'rxscribe/operators': 1500,
  'rxscribe/captions': 3600,
  'rxscribe/files': 6900,
  'rxscribe/tokens': 4300,
  'rxscribe/page': 5500,
  'rxscribe/simulator': 15_400,
};

describe('entries, bundled', () => {
  it('are no larger than they may be', async () => {
    const sizes = await counted<Record<string, { bytes: number; gzipped: number }>>('bundleSizes.js');

    expect(Object.keys(sizes).toSorted()).toEqual(Object.keys(LIMITS).toSorted());
    const tooLarge = Object.entries(sizes).filter(([name, { gzipped }]) => gzipped > (LIMITS[name] ?? 0));
    expect(tooLarge).toEqual([]);
  });
});
