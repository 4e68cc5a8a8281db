/** How one sample of mono PCM is written: 16-bit signed little-endian, or 8-bit mu-law. */
export type PcmEncoding = 'pcm_s16le' | 'pcm_mulaw';

/** What turns a number of bytes into a length of time. */
export interface PcmFormat {
  /** Samples per second, in hertz: a positive whole number. */
  readonly sampleRate: number;
  /** How one sample is written. @defaultValue 'pcm_s16le' */
  readonly encoding?: PcmEncoding;
}

/**
 * The least and the most audio one message to the service may hold, in milliseconds, both included.
 *
 * @see https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures error 3007
 */
export const MIN_FRAME_MS = 50;
export const MAX_FRAME_MS = 1000;

const SAMPLE_BYTES: Readonly<Record<PcmEncoding, number>> = { pcm_s16le: 2, pcm_mulaw: 1 };

/**
 * Tells how many bytes one sample takes.
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
 * Turns milliseconds into bytes: the nearest whole number of samples.
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
 * Turns bytes into milliseconds. The inverse of `msToBytes` for every whole number of samples.
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
 * Gives the size of a frame the service accepts: `ms` milliseconds as whole samples, never under the least nor over the
 * most it takes. This is the number for `bufferBytes`.
 *
 * Where `ms` is no whole number of samples, the nearest is taken; at 50 ms the next one up, since a sample less would
 * be refused.
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

/** Tells whether the service takes a message of so many bytes: whole samples, 50 to 1000 ms of them. */
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
