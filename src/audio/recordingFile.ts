/* oxlint-disable no-await-in-loop -- pieces are read one after another */
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { TranscriptionError } from '../errors.ts';
import { ByteReader } from './byteReader.ts';
import { conditioning } from './conditioned.ts';
import { decodeAudio } from './decodedAudio.ts';
import type { ReportLoss } from './pcmAudio.ts';
import { fileError } from './fileError.ts';
import { recordingPieces } from './recordingPieces.ts';
import type { AudioFileOptions } from './recordingOptions.ts';
import { waitOrAbort } from './waitOrAbort.ts';

/** Bytes per read. */
const READ_BYTES = 65_536;
/** How often a file that may grow is read again, in milliseconds. */
const REREAD_MS = 250;

/**
 * Reads a WAV, AIFF or FLAC file in pieces.
 *
 * @yields Pieces of 16-bit mono PCM.
 */
export async function* recordingFile(
  path: string,
  options: AudioFileOptions,
  report: ReportLoss,
  released: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { follow } = options;
  try {
    await checkFile(path, follow !== undefined);
    const file = await open(path);
    try {
      const bytes = follow === undefined ? pieces(file) : growingPieces(file, follow, released);
      const audio = await decodeAudio(new ByteReader(bytes), follow !== undefined);
      yield* recordingPieces(audio, options, report, conditioning(options));
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
async function checkFile(path: string, mayBeEmpty = false): Promise<void> {
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
  if (stats.size === 0 && !mayBeEmpty) throw new TranscriptionError('file', 'it is empty');
}

async function* pieces(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * Reads a file that another program is writing.
 *
 * @yields Pieces, until the file has not grown for `follow` milliseconds.
 */
async function* growingPieces(file: FileHandle, follow: number, released: AbortSignal): AsyncGenerator<Uint8Array> {
  let atEndSince: number | undefined;
  while (!released.aborted) {
    for await (const piece of pieces(file)) {
      atEndSince = undefined;
      yield piece;
    }
    atEndSince ??= performance.now();
    const left = follow - (performance.now() - atEndSince);
    if (left <= 0) return;
    await waitOrAbort(released, (wake) => {
      const timer = setTimeout(wake, Math.min(REREAD_MS, left));
      return () => clearTimeout(timer);
    });
  }
}
