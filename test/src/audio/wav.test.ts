import { describe, it, expect } from '@jest/globals';
import { ByteReader } from '../../../src/audio/byteReader.ts';
import { readWavHeader } from '../../../src/audio/wav.ts';
import { fmt, inPieces, riff } from './recordings.ts';
import type { RiffChunk } from './recordings.ts';
import { fc } from '../../support/fastCheck.ts';

/** The header, and the byte after it. */
async function header(bytes: Uint8Array, most = Infinity) {
  const reader = new ByteReader(inPieces(bytes, most));
  const found = await readWavHeader(reader);
  return { found, next: (await reader.take(1))[0] };
}

const data: RiffChunk = { id: 'data', body: Uint8Array.of(1, 2, 3, 4) };
const other = fc.record({
  id: fc.constantFrom('LIST', 'fact', 'bext', 'PEAK', 'JUNK'),
  body: fc.uint8Array({ maxLength: 33 }),
});

describe('readWavHeader', () => {
  it('finds the format and the audio', async () => {
    const bytes = riff([fmt({ channels: 2, sampleRate: 44_100, bits: 24 }), data]);
    expect(await header(bytes)).toEqual({
      found: { encoding: 'int24', littleEndian: true, channels: 2, sampleRate: 44_100, audioBytes: 4 },
      next: 1,
    });
  });

  it('finds them among other chunks of odd and even length, however short the pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(other), fc.array(other), fc.integer({ min: 1, max: 50 }), async (a, b, most) => {
        const bytes = riff([...a, fmt(), ...b, data, { id: 'LIST', body: new Uint8Array(5) }]);
        const { found, next } = await header(bytes, most);
        expect(found).toMatchObject({ encoding: 'int16', channels: 1, sampleRate: 16_000, audioBytes: 4 });
        expect(next).toBe(1);
      }),
    );
  });

  it.each([
    ['8 bits', { bits: 8 }, 'uint8'],
    ['12 bits in 2 bytes', { bits: 12, bytes: 2 }, 'int16'],
    ['20 bits in 3 bytes', { bits: 20, bytes: 3 }, 'int24'],
    ['32 bits', { bits: 32 }, 'int32'],
    ['32-bit float', { tag: 3, bits: 32 }, 'float32'],
    ['64-bit float', { tag: 3, bits: 64 }, 'float64'],
    ['A-law', { tag: 6, bits: 8 }, 'alaw'],
    ['mu-law', { tag: 7, bits: 8 }, 'mulaw'],
    ['extensible PCM', { tag: 0xfffe, subFormat: 1 }, 'int16'],
    ['extensible float', { tag: 0xfffe, subFormat: 3, bits: 32 }, 'float32'],
  ])('recognises %s', async (_, format, encoding) => {
    expect((await header(riff([fmt(format), data]))).found).toMatchObject({ encoding });
  });

  it.each([
    ['Microsoft ADPCM', { tag: 2, bits: 4 }],
    ['MP3', { tag: 0x55 }],
    ['codec 4660', { tag: 0x1234 }],
    ['48-bit samples', { bits: 48 }],
    ['codec 65534', { tag: 0xfffe }],
  ])('names %s, which it cannot read', async (name, format) => {
    await expect(header(riff([fmt(format), data]))).rejects.toThrow(`it is a WAV file with ${name}, which only ffmpeg`);
  });

  it.each([0, 0xffffffff, 0x7fffffff])('takes a size of %i as unknown', async (size) => {
    expect((await header(riff([fmt(), { ...data, size }]))).found?.audioBytes).toBeUndefined();
  });

  it('reads the 64-bit size of an RF64 file', async () => {
    const body = Buffer.alloc(28);
    body.writeBigUInt64LE(5_000_000_000n, 8);
    const bytes = riff([{ id: 'ds64', body }, fmt(), { ...data, size: 0xffffffff }], 'WAVE', 'RF64');
    expect((await header(bytes)).found?.audioBytes).toBe(5_000_000_000);
  });

  it('rejects wherever the file ends within the header', async () => {
    const whole = riff([{ id: 'LIST', body: new Uint8Array(7) }, fmt(), data]);
    const end = whole.length - data.body.length;
    for (let length = 12; length < end; length += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one length after another
      await expect(header(whole.subarray(0, length))).rejects.toMatchObject({
        kind: 'file',
        message: 'the file ends within its WAV header',
      });
    }
  });

  it.each([
    ['another RIFF form', riff([fmt(), data], 'AVI ')],
    ['audio before its format', riff([data, fmt()])],
    ['a format too short to be one', riff([{ id: 'fmt ', body: new Uint8Array(14) }, data])],
    ['a format without channels', riff([fmt({ channels: 0 }), data])],
    ['zeros where a chunk should be', Buffer.concat([riff([]), Buffer.alloc(64)])],
  ])('returns undefined for %s', async (_, bytes) => {
    expect((await header(bytes)).found).toBeUndefined();
  });

  it('ends for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const found = header(Buffer.concat([riff([]), bytes]));
        await found.catch((error: unknown) => expect(String(error)).toMatch(/ends within|only ffmpeg/));
      }),
    );
  });
});
