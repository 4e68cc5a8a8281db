import { msToBytes } from './pcm.ts';

/** The audio in one chunk of a recording, in milliseconds. */
const CHUNK_MS = 100;

/** The length of a chunk of 16-bit audio in bytes, at so many samples per second of all channels. */
export function chunkBytes(sampleRate: number): number {
  return msToBytes(CHUNK_MS, { sampleRate });
}
