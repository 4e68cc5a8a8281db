/** Converts samples of -1 to 1 to 16-bit PCM. Browsers only run on little-endian machines. */
export function pcm16(samples: Float32Array): Uint8Array {
  const result = new Int16Array(samples.length);
  // A loop, because `Int16Array.from` takes fifteen times as long.
  for (let at = 0; at < samples.length; at += 1) {
    result[at] = Math.max(-32_768, Math.min(32_767, Math.round(samples[at]! * 32_768)));
  }
  return new Uint8Array(result.buffer);
}
