import { open, stat } from 'node:fs/promises';
import { readWav } from '../../audio/wav.ts';

/** Length of a WAV file by its header, in milliseconds; `undefined` if the header does not contain it. */
export async function recordingLength(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return undefined; // opening a named pipe would block until a writer opens it
  const file = await open(path).catch(() => undefined);
  try {
    const wav = file && (await readWav(file));
    if (!wav) return undefined;
    const { claimed, start, channels, sampleRate, bitsPerSample } = wav;
    const bytes = Math.min(claimed === 0 ? Infinity : claimed, stats.size - start);
    return (bytes * 8000) / (channels * sampleRate * bitsPerSample);
  } catch {
    return undefined; // the source reports what is wrong with the file
  } finally {
    await file?.close();
  }
}
