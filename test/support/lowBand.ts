/** Samples per second of the low band: it carries the voice, and clock drift changes it little. */
export const BAND_RATE = 2000;
/** Samples of the low band per millisecond. */
export const PER_MS: number = BAND_RATE / 1000;

const TAPS = 97;
const CUTOFF_HZ = 800;

/** The low band (below 900 Hz) of audio that is still arriving: 16-bit signed little-endian mono. */
export class LowBand {
  readonly #step: number;
  readonly #filter: Float32Array;
  #rest = new Float32Array(0);
  #samples = new Float32Array(4096);
  /** Sum of the squares of all samples before each sample. */
  #squares = new Float64Array(4097);
  #half: Uint8Array = new Uint8Array(0);
  /** Number of samples. */
  length = 0;

  constructor(sampleRate: number, pcm?: Uint8Array) {
    this.#step = sampleRate / BAND_RATE;
    if (!Number.isInteger(this.#step)) throw new RangeError(`not a multiple of ${BAND_RATE} Hz: ${sampleRate}`);
    this.#filter = lowPass(CUTOFF_HZ / sampleRate);
    if (pcm) this.push(pcm);
  }

  push(bytes: Uint8Array): void {
    const all = this.#half.length > 0 ? Buffer.concat([this.#half, bytes]) : bytes;
    const whole = all.length - (all.length % 2);
    this.#half = all.slice(whole);
    const view = new DataView(all.buffer, all.byteOffset, whole);
    const full = new Float32Array(this.#rest.length + whole / 2);
    full.set(this.#rest);
    for (let index = 0; index < whole / 2; index++) full[this.#rest.length + index] = view.getInt16(2 * index, true);
    let at = 0;
    for (; at + TAPS <= full.length; at += this.#step) this.#add(dot(full, at, this.#filter, 0, TAPS, 1));
    this.#rest = full.slice(at);
  }

  /** Root mean square of `length` samples from `at`; outside the audio is silence. */
  loudness(at: number, length: number): number {
    return Math.sqrt(this.#energy(at, at + length) / length);
  }

  /** Correlation of `length` samples from `at` with those of another band from `otherAt`: 1 is equal up to gain. */
  similarity(at: number, other: LowBand, otherAt: number, length: number): number {
    const first = Math.max(at, 0, at - otherAt);
    const last = Math.min(at + length, this.length, other.length + at - otherAt);
    if (last <= first) return 0;
    const energy = this.#energy(at, at + length) * other.#energy(otherAt, otherAt + length);
    if (energy === 0) return 0;
    return dot(this.#samples, first, other.#samples, first + otherAt - at, last - first, 1) / Math.sqrt(energy);
  }

  /** The same for every position of the other band, estimated from every eighth sample. */
  similarities(at: number, other: LowBand, length: number): Float32Array {
    const own = this.#energy(at, at + length);
    const estimates = new Float32Array(Math.max(0, other.length - length));
    const squares = other.#squares;
    for (let otherAt = 0; otherAt < estimates.length; otherAt++) {
      const energy = own * (squares[otherAt + length]! - squares[otherAt]!);
      if (energy > 0)
        estimates[otherAt] = (8 * dot(this.#samples, at, other.#samples, otherAt, length, 8)) / Math.sqrt(energy);
    }
    return estimates;
  }

  #energy(from: number, to: number): number {
    const at = (index: number): number => this.#squares[Math.max(0, Math.min(this.length, index))]!;
    return at(to) - at(from);
  }

  #add(sample: number): void {
    if (this.length === this.#samples.length) {
      this.#samples = grown(this.#samples, new Float32Array(2 * this.length));
      this.#squares = grown(this.#squares, new Float64Array(2 * this.length + 1));
    }
    this.#samples[this.length] = sample;
    this.#squares[this.length + 1] = this.#squares[this.length]! + sample * sample;
    this.length++;
  }
}

function grown<Samples extends Float32Array | Float64Array>(from: Samples, into: Samples): Samples {
  into.set(from);
  return into;
}

function dot(a: Float32Array, at: number, b: Float32Array, bt: number, length: number, stride: number): number {
  let sum = 0;
  for (let index = 0; index < length; index += stride) sum += a[at + index]! * b[bt + index]!;
  return sum;
}

/** A windowed sinc; `cutoff` as a fraction of the sample rate. */
function lowPass(cutoff: number): Float32Array {
  const middle = (TAPS - 1) / 2;
  return Float32Array.from({ length: TAPS }, (_, tap) => {
    const x = tap - middle;
    const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
    return sinc * (0.54 + 0.46 * Math.cos((Math.PI * x) / middle));
  });
}
