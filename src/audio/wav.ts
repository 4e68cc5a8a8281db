/* oxlint-disable no-await-in-loop -- chunks are read one after another */
import { TranscriptionError } from '../errors.ts';
import type { ByteReader } from './byteReader.ts';
import type { SampleEncoding, SampleLayout } from './sampleDecoder.ts';
import { unsupportedCodec } from './unsupportedFormat.ts';

/** The layout of the samples that follow a header, and how many bytes of them the header claims. */
export interface PcmHeader extends SampleLayout {
  /** Bytes of audio according to the header; `undefined` if it does not know. */
  readonly audioBytes: number | undefined;
}

const PCM = 1;
const FLOAT = 3;
const ALAW = 6;
const MULAW = 7;
/** The real tag of this format follows later. */
const EXTENSIBLE = 0xfffe;

/** Names of other codecs, for messages. */
const CODECS: Readonly<Record<number, string>> = {
  0x02: 'Microsoft ADPCM',
  0x11: 'IMA ADPCM',
  0x31: 'GSM 6.10',
  0x40: 'G.721 ADPCM',
  0x45: 'G.726 ADPCM',
  0x50: 'MPEG',
  0x55: 'MP3',
  0xff: 'AAC',
  0x161: 'Windows Media Audio',
};

/** Sizes that programs write if they do not know the length: nothing, or as much as possible. */
const UNKNOWN_SIZES = new Set([0, 0xffffffff, 0x7fffffff]);

/**
 * Reads the header of a WAV file (RIFF or RF64), chunk by chunk, up to its audio.
 *
 * Resolves to `undefined` if it is invalid. Rejects with a `TranscriptionError` if the file ends within it, or holds a
 * codec other than PCM.
 *
 * @see https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html
 */
export async function readWavHeader(reader: ByteReader): Promise<PcmHeader | undefined> {
  const form = text(await reader.take(12), 8);
  if (form !== 'WAVE') return undefined;
  let layout: SampleLayout | undefined;
  let longSize: number | undefined;
  for (;;) {
    const chunk = reader.takeBuffered(8) ?? (await reader.take(8)); // there may be hundreds of thousands
    if (chunk.length < 8) throw endsInHeader('WAV');
    const id = text(chunk, 0);
    const size = view(chunk).getUint32(4, true);
    if (!isChunkId(id)) return undefined;
    if (id === 'data')
      return layout && { ...layout, audioBytes: longSize ?? (UNKNOWN_SIZES.has(size) ? undefined : size) };
    const padded = size + (size % 2);
    if (padded === 0) continue;
    const body = await reader.take(id === 'fmt ' || id === 'ds64' ? Math.min(padded, 40) : 0);
    if (id === 'fmt ') layout = parseFormat(body);
    if (id === 'ds64' && body.length >= 16) longSize = Number(view(body).getBigUint64(8, true));
    await reader.skip(padded - body.length);
  }
}

/** The error for a file that ends before its audio starts. */
export function endsInHeader(container: string): TranscriptionError {
  return new TranscriptionError('file', `the file ends within its ${container} header`);
}

/** Whether four characters can name a chunk. */
export function isChunkId(id: string): boolean {
  return /^[\u0020-\u007E]{4}$/.test(id);
}

/** Four bytes as characters. */
export function text(bytes: Uint8Array, at: number): string {
  return String.fromCodePoint(...bytes.subarray(at, at + 4));
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function parseFormat(bytes: Uint8Array): SampleLayout | undefined {
  if (bytes.length < 16) return undefined;
  const fields = view(bytes);
  const tag = fields.getUint16(0, true);
  const codec = tag === EXTENSIBLE && bytes.length >= 26 ? fields.getUint16(24, true) : tag;
  const channels = fields.getUint16(2, true);
  const sampleRate = fields.getUint32(4, true);
  if (channels === 0 || sampleRate === 0) return undefined;
  // Samples of 12 or 20 bits fill whole bytes from the top, so their size decides.
  const bits = Math.round((fields.getUint16(12, true) * 8) / channels) || fields.getUint16(14, true);
  const encoding = encodingOf(codec, bits);
  if (encoding === undefined) {
    const name = CODECS[codec];
    throw unsupportedCodec(
      'WAV',
      name ?? (codec === PCM || codec === FLOAT ? `${bits}-bit samples` : `codec ${codec}`),
    );
  }
  return { encoding, littleEndian: true, channels, sampleRate };
}

function encodingOf(codec: number, bits: number): SampleEncoding | undefined {
  if (codec === ALAW) return 'alaw';
  if (codec === MULAW) return 'mulaw';
  if (codec === FLOAT) return FLOATS[bits];
  return codec === PCM ? INTEGERS[bits] : undefined;
}

const INTEGERS: Readonly<Record<number, SampleEncoding>> = { 8: 'uint8', 16: 'int16', 24: 'int24', 32: 'int32' };
const FLOATS: Readonly<Record<number, SampleEncoding>> = { 32: 'float32', 64: 'float64' };
