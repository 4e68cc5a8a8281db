/** Samples of -1 to 1 as they leave: 16-bit, in the byte order that is little-endian wherever browsers run. */
export function pcm16(samples: Float32Array): Uint8Array {
  const result = Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
  return new Uint8Array(result.buffer);
}
