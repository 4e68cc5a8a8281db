/* oxlint-disable no-await-in-loop -- chunks are read one after another */
import type { ByteReader } from './byteReader.ts';
import type { SampleEncoding, SampleLayout } from './sampleDecoder.ts';
import { unsupportedCodec } from './unsupportedFormat.ts';
import { endsInHeader, isChunkId, text, view } from './wav.ts';
import type { PcmHeader } from './wav.ts';

/** Encodings of AIFF-C by their type; integers of an unlisted width are big-endian. */
const ENCODINGS: Readonly<Record<string, SampleEncoding>> = {
  alaw: 'alaw',
  ulaw: 'mulaw',
  fl32: 'float32',
  fl64: 'float64',
  in24: 'int24',
  in32: 'int32',
  'raw ': 'uint8',
};

const INTEGERS: readonly SampleEncoding[] = ['int8', 'int16', 'int24', 'int32'];

/**
 * Reads the header of an AIFF or AIFF-C file up to its audio.
 *
 * Resolves to `undefined` if it is invalid. Rejects with a `TranscriptionError` if the file ends within it, or holds a
 * codec other than PCM.
 *
 * @see https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/AIFF/AIFF.html
 */
export async function readAiffHeader(reader: ByteReader): Promise<PcmHeader | undefined> {
  const form = text(await reader.take(12), 8);
  if (form !== 'AIFF' && form !== 'AIFC') return undefined;
  let layout: SampleLayout | undefined;
  for (;;) {
    const chunk = await reader.take(8);
    if (chunk.length < 8) throw endsInHeader('AIFF');
    const id = text(chunk, 0);
    const size = view(chunk).getUint32(4, false);
    if (!isChunkId(id)) return undefined;
    if (id === 'SSND') return layout && startOfAudio(reader, layout, size);
    const padded = size + (size % 2);
    const body = await reader.take(id === 'COMM' ? Math.min(padded, 22) : 0);
    if (id === 'COMM') layout = parseFormat(body);
    await reader.skip(padded - body.length);
  }
}

async function startOfAudio(reader: ByteReader, layout: SampleLayout, size: number): Promise<PcmHeader> {
  const head = await reader.take(8);
  if (head.length < 8) throw endsInHeader('AIFF');
  const offset = view(head).getUint32(0, false);
  await reader.skip(offset);
  const known = size > 8 && size < 0x7fffffff;
  return { ...layout, audioBytes: known ? Math.max(0, size - 8 - offset) : undefined };
}

function parseFormat(bytes: Uint8Array): SampleLayout | undefined {
  if (bytes.length < 18) return undefined;
  const fields = view(bytes);
  const channels = fields.getUint16(0, false);
  const bits = fields.getUint16(6, false);
  const sampleRate = Math.round(extended(fields, 8));
  const type = bytes.length >= 22 ? text(bytes, 18) : 'NONE';
  if (channels === 0 || !(sampleRate > 0 && sampleRate < 2 ** 32)) return undefined;
  const encoding = encodingOf(type, bits);
  if (encoding === undefined)
    throw unsupportedCodec('AIFF', type === 'NONE' ? `${bits}-bit samples` : `codec ${type.trim()}`);
  return { encoding, littleEndian: type === 'sowt' || type === '42ni', channels, sampleRate };
}

function encodingOf(type: string, bits: number): SampleEncoding | undefined {
  if (type === '42ni') return 'int32';
  const named = ENCODINGS[type.toLowerCase()];
  return named ?? (['NONE', 'twos', 'sowt'].includes(type) ? INTEGERS[Math.ceil(bits / 8) - 1] : undefined);
}

/** An 80-bit floating point number. */
function extended(fields: DataView, at: number): number {
  const exponent = (fields.getUint16(at, false) & 0x7fff) - 16_383;
  return (
    fields.getUint32(at + 2, false) * 2 ** (exponent - 31) + fields.getUint32(at + 6, false) * 2 ** (exponent - 63)
  );
}
