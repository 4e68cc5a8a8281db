/** One chunk of a RIFF file; `size` is the size in its header, by default the length of its body. */
export interface RiffChunk {
  readonly id: string;
  readonly body: Uint8Array;
  readonly size?: number;
}

/** The fields of a `fmt ` chunk; mono 16-bit linear PCM at 16 kHz by default. */
export interface WavFormat {
  readonly tag?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly bits?: number;
  /** Bytes of one sample; by default just enough for `bits`. */
  readonly bytes?: number;
  /** The tag within an extensible format. */
  readonly subFormat?: number;
}

/** Builds a RIFF file, each chunk padded to an even length. */
export function riff(chunks: readonly RiffChunk[], form = 'WAVE', id = 'RIFF'): Buffer {
  const body = Buffer.concat(
    chunks.map(({ id: name, body: bytes, size = bytes.length }) =>
      Buffer.concat([Buffer.from(name, 'latin1'), uint32(size), bytes, Buffer.alloc(bytes.length % 2)]),
    ),
  );
  return Buffer.concat([Buffer.from(id), uint32(body.length + 4), Buffer.from(form), body]);
}

/** The `fmt ` chunk: 16 bytes, or 40 when extensible. */
export function fmt(format: WavFormat = {}): RiffChunk {
  const { tag = 1, channels = 1, sampleRate = 16_000, bits = 16, bytes = bits / 8, subFormat } = format;
  const body = Buffer.alloc(subFormat === undefined ? 16 : 40);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRate, 4);
  body.writeUInt32LE(sampleRate * channels * bytes, 8);
  body.writeUInt16LE(channels * bytes, 12);
  body.writeUInt16LE(bits, 14);
  if (subFormat !== undefined) {
    body.writeUInt16LE(22, 16);
    body.writeUInt16LE(bits, 18);
    body.writeUInt16LE(subFormat, 24);
    Buffer.from('000000001000800000aa00389b71', 'hex').copy(body, 26);
  }
  return { id: 'fmt ', body };
}

/** Builds a WAV file. */
export function wav(samples: Uint8Array, format: WavFormat = {}): Buffer {
  return riff([fmt(format), { id: 'data', body: samples }]);
}

/** So many milliseconds of a tone of 440 Hz at half of full scale, as 16-bit samples. */
export function tone(ms: number, sampleRate = 16_000, channels = 1): Buffer {
  const frames = Math.round((ms * sampleRate) / 1000);
  const samples = new Int16Array(frames * channels);
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = Math.round(16_384 * Math.sin((2 * Math.PI * 440 * Math.floor(index / channels)) / sampleRate));
  }
  return Buffer.from(samples.buffer);
}

/** The root mean square of 16-bit samples, 0 to 1. */
export function loudness(bytes: Uint8Array): number {
  const samples = new Int16Array(Uint8Array.from(bytes).buffer);
  return Math.sqrt(samples.reduce((sum, sample) => sum + (sample / 32_768) ** 2, 0) / samples.length);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/**
 * Cuts bytes into pieces.
 *
 * @yields Pieces of at most so many bytes.
 */
export async function* inPieces(bytes: Uint8Array, most = Infinity): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += most) yield bytes.slice(at, at + most);
}
