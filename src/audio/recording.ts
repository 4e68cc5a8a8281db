import { open, stat } from 'node:fs/promises';
import type { FileOptions } from 'decibri';
import { TranscriptionError } from '../errors.ts';
import { loadDecibri } from './loadDecibri.ts';
import { fileError } from './fileError.ts';
import type { DeliveredFormat } from './audioOptions.ts';
import { readWav } from './wav.ts';
import type { Wav } from './wav.ts';
import { chunkBytes, isPcm16, wavSamples } from './wavSamples.ts';

/** The bytes at the start of every container before it describes its audio. */
const MIN_FILE_BYTES = 12;

/** The output format, and how the audio is conditioned. */
export type RecordingOptions = DeliveredFormat &
  Readonly<Pick<FileOptions, 'sampleRate' | 'channelMap' | 'dcRemoval' | 'denoise' | 'highpass' | 'agc' | 'limiter'>>;

/**
 * Reads a recording.
 *
 * @yields Chunks of 100 ms of 16-bit mono PCM, the last one shorter.
 */
export async function* recording(path: string, options: RecordingOptions): AsyncGenerator<Uint8Array> {
  try {
    if (!(yield* unconverted(path, options, await sizeOf(path)))) {
      yield* converted(path, options);
    }
  } catch (error) {
    throw fileError(path, error);
  }
}

/**
 * Reads the audio unchanged, if the file has the wanted format.
 *
 * @yields Chunks of the file.
 * @returns Whether it did.
 */
async function* unconverted(
  path: string,
  options: RecordingOptions,
  fileSize: number,
): AsyncGenerator<Uint8Array, boolean> {
  const file = await open(path);
  try {
    const wav = await readWav(file);
    const fits = wav !== undefined && isDelivered(wav, options);
    if (fits) {
      yield* wavSamples(file, wav, fileSize);
    }
    return fits;
  } finally {
    await file.close();
  }
}

function isDelivered(wav: Wav, options: RecordingOptions): boolean {
  const { sampleRate = 16_000, channelMap, dcRemoval = false, denoise, highpass, agc, limiter } = options;
  const conditioned = dcRemoval || [channelMap, denoise, highpass, agc, limiter].some((value) => value !== undefined);
  return !conditioned && isPcm16(wav, sampleRate);
}

async function* converted(path: string, options: RecordingOptions): AsyncGenerator<Uint8Array> {
  const { File } = await loadDecibri('file');
  const file = await File.open(path, options);
  const size = chunkBytes(options.sampleRate);
  try {
    let rest = Buffer.alloc(0);
    for await (const piece of file) {
      rest = Buffer.concat([rest, piece]);
      for (; rest.length >= size; rest = rest.subarray(size)) {
        yield rest.subarray(0, size);
      }
    }
    if (rest.length > 0) {
      yield rest;
    }
  } finally {
    file.close();
  }
}

/** Returns the size of a file in bytes. Refuses anything else before it is opened: opening a pipe would block. */
async function sizeOf(path: string): Promise<number> {
  const stats = await stat(path);
  if (stats.isDirectory()) {
    throw new TranscriptionError('file', 'it is a directory');
  }
  if (!stats.isFile()) {
    throw new TranscriptionError('file', 'it is not a regular file, pipe raw PCM into pcmStream instead');
  }
  if (stats.size === 0) {
    throw new TranscriptionError('file', 'it is empty');
  }
  if (stats.size < MIN_FILE_BYTES) {
    throw new TranscriptionError('file', `it is not a recording, it holds only ${stats.size} bytes`);
  }
  return stats.size;
}
