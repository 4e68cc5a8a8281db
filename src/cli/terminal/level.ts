/** What silence is taken for, in dBFS: 16-bit samples reach no lower. */
export const SILENCE_DB = -96;

/** The level of a chunk of 16-bit samples: its root mean square in dBFS, where a square wave of full scale is 0. */
export function levelOf({ buffer, byteOffset, byteLength }: Uint8Array): number {
  const samples = new DataView(buffer, byteOffset, byteLength - (byteLength % 2));
  let sum = 0;
  for (let at = 0; at < samples.byteLength; at += 2) sum += samples.getInt16(at, true) ** 2;
  if (sum === 0) return SILENCE_DB;
  return Math.max(SILENCE_DB, 10 * Math.log10((sum * 2) / samples.byteLength / 32_768 ** 2));
}

/** The quietest level that a meter shows, in dBFS. */
const FLOOR_DB = -60;

/** Draws a level as a bar. */
export function meter(db: number, cells: number): string {
  const lit = Math.round(Math.min(1, Math.max(0, 1 - db / FLOOR_DB)) * cells);
  return '█'.repeat(lit) + '░'.repeat(cells - lit);
}
