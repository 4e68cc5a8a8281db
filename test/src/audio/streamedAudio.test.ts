import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, expect } from '@jest/globals';
import { AudioWriter } from 'decibri';
import { lastValueFrom, take, toArray } from 'rxjs';
import { PassThrough } from 'node:stream';
import { streamedAudio } from '../../../src/audio/streamedAudio.ts';
import type { StreamedAudioOptions } from '../../../src/audio/streamedAudio.ts';
import { fmt, inPieces, riff, tone, wav } from './recordings.ts';
import { fc } from '../../support/fastCheck.ts';

const all = async (bytes: Uint8Array, most: number, options?: StreamedAudioOptions): Promise<Buffer> =>
  Buffer.concat(await lastValueFrom(streamedAudio(inPieces(bytes, most), options).pipe(toArray())));

describe('streamedAudio', () => {
  it('decodes WAV and AIFF, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5000 }), async (most) => {
        expect(await all(wav(tone(100)), most)).toEqual(tone(100));
      }),
      { numRuns: 20 },
    );
    const converted = await all(wav(tone(500, 48_000, 2), { sampleRate: 48_000, channels: 2 }), 1000);
    expect(converted.length).toBe(500 * 32);
  });

  it('decodes FLAC', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rxscribe-streamed-'));
    const writer = new AudioWriter(join(folder, 'a.flac'), { sampleRate: 16_000 });
    writer.end(tone(500));
    await once(writer, 'finish');
    expect(await all(await readFile(join(folder, 'a.flac')), 777)).toEqual(tone(500));
    await rm(folder, { recursive: true });
  });

  it('emits WAV while it arrives', async () => {
    const input = new PassThrough();
    const first = lastValueFrom(streamedAudio(input).pipe(take(1)));
    input.write(riff([fmt(), { id: 'data', body: tone(100), size: 0xffffffff }]));
    expect(Buffer.from(await first)).toEqual(tone(100));
  });

  it('passes raw PCM through, whatever its samples', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 2, maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        async (bytes, most) => {
          expect(await all(bytes, most)).toEqual(Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2))));
        },
      ),
    );
    const looksLikeMp3 = Buffer.alloc(8000, Buffer.of(0xff, 0xfb, 0, 0));
    expect(await all(looksLikeMp3, 1000)).toEqual(looksLikeMp3);
  });

  it.each([
    ['is empty', Buffer.alloc(0), /^cannot read "-": it contains no audio$/],
    ['has a header only', wav(Buffer.alloc(0)), /^cannot read "-": it contains no audio$/],
    [
      'has another codec',
      wav(tone(10), { tag: 2, bits: 4 }),
      /^cannot read "-": it is a WAV .* ffmpeg -i - .* s16le -$/,
    ],
  ])('errors when the input %s', async (_, bytes, message) => {
    await expect(all(bytes, 1000)).rejects.toMatchObject({ kind: 'file', message: expect.stringMatching(message) });
  });

  it('refuses a bad input and bad options when called', () => {
    // @ts-expect-error not a stream
    expect(() => streamedAudio('a.wav')).toThrow(TypeError);
    expect(() => streamedAudio(inPieces(tone(1)), { sampleRate: 1 })).toThrow(RangeError);
  });
});
