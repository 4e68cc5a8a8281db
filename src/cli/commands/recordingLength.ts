import { open, stat } from 'node:fs/promises';
import { readWav } from '../../audio/wav.ts';

/** How long a recording is by the header of its WAV file, in milliseconds; `undefined` where that does not tell. */
export async function lengthOf(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return undefined; // opening a pipe would wait for its writer
  const file = await open(path).catch(() => undefined);
  try {
    const wav = file && (await readWav(file));
    if (!wav) return undefined;
    const { claimed, start, channels, sampleRate, bitsPerSample } = wav;
    const bytes = Math.min(claimed === 0 ? Infinity : claimed, stats.size - start);
    return (bytes * 8000) / (channels * sampleRate * bitsPerSample);
  } catch {
    return undefined; // what is wrong with the file, the source tells
  } finally {
    await file?.close();
  }
}
