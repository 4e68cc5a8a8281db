import { msToBytes } from './pcm.ts';

/** Skips the chunks of 16-bit audio before a position, in milliseconds. */
export function startingAt(
  startMs = 0,
  { sampleRate, channels }: { readonly sampleRate: number; readonly channels: number },
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  return startMs > 0 ? skipBytes(msToBytes(startMs, { sampleRate }) * channels, chunks) : chunks;
}

async function* skipBytes(count: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(left);
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}
