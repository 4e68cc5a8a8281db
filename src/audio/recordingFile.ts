/* oxlint-disable no-await-in-loop -- pieces are read one after another */
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { TranscriptionError } from '../errors.ts';
import { ByteReader } from './byteReader.ts';
import { conditioning } from './conditioned.ts';
import { decodeAudio } from './decodedAudio.ts';
import type { ReportLoss } from './pcmAudio.ts';
import { fileError } from './fileError.ts';
import { recordingChunks } from './recordingChunks.ts';
import type { AudioFileOptions } from './recordingOptions.ts';

/** Bytes per read. */
const READ_BYTES = 65_536;

/**
 * Reads a WAV, AIFF or FLAC file in pieces.
 *
 * @yields Chunks of 100 ms of 16-bit mono PCM, the last one shorter.
 */
export async function* recordingFile(
  path: string,
  options: AudioFileOptions,
  report: ReportLoss,
): AsyncGenerator<Uint8Array> {
  try {
    await checkFile(path);
    const file = await open(path);
    try {
      yield* recordingChunks(await decodeAudio(new ByteReader(pieces(file))), options, report, conditioning(options));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(path, error);
  }
}

/** The length of a recording according to its header, in milliseconds; `undefined` if it is not known. */
export async function recordingLength(path: string): Promise<number | undefined> {
  let file: FileHandle | undefined;
  try {
    await checkFile(path);
    file = await open(path);
    return (await decodeAudio(new ByteReader(pieces(file)))).lengthMs;
  } catch {
    return undefined; // the source reports what is wrong with the file
  } finally {
    await file?.close();
  }
}

/** Refuses what is not a file with contents before it is opened: opening a pipe would block. */
async function checkFile(path: string): Promise<void> {
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(path))
    throw new TranscriptionError('file', 'it is an address; mediaFile reads it with ffmpeg');
  const stats = await stat(path);
  if (stats.isDirectory()) throw new TranscriptionError('file', 'it is a directory');
  if (stats.isFIFO()) {
    throw new TranscriptionError(
      'file',
      'it is a pipe; use - to read it from standard input, as in: rxscribe file - < PIPE',
    );
  }
  if (!stats.isFile()) throw new TranscriptionError('file', 'it is not a regular file');
  if (stats.size === 0) throw new TranscriptionError('file', 'it is empty');
}

async function* pieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
