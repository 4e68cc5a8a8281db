/* oxlint-disable no-await-in-loop -- pieces are read one after another */
import { TranscriptionError } from '../errors.ts';
import { msToBytes } from './pcm.ts';
import { readAt } from './wav.ts';
import type { RandomAccess, Wav } from './wav.ts';

/** How much audio one chunk of a recording holds, in milliseconds. */
const CHUNK_MS = 100;

/** The length of a chunk in bytes of 16-bit mono. */
export function chunkBytes(sampleRate: number = 16_000): number {
  return msToBytes(CHUNK_MS, { sampleRate });
}

/** Tells whether the audio of a WAV file is 16-bit mono PCM at this rate, so that its bytes can go out as they are. */
export function isPcm16(wav: Wav, sampleRate: number): boolean {
  return wav.pcm && wav.channels === 1 && wav.bitsPerSample === 16 && wav.sampleRate === sampleRate;
}

/**
 * Reads the audio up to where the header says it ends, or the file does if it holds less or the header does not know.
 *
 * @yields Chunks of the file.
 */
export async function* wavSamples(file: RandomAccess, wav: Wav, fileSize: number): AsyncGenerator<Uint8Array> {
  const there = Math.min(wav.claimed === 0 ? Infinity : wav.claimed, fileSize - wav.start);
  const end = wav.start + there - (there % 2);
  const size = chunkBytes(wav.sampleRate);
  for (let at = wav.start; at < end; at += size) {
    const length = Math.min(size, end - at);
    const chunk = await readAt(file, at, length);
    if (chunk.length < length) {
      throw new TranscriptionError('file', 'the file became shorter while it was being read');
    }
    yield chunk;
  }
}
