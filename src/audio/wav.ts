/* oxlint-disable no-await-in-loop -- pieces are read one after another */
import { TranscriptionError } from '../errors.ts';

/** Reads bytes of a file at a position, as a `FileHandle` does. */
export interface RandomAccess {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
}

/** The format of the audio in a WAV file, and its place. */
export interface Wav {
  /** Whether the samples are linear PCM, and not float or compressed. */
  readonly pcm: boolean;
  readonly channels: number;
  /** Samples per second, in hertz. */
  readonly sampleRate: number;
  readonly bitsPerSample: number;
  /** Position of the first byte of audio. */
  readonly start: number;
  /** Bytes of audio according to the header; 0 and 4294967295 mean unknown. */
  readonly claimed: number;
}

type Format = Omit<Wav, 'start' | 'claimed'>;

/** Format tags: linear PCM, and the extensible format, whose real tag follows later. */
const PCM = 1;
const EXTENSIBLE = 0xfffe;

/**
 * Reads the header of a WAV file, chunk by chunk, up to its audio.
 *
 * Resolves to `undefined` if the file is not a WAV file or its header is invalid. Rejects with a `TranscriptionError` if
 * the file ends within its header.
 *
 * @see https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
 */
export async function readWav(file: RandomAccess): Promise<Wav | undefined> {
  const head = await readAt(file, 0, 12);
  if (text(head, 0) !== 'RIFF' || text(head, 8) !== 'WAVE') {
    return undefined;
  }
  let format: Format | undefined;
  let at = 12;
  for (let chunk = await readChunkHeader(file, at); chunk; chunk = await readChunkHeader(file, at)) {
    at += 8;
    if (chunk.id === 'data') {
      return format && { ...format, start: at, claimed: chunk.size };
    }
    if (chunk.id === 'fmt ') {
      format = parseFormat(await readAt(file, at, Math.min(chunk.size, 40)));
    }
    at += chunk.size + (chunk.size % 2);
  }
  return undefined;
}

/** Reads bytes at a position; returns fewer only at the end of the file. */
export async function readAt(file: RandomAccess, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  for (let got = -1; got !== 0 && filled < length; filled += got) {
    ({ bytesRead: got } = await file.read(buffer, filled, length - filled, position + filled));
  }
  return buffer.subarray(0, filled);
}

async function readChunkHeader(file: RandomAccess, at: number): Promise<{ id: string; size: number } | undefined> {
  const header = await readAt(file, at, 8);
  if (header.length < 8) {
    throw new TranscriptionError('file', 'the file ends within its WAV header');
  }
  const id = text(header, 0);
  return /^[\u0020-\u007E]{4}$/.test(id) ? { id, size: view(header).getUint32(4, true) } : undefined;
}

function parseFormat(bytes: Uint8Array): Format | undefined {
  if (bytes.length < 16) {
    return undefined;
  }
  const fields = view(bytes);
  const tag = fields.getUint16(0, true);
  const subFormat = tag === EXTENSIBLE && bytes.length >= 26 ? fields.getUint16(24, true) : tag;
  return {
    pcm: subFormat === PCM,
    channels: fields.getUint16(2, true),
    sampleRate: fields.getUint32(4, true),
    bitsPerSample: fields.getUint16(14, true),
  };
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function text(bytes: Uint8Array, at: number): string {
  return String.fromCodePoint(...bytes.subarray(at, at + 4));
}
