/* oxlint-disable no-await-in-loop -- pieces are read one after another */
import { TranscriptionError } from '../errors.ts';
import { msToBytes } from './pcm.ts';
import { readAt } from './wav.ts';
import type { RandomAccess, Wav } from './wav.ts';

/** The audio in one chunk of a recording, in milliseconds. */
const CHUNK_MS = 100;
/** Chunks per read: a read for each chunk costs more than sending it. */
const CHUNKS_READ = 20;

/** The length of a chunk in bytes of 16-bit mono. */
export function chunkBytes(sampleRate: number = 16_000): number {
  return msToBytes(CHUNK_MS, { sampleRate });
}

/** Whether a WAV file holds 16-bit mono PCM at this rate, so that its bytes can be emitted unchanged. */
export function isPcm16(wav: Wav, sampleRate: number): boolean {
  return wav.pcm && wav.channels === 1 && wav.bitsPerSample === 16 && wav.sampleRate === sampleRate;
}

/**
 * Reads the audio to the end that the header gives, or to the end of the file if that is nearer or the header gives none.
 *
 * @yields Chunks of the file.
 */
export async function* wavSamples(file: RandomAccess, wav: Wav, fileSize: number): AsyncGenerator<Uint8Array> {
  const there = Math.min(wav.claimed === 0 ? Infinity : wav.claimed, fileSize - wav.start);
  const end = wav.start + there - (there % 2);
  const size = chunkBytes(wav.sampleRate);
  for (let at = wav.start; at < end; at += CHUNKS_READ * size) {
    const length = Math.min(CHUNKS_READ * size, end - at);
    const read = await readAt(file, at, length);
    if (read.length < length) {
      throw new TranscriptionError('file', 'the file became shorter while it was being read');
    }
    for (let from = 0; from < length; from += size) yield read.subarray(from, from + size);
  }
}
