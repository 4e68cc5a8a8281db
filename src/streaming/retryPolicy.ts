import type { TranscriptionError } from '../errors.ts';

/** The options that limit retries. */
export interface RetryLimits {
  /** Whether to retry at all. */
  readonly reconnect: boolean;
  /** How long an outage may last without progress, in milliseconds. */
  readonly maxOutage: number;
}

/** The longest first wait, in milliseconds; it doubles with each further failure. */
const FIRST_WAIT_MS = 250;
/** The longest wait, in milliseconds. */
const LONGEST_WAIT_MS = 10_000;
/** A session without new words proves itself only if it lasts this long, in milliseconds. */
const PROOF_MS = 5000;
/** How much more audio than any before it must then have processed, in milliseconds: timers are not exact. */
const PROOF_AUDIO_MS = 500;
/** So many early failures over so many milliseconds are enough, if there never was any progress. */
const EARLY_FAILURES = { count: 3, ms: 10_000 };
/** So many refusals in a row of the key or a setting that worked before are enough, over so many milliseconds. */
const REFUSALS = { count: 4, ms: 30_000 };
/** After so many failures on the same audio, that audio is at fault. */
const AUDIO_FAILURES = 3;
/** How much audio is skipped at least, in milliseconds; four times as much if that was not enough, three times at most. */
const SKIP = { ms: 1000, factor: 4, count: 3 };

/** How a session that had begun ended. Positions are milliseconds on the audio clock. */
export interface SessionEnd {
  /** How long it lasted since `Begin`, in milliseconds. */
  readonly lastedMs: number;
  /** From where and up to where it was sent audio. */
  readonly fromMs: number;
  readonly sentMs: number;
  /** Up to where the service had certainly processed the audio. */
  readonly processedMs: number;
  /** Whether it had time to process everything that was recorded. */
  readonly caughtUp: boolean;
  /** Whether something other than the service is known to have ended it. */
  readonly blameless?: boolean;
}

/** What to do after a failure. */
export interface Retry {
  /** Milliseconds to wait before the next attempt. */
  readonly wait: number;
  /** Where the next session starts, if the audio before it is given up; milliseconds on the audio clock. */
  readonly skipTo?: number;
}

/**
 * Decides after each failure when to retry, whether to skip audio, and when to give up.
 *
 * Only progress ends an outage: a final, words beyond those reported before, a session that lasted and processed more
 * audio than any before, or one that ended as it should. The wait is exponential with full jitter, a random part of 250 ms,
 * 500 ms, 1 s, … up to 10 s, so that clients that failed together do not return together. After a session has begun, a
 * refusal is an outage as well, because proxies and services that restart refuse what they accept a moment later.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export class RetryPolicy {
  readonly #limits: RetryLimits;
  readonly #random: () => number;
  #failures = 0;
  #earlyFailures = 0;
  #outageSince: number | undefined;
  #refusals = 0;
  #refusedSince = 0;
  /** Failures on the same audio, in a row. */
  #audioFailures = 0;
  /** The least position up to which such a session was sent audio, if that is beyond the words reported. */
  #failsBefore: number | undefined;
  #skips = 0;
  /** How the last session ended. */
  #lastEnd: SessionEnd | undefined;
  /** Positions up to which words were reported, and up to which sessions processed audio. */
  #reportedMs = 0;
  #processedMs = 0;
  /** Whether there was progress ever, and in the present session. */
  #everProgressed = false;
  #progressed = false;
  #everBegan = false;

  /** @param random From 0 to 1, as `Math.random`. */
  constructor(limits: RetryLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** How many attempts have failed since the last progress. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether audio should be sent slowly, so that it shows which part of it makes sessions fail. */
  get suspectsAudio(): boolean {
    return this.#audioFailures > 1;
  }

  /** Records that words up to a position were reported. */
  reported(endMs: number): void {
    if (endMs <= this.#reportedMs) return;
    this.#reportedMs = endMs;
    this.progress();
  }

  /** Records progress: whatever fails next is a new outage. */
  progress(): void {
    this.#everProgressed = true;
    this.#progressed = true;
    this.#failures = 0;
    this.#earlyFailures = 0;
    this.#skips = 0;
    this.#endOutage();
  }

  /** Records that a session ended as it should: it processed everything it was sent, even if there were no words in it. */
  ended(): void {
    this.progress();
    this.#progressed = false;
    this.#everBegan = true;
  }

  /**
   * Records a failure.
   *
   * @param error What failed.
   * @param now Milliseconds on a monotonic clock.
   * @param end How the session ended; `undefined` if it had not begun.
   * @param deadline When the last attempt may start, on the same clock.
   * @returns When to retry, or `undefined` to give up.
   */
  failed(error: TranscriptionError, now: number, end?: SessionEnd, deadline: number = Infinity): Retry | undefined {
    const everBegan = this.#everBegan;
    if (end) this.#sessionEnded(end);
    const known = everBegan || this.#everProgressed; // a first session that is refused as it begins was never accepted
    const wait = this.#wait(error);
    this.#failures++;
    this.#outageSince ??= now;
    if (!this.#limits.reconnect || now + wait > deadline) return undefined;
    if (!error.retryable && !(known && isFromService(error))) return undefined;
    if (this.#isRefusedForGood(error, now + wait)) return undefined;
    const early = this.#earlyFailures >= EARLY_FAILURES.count && now + wait - this.#outageSince >= EARLY_FAILURES.ms;
    if (early && !this.#everProgressed) return undefined;
    if (now + wait - this.#outageSince <= this.#limits.maxOutage) return { wait };
    // an attempt that cannot connect in between does not acquit the audio
    const lastEnd = end ?? (2 * this.#audioFailures > this.#failures ? this.#lastEnd : undefined);
    return lastEnd && this.#skip(lastEnd, now, wait);
  }

  #sessionEnded(end: SessionEnd): void {
    this.#lastEnd = end;
    const processedMore = end.processedMs > this.#processedMs + PROOF_AUDIO_MS;
    if (end.lastedMs >= PROOF_MS && (processedMore || end.caughtUp)) this.progress();
    this.#processedMs = Math.max(this.#processedMs, end.processedMs);
    const onAudio = !end.blameless && end.sentMs > end.fromMs;
    // a session that was sent less than what others reported failed for another reason
    if (onAudio && end.sentMs > this.#reportedMs)
      this.#failsBefore = Math.min(this.#failsBefore ?? Infinity, end.sentMs);
    if (!this.#progressed && onAudio) this.#audioFailures++;
    if (!this.#progressed && !end.blameless) this.#earlyFailures++;
    this.#progressed = false;
    this.#everBegan = true;
  }

  /** Whether a key or setting that worked before is refused again and again. */
  #isRefusedForGood(error: TranscriptionError, next: number): boolean {
    if (!namesKeyOrSetting(error)) {
      this.#refusals = 0;
      return false;
    }
    if (this.#refusals++ === 0) this.#refusedSince = next;
    return this.#refusals >= REFUSALS.count && next - this.#refusedSince >= REFUSALS.ms;
  }

  /** Skips the audio on which sessions fail; a new outage begins. */
  #skip(end: SessionEnd, now: number, wait: number): Retry | undefined {
    if (this.#audioFailures < AUDIO_FAILURES || !this.#everProgressed || this.#skips >= SKIP.count) return undefined;
    const skipTo = Math.max(this.#failsBefore ?? end.sentMs, end.fromMs + SKIP.ms * SKIP.factor ** this.#skips++);
    this.#failures = 1;
    this.#endOutage();
    this.#outageSince = now;
    return { wait: Math.min(wait, FIRST_WAIT_MS), skipTo };
  }

  #endOutage(): void {
    this.#outageSince = undefined;
    this.#refusals = 0;
    this.#audioFailures = 0;
    this.#failsBefore = undefined;
  }

  /** A service that limits new sessions is given at least half of the longest wait. */
  #wait(error: TranscriptionError): number {
    if (error.kind === 'rate-limited') return LONGEST_WAIT_MS * (1 + this.#random()) * 0.5;
    return this.#random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
  }
}

/** Whether the service or the way to it failed, and not a function of the application. */
function isFromService(error: TranscriptionError): boolean {
  return error.wireCode !== undefined || error.kind === 'network';
}

function namesKeyOrSetting({ kind, wireCode, retryable }: TranscriptionError): boolean {
  const refused = kind === 'unauthorized' || kind === 'invalid-input';
  return !retryable && refused && wireCode !== undefined && (wireCode >= 1000 || wireCode === 401);
}
