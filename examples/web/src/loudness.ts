const QUIETEST_DB = -60;

/** The perceived loudness of 16-bit samples: 0 for silence, 1 for full scale. */
export function loudness(chunk: Uint8Array): number {
  const samples = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  let sum = 0;
  for (let at = 0; at + 1 < chunk.byteLength; at += 2) sum += (samples.getInt16(at, true) / 32_768) ** 2;
  const decibels = 10 * Math.log10((2 * sum) / chunk.byteLength);
  return Math.max(0, 1 - decibels / QUIETEST_DB);
}
