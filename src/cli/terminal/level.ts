/** The level of digital silence in dBFS: the lowest that 16-bit samples can represent. */
export const SILENCE_DB = -96;

/** The RMS level of 16-bit samples in dBFS; a full-scale square wave is 0. */
export function levelOf({ buffer, byteOffset, byteLength }: Uint8Array): number {
  const samples = new DataView(buffer, byteOffset, byteLength - (byteLength % 2));
  let sum = 0;
  for (let at = 0; at < samples.byteLength; at += 2) sum += samples.getInt16(at, true) ** 2;
  if (sum === 0) return SILENCE_DB;
  return Math.max(SILENCE_DB, 10 * Math.log10((sum * 2) / samples.byteLength / 32_768 ** 2));
}

/** The level at which the meter is empty, in dBFS. */
const FLOOR_DB = -60;

/** Draws a level as a bar of `cells` characters. */
export function meter(db: number, cells: number): string {
  const lit = Math.round(Math.min(1, Math.max(0, 1 - db / FLOOR_DB)) * cells);
  return '█'.repeat(lit) + '░'.repeat(cells - lit);
}
