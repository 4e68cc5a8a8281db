/* oxlint-disable no-await-in-loop -- pieces are read one after another */
import { TranscriptionError } from '../errors.ts';
import { msToBytes } from './pcm.ts';
import { readAt } from './wav.ts';
import type { RandomAccess, Wav } from './wav.ts';

/** How much audio one chunk of a recording holds, in milliseconds. */
const CHUNK_MS = 100;
/** How many chunks are read at once: to go to the file for each costs more than to send it. */
const CHUNKS_READ = 20;

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
  for (let at = wav.start; at < end; at += CHUNKS_READ * size) {
    const length = Math.min(CHUNKS_READ * size, end - at);
    const read = await readAt(file, at, length);
    if (read.length < length) {
      throw new TranscriptionError('file', 'the file became shorter while it was being read');
    }
    for (let from = 0; from < length; from += size) yield read.subarray(from, from + size);
  }
}
