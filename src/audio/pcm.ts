/** The encoding of a sample of mono PCM: 16-bit signed little-endian, or 8-bit mu-law. */
export type PcmEncoding = 'pcm_s16le' | 'pcm_mulaw';

/** The format of mono PCM: it relates a number of bytes to a duration. */
export interface PcmFormat {
  /** Samples per second, in hertz: a positive whole number. */
  readonly sampleRate: number;
  /** The encoding of a sample. @defaultValue 'pcm_s16le' */
  readonly encoding?: PcmEncoding;
}

/**
 * The least and the most audio in one message to the service, in milliseconds, both included.
 *
 * @see https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures error 3007
 */
export const MIN_FRAME_MS = 50;
export const MAX_FRAME_MS = 1000;

const SAMPLE_BYTES: Readonly<Record<PcmEncoding, number>> = { pcm_s16le: 2, pcm_mulaw: 1 };

/**
 * Returns the bytes per sample.
 *
 * @throws {TypeError} when the encoding is not one of the two.
 */
export function bytesPerSample(encoding: PcmEncoding = 'pcm_s16le'): number {
  if (!Object.hasOwn(SAMPLE_BYTES, encoding)) {
    throw new TypeError(`encoding must be 'pcm_s16le' or 'pcm_mulaw', not ${JSON.stringify(encoding)}`);
  }
  return SAMPLE_BYTES[encoding];
}

/**
 * Converts milliseconds to bytes, rounded to whole samples.
 *
 * @example
 * msToBytes(100, { sampleRate: 44_100 }); // 8820
 *
 * @param ms Milliseconds, not negative.
 * @throws {RangeError} when `ms` is negative or not finite, or the sample rate is not a positive whole number.
 * @throws {TypeError} when the encoding is not one of the two.
 */
export function msToBytes(ms: number, format: PcmFormat): number {
  return Math.round(samplesIn(ms, format)) * bytesPerSample(format.encoding);
}

/**
 * Converts bytes to milliseconds: the inverse of `msToBytes` for whole samples.
 *
 * @param bytes Bytes, not negative; a part of a sample counts as that part.
 * @throws {RangeError} when `bytes` is negative or not finite, or the sample rate is not a positive whole number.
 * @throws {TypeError} when the encoding is not one of the two.
 */
export function bytesToMs(bytes: number, format: PcmFormat): number {
  checkAmount('bytes', bytes);
  return (bytes * 1000) / (checkedRate(format) * bytesPerSample(format.encoding));
}

/**
 * Returns the size in bytes of a frame that the service accepts: the argument for `bufferBytes`.
 *
 * It is rounded to whole samples; at 50 ms it is rounded up, because the service refuses a shorter frame.
 *
 * @example
 * frameBytes(100, { sampleRate: 16_000 }); // 3200
 * frameBytes(50, { sampleRate: 11_025 }); // 1104: 552 samples, 50.07 ms
 *
 * @param ms Milliseconds per frame, 50 to 1000.
 * @throws {RangeError} when `ms` is outside that range, or the sample rate is not a positive whole number.
 * @throws {TypeError} when the encoding is not one of the two.
 */
export function frameBytes(ms: number, format: PcmFormat): number {
  if (!(ms >= MIN_FRAME_MS && ms <= MAX_FRAME_MS)) {
    throw new RangeError(`ms must be ${MIN_FRAME_MS} to ${MAX_FRAME_MS}, not ${String(ms)}`);
  }
  const least = Math.ceil(samplesIn(MIN_FRAME_MS, format));
  return Math.max(least, Math.round(samplesIn(ms, format))) * bytesPerSample(format.encoding);
}

/** Whether the service accepts a message of so many bytes: whole samples, 50 to 1000 ms of them. */
export function isLegalFrame(bytes: number, format: PcmFormat): boolean {
  const ms = bytesToMs(bytes, format);
  return bytes % bytesPerSample(format.encoding) === 0 && ms >= MIN_FRAME_MS && ms <= MAX_FRAME_MS;
}

function samplesIn(ms: number, format: PcmFormat): number {
  checkAmount('ms', ms);
  return (ms * checkedRate(format)) / 1000;
}

function checkAmount(name: string, value: number): void {
  if (!Number.isFinite(value) || value < 0) {
    throw new RangeError(`${name} must be a number of at least 0, not ${String(value)}`);
  }
}

function checkedRate({ sampleRate }: PcmFormat): number {
  if (!Number.isInteger(sampleRate) || sampleRate <= 0) {
    throw new RangeError(`sampleRate must be a positive whole number of hertz, not ${String(sampleRate)}`);
  }
  return sampleRate;
}
