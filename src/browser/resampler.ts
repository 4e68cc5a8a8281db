/** How far the filter reaches to either side, in zero crossings: the more, the steeper. */
const CROSSINGS = 20;
/** By how much what does not belong into the band is attenuated, in decibels, and the window that does it. */
const STOP_DB = 60;
const KAISER_BETA = 0.1102 * (STOP_DB - 8.7);

/**
 * Changes the sample rate of a stream of mono samples, piece by piece, whatever their lengths.
 *
 * The rate is an exact fraction and positions are whole numbers, so nothing drifts: n samples become
 * `Math.ceil(n * to / from)`, after an hour too. Each sample is the sum of those around it, weighted by a sinc in a
 * Kaiser window, which removes what the lower of the rates can not hold. It reaches 20 samples of that rate to either
 * side: so much later it comes.
 *
 * @see https://ccrma.stanford.edu/~jos/resample/ for the theory
 */
export class Resampler {
  /** So many samples out for `#down` in. */
  readonly #up: number;
  readonly #down: number;
  readonly #half: number;
  /** The weights, by how far in `#up`ths the sample lies after one of the source. */
  readonly #weights: Float32Array[] = [];
  /** What is still needed of the source, and before its beginning silence. */
  #held: Float32Array;
  /** Where in `#held` the next sample lies, at or after so many, and in `#up`ths after that one. */
  #at: number;
  #phase = 0;
  #taken = 0;
  #given = 0;

  /**
   * @param from Samples per second of the source, in hertz: a positive whole number, as is `to`.
   * @param to Samples per second to deliver.
   */
  constructor(from: number, to: number) {
    const common = greatestCommonDivisor(from, to);
    this.#up = to / common;
    this.#down = from / common;
    this.#half = Math.ceil(CROSSINGS * Math.max(1, from / to));
    this.#held = new Float32Array(this.#half - 1);
    this.#at = this.#half - 1;
  }

  /** Takes samples, and gives those that are certain by now. */
  push(samples: Float32Array): Float32Array {
    this.#taken += samples.length;
    return this.#up === this.#down ? samples : this.#filter(samples, Infinity);
  }

  /** Gives the rest: nothing but silence follows. */
  flush(): Float32Array {
    const rest = Math.ceil((this.#taken * this.#up) / this.#down) - this.#given;
    return this.#up === this.#down ? new Float32Array(0) : this.#filter(new Float32Array(this.#half), rest);
  }

  #filter(samples: Float32Array, most: number): Float32Array {
    const source = new Float32Array(this.#held.length + samples.length);
    source.set(this.#held);
    source.set(samples, this.#held.length);
    const certain = Math.ceil(((source.length - this.#half - this.#at) * this.#up - this.#phase) / this.#down);
    const result = new Float32Array(Math.max(0, Math.min(certain, most)));
    for (let index = 0; index < result.length; index += 1) {
      result[index] = dot(this.#weightsAt(this.#phase), source, this.#at - this.#half + 1);
      const next = this.#phase + this.#down;
      this.#at += Math.floor(next / this.#up);
      this.#phase = next % this.#up;
    }
    this.#given += result.length;
    const used = Math.min(source.length, this.#at - this.#half + 1);
    this.#held = source.slice(used);
    this.#at -= used;
    return result;
  }

  #weightsAt(phase: number): Float32Array {
    return (this.#weights[phase] ??= weights(this.#half, phase / this.#up, Math.min(1, this.#up / this.#down)));
  }
}

/** The weights of the samples around a place that lies by a fraction after the middle one; together they are 1. */
function weights(half: number, fraction: number, band: number): Float32Array {
  // the middle of the slope: at its foot the band ends
  const cutoff = band - (STOP_DB - 7.95) / (14.36 * 2 * half);
  const all = Float64Array.from({ length: 2 * half }, (_, index) => {
    const distance = index - half + 1 - fraction;
    const angle = Math.PI * distance * cutoff;
    return kaiser(distance / half) * (angle === 0 ? 1 : Math.sin(angle) / angle);
  });
  const sum = all.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(all, (weight) => weight / sum);
}

function kaiser(place: number): number {
  return Math.abs(place) >= 1 ? 0 : bessel(KAISER_BETA * Math.sqrt(1 - place * place)) / bessel(KAISER_BETA);
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
