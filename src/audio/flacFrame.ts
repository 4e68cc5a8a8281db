import { BitReader } from './bitReader.ts';
import { crc16, crc8 } from './crc.ts';

/** What the header of a FLAC stream says about all of its frames. */
export interface FlacStream {
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  /** Samples per channel in a frame, where all frames but the last have the same number. */
  readonly blockSize: number;
  /** Samples per channel in the stream; 0 if unknown. */
  readonly totalSamples: number;
}

/** Sums of two 32-bit channels need 33 bits. */
export type FlacSamples = Int32Array | Float64Array;

/** One decoded frame: samples per channel, as integers. */
export interface FlacFrame {
  readonly channels: readonly FlacSamples[];
  readonly bitsPerSample: number;
  readonly sampleRate: number;
  /** The position of its first sample in the stream. */
  readonly firstSample: number;
  /** Its length in bytes. */
  readonly length: number;
}

interface FrameHeader {
  readonly blockSize: number;
  readonly sampleRate: number;
  readonly assignment: number;
  readonly bitsPerSample: number;
  readonly firstSample: number;
  readonly length: number;
}

const SAMPLE_RATES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
const SAMPLE_BITS = [0, 8, 12, -1, 16, 20, 24, 32];
const LEFT_SIDE = 8;
const RIGHT_SIDE = 9;
const MID_SIDE = 10;

/**
 * Decodes the frame at the start of the bytes, or returns `undefined` if no intact frame is there.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9639 sections 9 and 11
 */
export function decodeFlacFrame(bytes: Uint8Array, stream: FlacStream): FlacFrame | undefined {
  const header = readHeader(bytes, stream);
  if (!header) return undefined;
  try {
    const bits = new BitReader(bytes, header.length);
    const channels = readChannels(bits, header);
    bits.alignToByte();
    const end = bits.bytePosition;
    if (end + 2 > bytes.length || crc16(bytes, end) !== (bytes[end] ?? 0) * 256 + (bytes[end + 1] ?? 0))
      return undefined;
    const { bitsPerSample, sampleRate, firstSample } = header;
    return { channels, bitsPerSample, sampleRate, firstSample, length: end + 2 };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the bits ended, or are no valid frame
    throw error;
  }
}

function readHeader(bytes: Uint8Array, stream: FlacStream): FrameHeader | undefined {
  if (bytes[0] !== 0xff || ((bytes[1] ?? 0) & 0xfe) !== 0xf8) return undefined;
  const sizeCode = (bytes[2] ?? 0) >> 4;
  const rateCode = (bytes[2] ?? 0) & 0x0f;
  const assignment = (bytes[3] ?? 0) >> 4;
  const bitsPerSample = SAMPLE_BITS[((bytes[3] ?? 0) >> 1) & 0x07] || stream.bitsPerSample;
  const number = readNumber(bytes, 4);
  if (!number || sizeCode === 0 || rateCode === 15 || assignment > MID_SIDE || bitsPerSample < 0) return undefined;
  const size = readBlockSize(bytes, number.end, sizeCode);
  const rate = readSampleRate(bytes, size.end, rateCode, stream);
  if (rate.end >= bytes.length || crc8(bytes, rate.end) !== bytes[rate.end]) return undefined;
  const isVariable = ((bytes[1] ?? 0) & 1) === 1;
  return {
    blockSize: size.value,
    sampleRate: rate.value,
    assignment,
    bitsPerSample,
    firstSample: isVariable ? number.value : number.value * stream.blockSize,
    length: rate.end + 1,
  };
}

interface Field {
  readonly value: number;
  readonly end: number;
}

/** A number in the extended form of UTF-8, of 1 to 7 bytes. */
function readNumber(bytes: Uint8Array, at: number): Field | undefined {
  const first = bytes[at] ?? 0;
  const length = Math.clz32(~(first << 24));
  if (length === 1 || length > 7) return undefined;
  let value = length === 0 ? first : first & (0x7f >> length);
  const end = at + Math.max(1, length);
  for (let index = at + 1; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    value = value * 64 + (byte & 0x3f);
  }
  return { value, end };
}

function readBlockSize(bytes: Uint8Array, at: number, code: number): Field {
  if (code === 1) return { value: 192, end: at };
  if (code <= 5) return { value: 144 * 2 ** code, end: at };
  if (code === 6) return { value: (bytes[at] ?? 0) + 1, end: at + 1 };
  if (code === 7) return { value: (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0) + 1, end: at + 2 };
  return { value: 2 ** code, end: at };
}

function readSampleRate(bytes: Uint8Array, at: number, code: number, stream: FlacStream): Field {
  if (code === 12) return { value: (bytes[at] ?? 0) * 1000, end: at + 1 };
  const two = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  if (code === 13) return { value: two, end: at + 2 };
  if (code === 14) return { value: two * 10, end: at + 2 };
  return { value: SAMPLE_RATES[code] || stream.sampleRate, end: at };
}

function readChannels(bits: BitReader, { blockSize, assignment, bitsPerSample }: FrameHeader): FlacSamples[] {
  if (assignment < LEFT_SIDE) {
    return Array.from({ length: assignment + 1 }, () => readSubframe(bits, blockSize, bitsPerSample));
  }
  const sideFirst = assignment === RIGHT_SIDE;
  const first = readSubframe(bits, blockSize, bitsPerSample + (sideFirst ? 1 : 0));
  const second = readSubframe(bits, blockSize, bitsPerSample + (sideFirst ? 0 : 1));
  for (let index = 0; index < blockSize; index += 1) {
    const a = first[index] ?? 0;
    const b = second[index] ?? 0;
    if (assignment === LEFT_SIDE) second[index] = a - b;
    else if (assignment === RIGHT_SIDE) first[index] = a + b;
    else {
      const middle = a * 2 + (Math.abs(b) % 2);
      first[index] = (middle + b) / 2;
      second[index] = (middle - b) / 2;
    }
  }
  return [first, second];
}

function readSubframe(bits: BitReader, blockSize: number, bitsPerSample: number): FlacSamples {
  if (bits.read(1) !== 0) throw new RangeError('reserved bit');
  const type = bits.read(6);
  const wasted = bits.read(1) === 1 ? bits.readUnary() + 1 : 0;
  const width = bitsPerSample - wasted;
  if (width <= 0) throw new RangeError('sample width');
  const samples = bitsPerSample > 32 ? new Float64Array(blockSize) : new Int32Array(blockSize);
  if (type === 0) samples.fill(bits.readSigned(width));
  else if (type === 1) for (let index = 0; index < blockSize; index += 1) samples[index] = bits.readSigned(width);
  else if (type >= 8 && type <= 12) readFixed(bits, samples, type - 8, width);
  else if (type >= 32) readLinear(bits, samples, type - 31, width);
  else throw new RangeError('reserved subframe type');
  if (wasted > 0)
    for (let index = 0; index < blockSize; index += 1) samples[index] = (samples[index] ?? 0) * 2 ** wasted;
  return samples;
}

const FIXED: readonly (readonly number[])[] = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

function readFixed(bits: BitReader, samples: FlacSamples, order: number, width: number): void {
  readWarmUp(bits, samples, order, width);
  readResidual(bits, samples, order);
  predict(samples, FIXED[order] ?? [], 0);
}

function readLinear(bits: BitReader, samples: FlacSamples, order: number, width: number): void {
  readWarmUp(bits, samples, order, width);
  const precision = bits.read(4) + 1;
  const shift = bits.readSigned(5);
  if (precision === 16 || shift < 0) throw new RangeError('reserved precision or shift');
  const coefficients = Array.from({ length: order }, () => bits.readSigned(precision));
  readResidual(bits, samples, order);
  predict(samples, coefficients, shift);
}

function readWarmUp(bits: BitReader, samples: FlacSamples, order: number, width: number): void {
  if (order > samples.length) throw new RangeError('order');
  for (let index = 0; index < order; index += 1) samples[index] = bits.readSigned(width);
}

/** Reads the residual into the place of the samples. */
function readResidual(bits: BitReader, samples: FlacSamples, order: number): void {
  const method = bits.read(2);
  if (method > 1) throw new RangeError('reserved residual method');
  const parameterBits = method === 0 ? 4 : 5;
  const escape = 2 ** parameterBits - 1;
  const partitions = 2 ** bits.read(4);
  const length = samples.length / partitions;
  if (!Number.isInteger(length) || length < order) throw new RangeError('partition order');
  for (let partition = 0; partition < partitions; partition += 1) {
    const parameter = bits.read(parameterBits);
    const rawBits = parameter === escape ? bits.read(5) : -1;
    const end = (partition + 1) * length;
    for (let index = Math.max(order, partition * length); index < end; index += 1) {
      samples[index] = rawBits >= 0 ? bits.readSigned(rawBits) : bits.readRice(parameter);
    }
  }
}

/** Adds the prediction from the previous samples. Sums can exceed 32 bits, but are exact as doubles. */
function predict(samples: FlacSamples, coefficients: readonly number[], shift: number): void {
  const order = coefficients.length;
  const divisor = 2 ** shift;
  for (let index = order; index < samples.length; index += 1) {
    let sum = 0;
    for (let tap = 0; tap < order; tap += 1) sum += (coefficients[tap] ?? 0) * (samples[index - 1 - tap] ?? 0);
    samples[index] = (samples[index] ?? 0) + Math.floor(sum / divisor);
  }
}
