/* oxlint-disable no-await-in-loop -- frames are read one after another */
import type { ByteReader } from './byteReader.ts';
import { decodeFlacFrame } from './flacFrame.ts';
import type { FlacFrame, FlacStream } from './flacFrame.ts';
import { endsInHeader, view } from './wav.ts';

/** The most samples of silence in one piece. */
const SILENCE_SAMPLES = 4096;

/**
 * Reads the metadata of a FLAC stream up to its first frame; `undefined` if it is invalid.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9639 section 8
 */
export async function readFlacHeader(reader: ByteReader): Promise<FlacStream | undefined> {
  await reader.skip(4);
  let stream: FlacStream | undefined;
  for (let isLast = false; !isLast;) {
    const head = await reader.take(4);
    if (head.length < 4) throw endsInHeader('FLAC');
    isLast = (head[0] ?? 0) >= 128;
    const isStreamInfo = ((head[0] ?? 0) & 0x7f) === 0;
    const length = view(head).getUint32(0, false) & 0xffffff;
    const body = await reader.take(isStreamInfo ? Math.min(length, 34) : 0);
    if (isStreamInfo) stream = parseStreamInfo(body);
    await reader.skip(length - body.length);
  }
  return stream;
}

/** Mono samples from -1 to 1, and whether they stand for audio that was damaged. */
export interface FlacPiece {
  readonly samples: Float32Array;
  readonly isDamaged: boolean;
}

/**
 * Decodes frame by frame. A damaged frame costs no other: silence of its length takes its place.
 *
 * @param choose Returns the samples to use of a frame.
 * @param width How many channels those samples are interleaved of.
 * @yields Samples, in order.
 */
export async function* flacPieces(
  reader: ByteReader,
  stream: FlacStream,
  choose: (frame: FlacFrame) => Float32Array,
  width = 1,
): AsyncGenerator<FlacPiece> {
  const longestFrame = longestFrameOf(stream);
  let position = 0;
  let isSearching = false;
  for (;;) {
    const bytes = await reader.peek(longestFrame);
    if (bytes.length === 0) return;
    const frame = decodeFlacFrame(bytes, stream);
    if (!frame) {
      isSearching = true;
      await reader.skip(nextSync(bytes));
      continue;
    }
    await reader.skip(frame.length);
    // A stream may start at any position, so only damage explains a jump.
    if (isSearching) yield* silence(frame.firstSample - position, width);
    isSearching = false;
    const samples = choose(frame);
    position = frame.firstSample + samples.length / width;
    yield { samples, isDamaged: false };
  }
}

function parseStreamInfo(bytes: Uint8Array): FlacStream | undefined {
  if (bytes.length < 34) return undefined;
  const fields = view(bytes);
  const packed = fields.getUint32(10, false);
  const sampleRate = packed >>> 12;
  const blockSize = fields.getUint16(2, false);
  if (sampleRate === 0 || blockSize < 16) return undefined;
  return {
    sampleRate,
    channels: ((packed >>> 9) & 7) + 1,
    bitsPerSample: ((packed >>> 4) & 31) + 1,
    blockSize,
    totalSamples: (packed & 15) * 2 ** 32 + fields.getUint32(14, false),
  };
}

/** No frame is longer than one whose samples are stored as they are. */
function longestFrameOf({ channels, bitsPerSample, blockSize }: FlacStream): number {
  return 64 + channels * Math.ceil((blockSize * (bitsPerSample + 1)) / 8);
}

/** The distance to the next place where a frame can start. */
function nextSync(bytes: Uint8Array): number {
  for (let at = 1; at < bytes.length; at += 1) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return bytes.length;
    if (((bytes[at + 1] ?? 0xf8) & 0xfe) === 0xf8) return at;
  }
  return bytes.length;
}

function* silence(length: number, width: number): Generator<FlacPiece> {
  for (let left = length; left > 0; left -= SILENCE_SAMPLES) {
    yield { samples: new Float32Array(Math.min(left, SILENCE_SAMPLES) * width), isDamaged: true };
  }
}

/** The samples of one channel, or the average of all. */
export function toMono({ channels, bitsPerSample }: FlacFrame, channel: number | undefined): Float32Array {
  const used = channel === undefined ? channels : channels.slice(channel, channel + 1);
  const samples = new Float32Array(channels[0]?.length ?? 0);
  const scale = 1 / (used.length * 2 ** (bitsPerSample - 1));
  for (const one of used) {
    for (let index = 0; index < samples.length; index += 1)
      samples[index] = (samples[index] ?? 0) + (one[index] ?? 0) * scale;
  }
  return samples;
}

/** The samples of the first channels, interleaved. */
export function toInterleaved({ channels, bitsPerSample }: FlacFrame, count: number): Float32Array {
  const length = channels[0]?.length ?? 0;
  const samples = new Float32Array(length * count);
  const scale = 1 / 2 ** (bitsPerSample - 1);
  for (let channel = 0; channel < count; channel += 1) {
    for (let index = 0; index < length; index += 1) {
      samples[index * count + channel] = (channels[channel]?.[index] ?? 0) * scale;
    }
  }
  return samples;
}
