/** Converts samples of -1 to 1 to 16-bit PCM. Browsers only run on little-endian machines. */
export function pcm16(samples: Float32Array): Uint8Array {
  const result = Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
  return new Uint8Array(result.buffer);
}
