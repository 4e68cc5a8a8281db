import { ByteReader } from '../audio/byteReader.ts';
import { pcmAudio } from '../audio/pcmAudio.ts';
import type { DecodedAudio } from '../audio/pcmAudio.ts';
import { readWavHeader } from '../audio/wav.ts';
import { errorDetails } from '../audio/errorDetails.ts';
import { convertCommand } from '../audio/fileError.ts';
import { recordingPieces } from '../audio/recordingPieces.ts';
import { UnsupportedFormat } from '../audio/unsupportedFormat.ts';
import { TranscriptionError } from '../errors.ts';
import { browserAudio } from './browserAudio.ts';

/** Bytes per read. */
const READ_BYTES = 65_536;

/** Advice by the name of the browser's error. */
const ADVICE: Readonly<Record<string, string>> = {
  EncodingError: `this browser cannot decode it; convert it with: ${convertCommand('FILE')}`,
  NotReadableError: 'it can no longer be read; choose it again',
  NotFoundError: 'it can no longer be found; choose it again',
};

/**
 * Reads the recording in a `Blob`.
 *
 * @yields Pieces of 16-bit mono PCM.
 */
export async function* blobRecording(blob: Blob, sampleRate: number): AsyncGenerator<Uint8Array> {
  try {
    if (blob.size === 0) throw new TranscriptionError('file', 'it is empty');
    const audio = (await inPieces(blob)) ?? (await browserAudio(blob, sampleRate));
    yield* recordingPieces(audio, { sampleRate }, () => undefined);
  } catch (error) {
    throw blobFailure(blob, error);
  }
}

/** Opens a WAV file, which is read in pieces; `undefined` for anything that the browser has to decode as a whole. */
async function inPieces(blob: Blob): Promise<DecodedAudio | undefined> {
  const reader = new ByteReader(pieces(blob));
  if (String.fromCodePoint(...(await reader.peek(4))) !== 'RIFF') return undefined;
  try {
    const header = await readWavHeader(reader);
    return header && pcmAudio(reader, header);
  } catch (error) {
    if (error instanceof UnsupportedFormat) return undefined;
    throw error;
  }
}

async function* pieces(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += READ_BYTES) {
    // oxlint-disable-next-line no-await-in-loop -- pieces are read one after another
    yield new Uint8Array(await blob.slice(at, at + READ_BYTES).arrayBuffer());
  }
}

function blobFailure(blob: Blob, error: unknown): TranscriptionError {
  const name = blob instanceof File ? JSON.stringify(blob.name) : 'the Blob';
  const { message } = errorDetails(error);
  const text = error instanceof DOMException ? (ADVICE[error.name] ?? message) : message;
  const options = error instanceof TranscriptionError ? {} : { cause: error };
  return new TranscriptionError('file', `cannot read ${name}: ${text}`, options);
}
