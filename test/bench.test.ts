import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const support = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url));

async function output<Result>(script: string, args: readonly string[] = []): Promise<Result> {
  const { stdout } = await run(process.execPath, [support(script), ...args]);
  return JSON.parse(stdout) as Result;
}

interface Copies {
  readonly size: number;
  readonly chunks: number;
  readonly frames: number;
  readonly arrays: number;
  readonly buffers: number;
  readonly views: number;
  readonly copied: number;
}

describe('work per chunk in bufferBytes', () => {
  it('copies each byte once and allocates only its frames', async () => {
    const sizes = [20, 320, 882, 960, 1326, 3200, 4096, 9600, 65_536];
    const results = await output<Copies[]>('countCopies.js', sizes.map(String));

    expect(results.map(({ size }) => size)).toEqual(sizes);
    for (const { size, chunks, frames, arrays, views, copied } of results) {
      const tail = size * chunks - frames * 3200;
      expect({ size, copied }).toEqual({ size, copied: size * chunks });
      // a tail is cut out of a frame that was allocated, too
      expect({ size, arrays }).toEqual({ size, arrays: frames + ((size * chunks) % 3200 > 0 ? 1 : 0) });
      expect(tail).toBeLessThan(3200);
      // a chunk that spans two frames is split into views
      expect(views).toBeLessThanOrEqual(size % 3200 === 0 && size === 3200 ? 0 : 2 * frames);
    }
    expect(results.filter(({ views }) => views === 0).map(({ size }) => size)).toEqual([20, 320, 3200]);
  });
});

describe('work per chunk from the source to the session', () => {
  it('copies each byte once, to the tape, whose blocks hold four frames', async () => {
    const results = await output<Copies[]>('countCopies.js', ['--session', '960', '1326', '3200', '65536']);

    for (const { size, chunks, frames, arrays, buffers, copied } of results) {
      const blocks = Math.ceil((size * chunks) / 3200 / 4);
      expect(frames).toBeGreaterThan(300);
      expect({ size, copied, arrays, buffers }).toEqual({ size, copied: size * chunks, arrays: 0, buffers: blocks });
    }
  });
});

/** Limits in gzipped bytes of what is loaded with an entry: a tenth above the size when they were set. Raise one only for a feature worth its size. */
const LIMITS: Readonly<Record<string, number>> = {
  rxscribe: 34_600,
  'rxscribe/operators': 3050, // the target of 3 kB, and the difference between versions of zlib
  'rxscribe/testing': 1000,
  'rxscribe/captions': 4800,
  'rxscribe/files': 15_400,
  'rxscribe/tokens': 5400,
  'rxscribe/page': 11_900,
  'rxscribe/simulator': 18_000,
  'rxscribe/local': 17_000,
  'rxscribe/rooms': 36_600,
};

describe('bundle sizes of the entries', () => {
  it('stay within their limits', async () => {
    const sizes = await output<Record<string, { bytes: number; gzipped: number }>>('bundleSizes.js');

    expect(Object.keys(sizes).toSorted()).toEqual(Object.keys(LIMITS).toSorted());
    const tooLarge = Object.entries(sizes).filter(([name, { gzipped }]) => gzipped > (LIMITS[name] ?? 0));
    expect(tooLarge).toEqual([]);
  });
});
