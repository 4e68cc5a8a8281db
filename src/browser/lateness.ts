/** How late a chunk must be, in milliseconds, to be looked at: as long as `capture` waits for one. */
const LATE_MS = 2000;
/** How long what follows such a chunk is held, in milliseconds: less than `capture` has as a grace. */
const HOLD_MS = 50;
/** How much may be missing then, in milliseconds. */
const TOLERATED_MS = 1000;

/** What becomes of the chunks. */
export interface Outcome {
  /** A chunk that came in time, or that only waited while the page was busy. */
  readonly onTime: (samples: Float32Array) => void;
  /** Audio is missing: the chunks held are dropped. */
  readonly lost: (error: DOMException) => void;
}

/**
 * Tells a page that was busy, where the chunks waited and are all there, from one that slept, where there were none.
 *
 * The timers of a page that is hidden or sleeps can come a minute late, so they alone would miss that the device was
 * silent meanwhile. Here the first chunk after such a time is held, with those that follow at once: either they make
 * up for the time, or it is lost.
 */
export class Lateness {
  readonly #sampleRate: number;
  readonly #lateMs: number;
  readonly #outcome: Outcome;
  /** When the latest chunk came. */
  #at: number | undefined;
  #held: Float32Array[] = [];
  #judging: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param sampleRate Samples per second, in hertz.
   * @param chunkMs How much a chunk holds, in milliseconds.
   */
  constructor(sampleRate: number, chunkMs: number, outcome: Outcome) {
    this.#sampleRate = sampleRate;
    this.#lateMs = Math.max(LATE_MS, chunkMs * 2);
    this.#outcome = outcome;
  }

  heard(samples: Float32Array): void {
    const now = performance.now();
    if (this.#judging !== undefined) {
      this.#held.push(samples);
      return;
    }
    const late = now - (this.#at ?? now);
    this.#at = now;
    if (late > this.#lateMs) {
      this.#held.push(samples);
      this.#judging = setTimeout(() => this.#judge(late), HOLD_MS);
    } else this.#outcome.onTime(samples);
  }

  /** Lets go of what is held, at once. */
  settle(): void {
    clearTimeout(this.#judging);
    this.#judging = undefined;
    for (const samples of this.#held.splice(0)) this.#outcome.onTime(samples);
  }

  /** Drops what is held. */
  clear(): void {
    clearTimeout(this.#judging);
    this.#held = [];
  }

  #judge(late: number): void {
    const heard = this.#held.reduce((sum, { length }) => sum + length, 0);
    const missing = late - (heard * 1000) / this.#sampleRate;
    if (missing <= TOLERATED_MS) this.settle();
    else {
      const seconds = Math.round(missing / 1000);
      this.#outcome.lost(new DOMException(`the page or the computer slept, ${seconds} s are missing`, 'AbortError'));
    }
  }
}
