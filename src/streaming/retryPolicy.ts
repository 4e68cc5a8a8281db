import type { TranscriptionError } from '../errors.ts';

/** When to try again, and when to give up. */
export interface RetryLimits {
  /** Whether to try again at all. */
  readonly reconnect: boolean;
  /** How long an outage may last, in milliseconds, from the first failure to the next healthy session. */
  readonly maxOutage: number;
}

/** The longest first wait, in milliseconds; it doubles with each further failure. */
const FIRST_WAIT_MS = 250;
/** The longest wait, in milliseconds. */
const LONGEST_WAIT_MS = 10_000;
/** A session that told of nothing and died sooner than this, in milliseconds, was not healthy. */
const HEALTHY_MS = 5000;
/**
 * How much such sessions in a row count against the service, and how much is too much: three that lived through less than
 * 5 s of audio are no accident, the service takes the connection only to drop it. One that lived through more (a recording
 * may be played faster than real time) may have died of something else; ten of these are none either.
 */
const STRIKES = { little: 10, more: 3, most: 30 };

/** What is known of a session that ended. */
export interface Life {
  /** How long it lived since the service's `Begin`, in milliseconds. */
  readonly livedMs: number;
  /** How much audio came in meanwhile, in milliseconds. */
  readonly audioMs: number;
  /** Whether it ended for a reason that is known not to lie with the service. */
  readonly blameless?: boolean;
}

/**
 * Decides after each failure how long to wait before the next attempt, or to give up.
 *
 * The wait is exponential with full jitter: a random part of 250 ms, 500 ms, 1 s, … up to 10 s, so that many clients that
 * failed together do not come back together. A service that limits new sessions is given at least half of the longest. A
 * healthy session ends an outage: one that lived for 5 s or told of a turn.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export class RetryPolicy {
  readonly #limits: RetryLimits;
  readonly #random: () => number;
  #failures = 0;
  #strikes = 0;
  #outageSince: number | undefined;
  /** Whether the session that is running proved healthy. */
  #proved = false;

  /** @param random From 0 to 1, as `Math.random`. */
  constructor(limits: RetryLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** How many attempts failed since the last healthy session. */
  get failures(): number {
    return this.#failures;
  }

  /** Takes note that the session is healthy: whatever happens next is a new outage. */
  healthy(): void {
    this.#proved = true;
    this.#failures = 0;
    this.#strikes = 0;
    this.#outageSince = undefined;
  }

  /**
   * Takes note of a failure.
   *
   * @param error What failed.
   * @param now Milliseconds on any clock that runs on.
   * @param life What is known of the session; `undefined` if it did not come to the service's `Begin`.
   * @returns Milliseconds to wait before the next attempt, or `undefined` to give up.
   */
  failed(error: TranscriptionError, now: number, life?: Life): number | undefined {
    if (life && life.livedMs >= HEALTHY_MS) this.healthy();
    if (life && !life.blameless && !this.#proved)
      this.#strikes += life.audioMs < HEALTHY_MS ? STRIKES.little : STRIKES.more;
    this.#proved = false;
    const wait = this.#wait(error);
    this.#failures++;
    this.#outageSince ??= now;
    const tooLong = now + wait - this.#outageSince > this.#limits.maxOutage;
    const hopeless = !error.retryable || this.#strikes >= STRIKES.most;
    return !this.#limits.reconnect || hopeless || tooLong ? undefined : wait;
  }

  #wait(error: TranscriptionError): number {
    if (error.kind === 'rate-limited') return LONGEST_WAIT_MS * (1 + this.#random()) * 0.5;
    return this.#random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
  }
}
