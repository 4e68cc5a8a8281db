/** A chunk is late after this many milliseconds, as long as `capture` waits for one. */
const LATE_MS = 2000;
/** How long a late chunk and those after it are held, in milliseconds: less than the grace period of `capture`. */
const HOLD_MS = 50;
/** How much audio may be missing then, in milliseconds. */
const TOLERATED_MS = 1000;

/** Receives the outcome for each chunk. */
export interface SleepHandlers {
  /** A chunk that was on time, or was only delayed because the page was busy. */
  readonly onChunk: (samples: Float32Array) => void;
  /** Audio is missing; the held chunks are dropped. */
  readonly onLost: (error: DOMException) => void;
}

/**
 * Distinguishes a page that was busy, whose chunks all arrive late, from one that slept, whose chunks are missing.
 *
 * Timers alone cannot: in a page that is hidden or asleep they may fire a minute late. Here the first chunk after a long
 * pause is held, with those that arrive right after it: either they fill the pause, or audio was lost.
 */
export class SleepDetector {
  readonly #sampleRate: number;
  readonly #lateMs: number;
  readonly #handlers: SleepHandlers;
  /** When the latest chunk arrived. */
  #lastAt: number | undefined;
  #held: Float32Array[] = [];
  #deciding: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param sampleRate Samples per second, in hertz.
   * @param chunkMs Length of a chunk, in milliseconds.
   */
  constructor(sampleRate: number, chunkMs: number, handlers: SleepHandlers) {
    this.#sampleRate = sampleRate;
    this.#lateMs = Math.max(LATE_MS, chunkMs * 2);
    this.#handlers = handlers;
  }

  receive(samples: Float32Array): void {
    const now = performance.now();
    if (this.#deciding !== undefined) {
      this.#held.push(samples);
      return;
    }
    const pause = now - (this.#lastAt ?? now);
    this.#lastAt = now;
    if (pause > this.#lateMs) {
      this.#held.push(samples);
      this.#deciding = setTimeout(() => this.#decide(pause), HOLD_MS);
    } else this.#handlers.onChunk(samples);
  }

  /** Delivers the held chunks at once. */
  flush(): void {
    clearTimeout(this.#deciding);
    this.#deciding = undefined;
    for (const samples of this.#held.splice(0)) this.#handlers.onChunk(samples);
  }

  /** Drops the held chunks. */
  discard(): void {
    clearTimeout(this.#deciding);
    this.#held = [];
  }

  #decide(pause: number): void {
    const held = this.#held.reduce((sum, { length }) => sum + length, 0);
    const missing = pause - (held * 1000) / this.#sampleRate;
    if (missing <= TOLERATED_MS) this.flush();
    else {
      const seconds = Math.round(missing / 1000);
      const message = `the page or the computer slept: ${seconds} s of audio are missing`;
      this.#handlers.onLost(new DOMException(message, 'AbortError'));
    }
  }
}
