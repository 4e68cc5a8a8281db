import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it, expect } from '@jest/globals';
import { AudioWriter } from 'decibri';
import { ByteReader } from '../../../src/audio/byteReader.ts';
import { decodeAudio } from '../../../src/audio/decodedAudio.ts';
import { inPieces, tone } from './recordings.ts';
import { fc } from '../../support/fastCheck.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rxscribe-flac-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function flac(samples: Int16Array, channels = 1): Promise<Buffer> {
  const path = join(folder, 'a.flac');
  const writer = new AudioWriter(path, { sampleRate: 16_000, channels });
  writer.end(Buffer.from(samples.buffer));
  await once(writer, 'finish');
  return readFile(path);
}

/** Decodes a stream to 16-bit samples, with the reports about it. */
async function decode(bytes: Uint8Array, { channel, most }: { channel?: number; most?: number } = {}) {
  const audio = await decodeAudio(new ByteReader(inPieces(bytes, most)));
  const samples: number[] = [];
  const reports: string[] = [];
  for await (const piece of audio.samples(channel, (line) => reports.push(line))) {
    for (const sample of piece) samples.push(sample * 32_768);
  }
  return { samples, reports, lengthMs: audio.lengthMs };
}

const int16 = (bytes: Buffer): Int16Array => new Int16Array(Uint8Array.from(bytes).buffer);

describe('a FLAC stream', () => {
  it('is decoded to exactly the samples that were encoded, whatever they are', async () => {
    const noise = fc.int16Array({ minLength: 1, maxLength: 12_000 });
    const smooth = fc
      .tuple(fc.integer({ min: 1, max: 12_000 }), fc.double({ min: 1e-4, max: 1, noNaN: true }))
      .map(([length, step]) => Int16Array.from({ length }, (_, index) => 32_767 * Math.sin(index * step)));
    await fc.assert(
      fc.asyncProperty(fc.oneof(noise, smooth), fc.integer({ min: 1, max: 9000 }), async (samples, most) => {
        const decoded = await decode(await flac(samples), { most });
        expect(decoded.samples).toEqual([...samples]);
        expect(decoded.reports).toEqual([]);
        expect(decoded.lengthMs).toBe(samples.length / 16);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps the channels apart', async () => {
    const left = int16(tone(300));
    const samples = Int16Array.from({ length: left.length * 2 }, (_, index) =>
      index % 2 === 0 ? (left[index / 2] ?? 0) : Math.round((left[(index - 1) / 2] ?? 0) * 0.9) + (index % 7),
    );
    const bytes = await flac(samples, 2);
    for (const channel of [0, 1]) {
      // oxlint-disable-next-line no-await-in-loop -- one channel after the other
      expect((await decode(bytes, { channel })).samples).toEqual(
        [...samples].filter((_, index) => index % 2 === channel),
      );
    }
  });

  it('loses only the frame that is damaged, wherever, and reports it', async () => {
    const samples = int16(tone(2000));
    const bytes = await flac(samples);
    const frames = (await decode(bytes)).samples.length;
    const header = bytes.indexOf(Buffer.of(0xff, 0xf8));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: header, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const damaged = Buffer.from(bytes);
          damaged[at] = (damaged[at] ?? 0) ^ flip;
          const { samples: decoded, reports } = await decode(damaged, { most: 1000 });
          const wrong = [...samples].filter((sample, index) => decoded[index] !== sample).length;
          expect(wrong).toBeLessThanOrEqual(4608);
          expect(reports).toHaveLength(1);
          expect(reports[0]).toMatch(
            /^0\.\d s of it are damaged|^its header promises 2\.0 s, but it ends after 1\.\d s$/,
          );
          expect(decoded.length).toBeLessThanOrEqual(frames);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('ends with a report where it is cut off', async () => {
    const bytes = await flac(int16(tone(2000)));
    const { samples, reports } = await decode(bytes.subarray(0, bytes.length / 2));
    expect(samples.length).toBeGreaterThan(8000);
    expect(reports).toEqual([expect.stringMatching(/^its header promises 2\.0 s, but it ends after \d\.\d s$/)]);
  });

  it('ends for any bytes', async () => {
    const start = (await flac(int16(tone(10)))).subarray(0, 42);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        await decode(Buffer.concat([start, bytes])).catch((error: unknown) =>
          expect(error).toMatchObject({ kind: 'file' }),
        );
      }),
    );
  });
});
