import { PER_MS } from './lowBand.ts';
import type { LowBand } from './lowBand.ts';

/** How alike audio and recording are where they are the same. */
export const ALIKE = 0.6;
/** How alike they are at least, so that it is not certain that they are not. */
const DOUBTFUL = 0.45;

/** Loudness up to which audio, and the recording, may be silence, or else what part of how loud it just was. */
const QUIET = 300;
const QUIET_RECORDING = 600;
const QUIET_PART = 0.2;
const JUST = 2000 * PER_MS;

/** How far the lag is looked for, and how much more for each sample since it was sure: clocks drift apart. */
const NEAR = 2 * PER_MS;
const DRIFT = 0.006;

/** Audio that follows a recording: its sample `at` is sample `at + lag` of the recording, and the lag drifts. */
export class Alignment {
  readonly #heard: LowBand;
  readonly #known: LowBand;
  #sureAt: number;
  lag: number;

  constructor(heard: LowBand, known: LowBand, at: number, lag: number) {
    this.#heard = heard;
    this.#known = known;
    this.#sureAt = at;
    this.lag = lag;
  }

  /** The same alignment, to be followed elsewhere. */
  copy(): Alignment {
    return new Alignment(this.#heard, this.#known, this.#sureAt, this.lag);
  }

  /** Looks at the audio between two points: how alike it is, and whether it can be what the recording has there. */
  look(from: number, to: number): { readonly alike: number; readonly fits: boolean } {
    const middle = (from + to) / 2;
    const range = Math.round(NEAR + DRIFT * Math.abs(middle - this.#sureAt));
    let [best, alike] = [this.lag, -1];
    for (let lag = this.lag - range; lag <= this.lag + range; lag++) {
      const likeness = this.#heard.likeness(from, this.#known, from + lag, to - from);
      if (likeness > alike) [best, alike] = [lag, likeness];
    }
    const quiet =
      isQuiet(this.#heard, from, to, QUIET) && isQuiet(this.#known, from + this.lag, to + this.lag, QUIET_RECORDING);
    if (alike < ALIKE) return { alike, fits: quiet || alike > DOUBTFUL };
    if (!quiet) [this.lag, this.#sureAt] = [best, middle];
    return { alike, fits: true };
  }

  /** How loud the louder of the two is. */
  loudness(from: number, to: number): number {
    const [length, known] = [to - from, this.#known.loudness(from + this.lag, to - from)];
    return Math.max(this.#heard.loudness(from, length), known);
  }
}

function isQuiet(band: LowBand, from: number, to: number, limit: number): boolean {
  return band.loudness(from, to - from) <= Math.max(limit, QUIET_PART * band.loudness(to - JUST, JUST));
}
