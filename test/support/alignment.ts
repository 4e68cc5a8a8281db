import { PER_MS } from './lowBand.ts';
import type { LowBand } from './lowBand.ts';

/** Similarity from which on audio and recording match. */
export const MATCH_SIMILARITY = 0.6;
/** Similarity up to which they certainly do not match. */
const MISMATCH_SIMILARITY = 0.45;

/** Audio may be silence below this loudness, or below a fifth of its loudness in the last two seconds. */
const QUIET = 300;
const QUIET_RECORDING = 600;
const QUIET_PART = 0.2;
const RECENT = 2000 * PER_MS;

/** The lag is searched this far around the last one, plus the drift of the clocks since that was certain. */
const SEARCH_RANGE = 2 * PER_MS;
const MAX_DRIFT = 0.006;

/** Audio aligned with a recording: its sample `at` is sample `at + lag` of the recording, and the lag drifts. */
export class Alignment {
  readonly #audio: LowBand;
  readonly #recording: LowBand;
  #certainAt: number;
  lag: number;

  constructor(audio: LowBand, recording: LowBand, at: number, lag: number) {
    this.#audio = audio;
    this.#recording = recording;
    this.#certainAt = at;
    this.lag = lag;
  }

  /** A copy that can drift independently. */
  copy(): Alignment {
    return new Alignment(this.#audio, this.#recording, this.#certainAt, this.lag);
  }

  /** Compares the audio between two points with the recording, and follows the drift of the lag. */
  compare(from: number, to: number): { readonly similarity: number; readonly fits: boolean } {
    const middle = (from + to) / 2;
    const range = Math.round(SEARCH_RANGE + MAX_DRIFT * Math.abs(middle - this.#certainAt));
    let [best, similarity] = [this.lag, -1];
    for (let lag = this.lag - range; lag <= this.lag + range; lag++) {
      const candidate = this.#audio.similarity(from, this.#recording, from + lag, to - from);
      if (candidate > similarity) [best, similarity] = [lag, candidate];
    }
    const quiet =
      isQuiet(this.#audio, from, to, QUIET) &&
      isQuiet(this.#recording, from + this.lag, to + this.lag, QUIET_RECORDING);
    if (similarity < MATCH_SIMILARITY) return { similarity, fits: quiet || similarity > MISMATCH_SIMILARITY };
    if (!quiet) [this.lag, this.#certainAt] = [best, middle];
    return { similarity, fits: true };
  }

  /** Loudness of the louder of the two. */
  loudness(from: number, to: number): number {
    const length = to - from;
    return Math.max(this.#audio.loudness(from, length), this.#recording.loudness(from + this.lag, length));
  }
}

function isQuiet(band: LowBand, from: number, to: number, limit: number): boolean {
  return band.loudness(from, to - from) <= Math.max(limit, QUIET_PART * band.loudness(to - RECENT, RECENT));
}
