import { describe, it, expect } from '@jest/globals';
import fc from 'fast-check';
import { readAt, readWav } from '../../../src/audio/wav.ts';
import type { RandomAccess } from '../../../src/audio/wav.ts';
import { fmt, riff } from './recordings.ts';
import type { RiffChunk } from './recordings.ts';

/** A file in memory that returns at most so many bytes per read. */
function file(bytes: Uint8Array, most = Infinity): RandomAccess {
  return {
    read: (buffer, offset, length, position) => {
      const part = bytes.subarray(position, position + Math.min(length, most));
      buffer.set(part, offset);
      return Promise.resolve({ bytesRead: part.length });
    },
  };
}

const data: RiffChunk = { id: 'data', body: Uint8Array.of(1, 2, 3, 4) };
const other = fc.record({
  id: fc.constantFrom('LIST', 'fact', 'bext', 'PEAK', 'JUNK'),
  body: fc.uint8Array({ maxLength: 33 }),
});

describe('readWav', () => {
  it('finds the format and the audio', async () => {
    expect(await readWav(file(riff([fmt({ channels: 2, sampleRate: 44_100, bits: 24 }), data])))).toEqual({
      pcm: true,
      channels: 2,
      sampleRate: 44_100,
      bitsPerSample: 24,
      start: 44,
      claimed: 4,
    });
  });

  it('finds them among other chunks of odd and even length, however short the reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(other), fc.array(other), fc.integer({ min: 1, max: 50 }), async (a, b, most) => {
        const bytes = riff([...a, fmt(), ...b, data, { id: 'LIST', body: new Uint8Array(5) }]);
        const found = await readWav(file(bytes, most));
        expect(found).toMatchObject({ pcm: true, channels: 1, sampleRate: 16_000, bitsPerSample: 16, claimed: 4 });
        expect(bytes.subarray(found?.start).subarray(0, 4)).toEqual(Buffer.from(data.body));
      }),
    );
  });

  it.each([
    ['linear PCM', { tag: 1 }, true],
    ['float', { tag: 3 }, false],
    ['mu-law', { tag: 7 }, false],
    ['extensible linear PCM', { tag: 0xfffe, subFormat: 1 }, true],
    ['extensible float', { tag: 0xfffe, subFormat: 3 }, false],
    ['extensible without its extension', { tag: 0xfffe }, false],
  ])('recognises %s', async (_, format, pcm) => {
    expect(await readWav(file(riff([fmt(format), data])))).toMatchObject({ pcm });
  });

  it('returns the size in the header, even if it means unknown', async () => {
    expect(await readWav(file(riff([fmt(), { ...data, size: 0xffffffff }])))).toMatchObject({ claimed: 0xffffffff });
  });

  it('rejects wherever the file ends within the header', async () => {
    const whole = riff([{ id: 'LIST', body: new Uint8Array(7) }, fmt(), data]);
    const header = whole.length - data.body.length;
    for (let length = 12; length < header; length += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one length after another
      await expect(readWav(file(whole.subarray(0, length)))).rejects.toMatchObject({
        kind: 'file',
        message: 'the file ends within its WAV header',
      });
    }
  });

  it.each([
    ['another container', Buffer.from('fLaC and so on and on')],
    ['another RIFF form', riff([fmt(), data], 'AVI ')],
    ['audio before its format', riff([data, fmt()])],
    ['a format too short to be one', riff([{ id: 'fmt ', body: new Uint8Array(14) }, data])],
    ['zeros where a chunk should be', Buffer.concat([riff([]), Buffer.alloc(64)])],
    ['nothing', Buffer.alloc(0)],
  ])('returns undefined for %s', async (_, bytes) => {
    expect(await readWav(file(bytes))).toBeUndefined();
  });

  it('ends for any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const found = readWav(file(Buffer.concat([riff([]), bytes])));
        await found.then(
          (wav) => expect(wav === undefined || wav.start > 12).toBe(true),
          (error: unknown) => expect(error).toMatchObject({ kind: 'file' }),
        );
      }),
    );
  });
});

describe('readAt', () => {
  it('returns the bytes at a position, fewer only at the end', async () => {
    const bytes = Uint8Array.from({ length: 10 }, (_, index) => index);
    expect(await readAt(file(bytes, 3), 2, 5)).toEqual(Buffer.from([2, 3, 4, 5, 6]));
    expect(await readAt(file(bytes, 3), 8, 5)).toEqual(Buffer.from([8, 9]));
    expect(await readAt(file(bytes), 20, 5)).toHaveLength(0);
  });
});
