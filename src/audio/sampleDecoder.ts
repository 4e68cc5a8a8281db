/** The encodings of PCM samples in WAV and AIFF files. */
export type SampleEncoding = 'uint8' | 'int8' | 'int16' | 'int24' | 'int32' | 'float32' | 'float64' | 'alaw' | 'mulaw';

/** How samples are stored: channels are interleaved. */
export interface SampleLayout {
  readonly encoding: SampleEncoding;
  readonly littleEndian: boolean;
  readonly channels: number;
  /** Samples per second and channel, in hertz. */
  readonly sampleRate: number;
}

const BYTES: Readonly<Record<SampleEncoding, number>> = {
  uint8: 1,
  int8: 1,
  int16: 2,
  int24: 3,
  int32: 4,
  float32: 4,
  float64: 8,
  alaw: 1,
  mulaw: 1,
};

type ReadSample = (view: DataView, at: number, littleEndian: boolean) => number;

const READ: Readonly<Record<SampleEncoding, ReadSample>> = {
  uint8: (view, at) => (view.getUint8(at) - 128) / 128,
  int8: (view, at) => view.getInt8(at) / 128,
  int16: (view, at, littleEndian) => view.getInt16(at, littleEndian) / 32_768,
  int24: (view, at, littleEndian) =>
    (littleEndian
      ? view.getUint16(at, true) + view.getInt8(at + 2) * 65_536
      : view.getInt16(at, false) * 256 + view.getUint8(at + 2)) / 8_388_608,
  int32: (view, at, littleEndian) => view.getInt32(at, littleEndian) / 2_147_483_648,
  float32: (view, at, littleEndian) => finite(view.getFloat32(at, littleEndian)),
  float64: (view, at, littleEndian) => finite(view.getFloat64(at, littleEndian)),
  alaw: (view, at) => alaw(view.getUint8(at)),
  mulaw: (view, at) => mulaw(view.getUint8(at)),
};

/** Bytes of one sample of each channel. */
export function frameSize({ encoding, channels }: SampleLayout): number {
  return BYTES[encoding] * channels;
}

/**
 * Decodes whole frames to mono samples from -1 to 1.
 *
 * @param channel The index of the channel to use; all are averaged without it.
 */
export function decodeMono(bytes: Uint8Array, layout: SampleLayout, channel: number | undefined): Float32Array {
  const { encoding, littleEndian, channels } = layout;
  const read = READ[encoding];
  const size = BYTES[encoding];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const samples = new Float32Array(Math.floor(bytes.length / (size * channels)));
  for (let index = 0; index < samples.length; index += 1) {
    const at = index * size * channels;
    if (channel !== undefined) {
      samples[index] = read(view, at + channel * size, littleEndian);
      continue;
    }
    let sum = 0;
    for (let one = 0; one < channels; one += 1) sum += read(view, at + one * size, littleEndian);
    samples[index] = sum / channels;
  }
  return samples;
}

/** Decodes the first channels of whole frames to interleaved samples from -1 to 1. */
export function decodeInterleaved(bytes: Uint8Array, layout: SampleLayout, count: number): Float32Array {
  const { encoding, littleEndian, channels } = layout;
  const read = READ[encoding];
  const size = BYTES[encoding];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames = Math.floor(bytes.length / (size * channels));
  const samples = new Float32Array(frames * count);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let channel = 0; channel < count; channel += 1) {
      samples[frame * count + channel] = read(view, (frame * channels + channel) * size, littleEndian);
    }
  }
  return samples;
}

/** Values that are not numbers would spread through the resampler. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** @see https://www.itu.int/rec/T-REC-G.711 */
function alaw(byte: number): number {
  const value = byte ^ 0x55;
  const exponent = (value & 0x70) >> 4;
  const mantissa = ((value & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return (value & 0x80 ? magnitude : -magnitude) / 32_768;
}

/** Decodes a sample of mu-law: -1 to 1. @see https://www.itu.int/rec/T-REC-G.711 */
export function mulaw(byte: number): number {
  const value = ~byte & 0xff;
  const magnitude = ((((value & 0x0f) << 3) + 132) << ((value & 0x70) >> 4)) - 132;
  return (value & 0x80 ? -magnitude : magnitude) / 32_768;
}
