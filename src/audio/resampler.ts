/** The length of the filter to either side, in zero crossings: the longer, the steeper. */
const CROSSINGS = 20;
/** The attenuation above the band, in decibels, and the shape of the Kaiser window that achieves it. */
const STOP_DB = 60;
const KAISER_BETA = 0.1102 * (STOP_DB - 8.7);

/**
 * Changes the sample rate of a stream of mono samples, which may arrive in pieces of any length.
 *
 * The ratio is an exact fraction and positions are whole numbers, so nothing drifts: n samples always become
 * `Math.ceil(n * to / from)`. Each sample is a sum of its neighbours weighted by a Kaiser-windowed sinc, which removes
 * frequencies that the lower rate cannot represent. The delay is 20 samples of the lower rate.
 *
 * @see https://ccrma.stanford.edu/~jos/resample/ for the theory
 */
export class Resampler {
  /** `#up` samples are delivered for every `#down` received. */
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  /** The weights by phase: the position between two source samples, in `#up`ths. */
  readonly #weights: Float32Array[] = [];
  /** The source samples still needed; silence precedes the first one. */
  #held: Float32Array;
  /** The position of the next sample: an index into `#held`, and the phase after it. */
  #at: number;
  #phase = 0;
  #received = 0;
  #delivered = 0;

  /**
   * @param from The sample rate of the source, in hertz: a positive whole number.
   * @param to The sample rate to deliver, likewise.
   */
  constructor(from: number, to: number) {
    const common = greatestCommonDivisor(from, to);
    this.#up = to / common;
    this.#down = from / common;
    this.#half = Math.ceil(CROSSINGS * Math.max(1, from / to));
    this.#held = new Float32Array(this.#half - 1);
    this.#at = this.#half - 1;
  }

  /** Receives samples and returns those that later ones cannot change any more. */
  push(samples: Float32Array): Float32Array {
    this.#received += samples.length;
    return this.#up === this.#down ? samples : this.#filter(samples, Infinity);
  }

  /** Returns the rest; only silence follows. */
  flush(): Float32Array {
    const rest = Math.ceil((this.#received * this.#up) / this.#down) - this.#delivered;
    return this.#up === this.#down ? new Float32Array(0) : this.#filter(new Float32Array(this.#half), rest);
  }

  #filter(samples: Float32Array, limit: number): Float32Array {
    const source = new Float32Array(this.#held.length + samples.length);
    source.set(this.#held);
    source.set(samples, this.#held.length);
    const ready = Math.ceil(((source.length - this.#half - this.#at) * this.#up - this.#phase) / this.#down);
    const result = new Float32Array(Math.max(0, Math.min(ready, limit)));
    for (let index = 0; index < result.length; index += 1) {
      result[index] = dot(this.#weightsAt(this.#phase), source, this.#at - this.#half + 1);
      const next = this.#phase + this.#down;
      this.#at += Math.floor(next / this.#up);
      this.#phase = next % this.#up;
    }
    this.#delivered += result.length;
    const used = Math.min(source.length, this.#at - this.#half + 1);
    this.#held = source.slice(used);
    this.#at -= used;
    return result;
  }

  #weightsAt(phase: number): Float32Array {
    return (this.#weights[phase] ??= weights(this.#half, phase / this.#up, Math.min(1, this.#up / this.#down)));
  }
}

/** The weights of the samples around a position that is `fraction` after the middle one; their sum is 1. */
function weights(half: number, fraction: number, band: number): Float32Array {
  // the cutoff is the middle of the slope, which ends where the band does
  const cutoff = band - (STOP_DB - 7.95) / (14.36 * 2 * half);
  const all = Float64Array.from({ length: 2 * half }, (_, index) => {
    const distance = index - half + 1 - fraction;
    const angle = Math.PI * distance * cutoff;
    return kaiser(distance / half) * (angle === 0 ? 1 : Math.sin(angle) / angle);
  });
  const sum = all.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(all, (weight) => weight / sum);
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - x * x)) / bessel(KAISER_BETA);
}

/** The modified Bessel function of the first kind, of order zero. */
function bessel(x: number): number {
  let sum = 1;
  for (let term = 1, n = 1; term > sum * 1e-12; n += 1) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}

function dot(factors: Float32Array, source: Float32Array, from: number): number {
  let sum = 0;
  for (let index = 0; index < factors.length; index += 1) {
    sum += (factors[index] ?? 0) * (source[from + index] ?? 0);
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
