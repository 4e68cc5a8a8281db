import type { AudioFormat } from './audioFormat.ts';
import type { ViolationCode } from './options.ts';

/** What is wrong with an audio message. If it is fatal, the session ends with 3007 and the message. */
export interface AudioProblem {
  readonly code: ViolationCode;
  readonly message: string;
  readonly fatal: boolean;
}

const MIN_MS = 50;
const MAX_MS = 1000;

/** How much audio in consecutive short messages is tolerated. */
const MAX_SHORT_MS = 980;

/** Checks audio messages: 50 to 1000 ms each, whole samples, not too far ahead of real time. */
export class AudioValidator {
  readonly #format: AudioFormat;
  readonly #aheadLimitMs: number;
  #shortMs = 0;
  /** The problem of a short message, which is none if `Terminate` comes next. */
  #pending: AudioProblem | undefined;
  #totalMs = 0;
  #firstAt: number | undefined;

  constructor(format: AudioFormat, aheadLimitMs: number) {
    this.#format = format;
    this.#aheadLimitMs = aheadLimitMs;
  }

  /** Checks the next message. A problem in the result may be that of the previous message. */
  check(length: number): AudioProblem[] {
    const { bytesPerMs, encoding } = this.#format;
    const problems = this.takePending();
    if (bytesPerMs === undefined) return problems;
    const ms = length / bytesPerMs;
    if (encoding === 'pcm_s16le' && length % 2 === 1) {
      problems.push({ code: 'odd-length', message: `half a sample: ${length} bytes`, fatal: false });
    }
    return [...problems, ...this.#checkDuration(ms), ...this.#checkPace(ms)];
  }

  /** Returns the problem of the last message if it was short; `Terminate` did not follow it. */
  takePending(): AudioProblem[] {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending === undefined ? [] : [pending];
  }

  /** Accepts a single short message before `Terminate`: it is the tail. */
  acceptTail(): void {
    this.#pending = undefined;
  }

  #checkDuration(ms: number): AudioProblem[] {
    const message = `Input Duration Error: Input Duration Violation: ${ms.toFixed(1)} ms. Expected between 50 and 1000 ms`;
    if (ms > MAX_MS) return [{ code: 'frame-duration', message, fatal: true }];
    if (ms >= MIN_MS) {
      this.#shortMs = 0;
      return [];
    }
    const first = this.#shortMs === 0;
    this.#shortMs += Math.max(ms, 1);
    const fatal = this.#shortMs >= MAX_SHORT_MS;
    const problem: AudioProblem = { code: 'frame-duration', message, fatal };
    if (!first || fatal) return [problem];
    this.#pending = problem;
    return [];
  }

  #checkPace(ms: number): AudioProblem[] {
    this.#firstAt ??= performance.now();
    this.#totalMs += ms;
    const elapsedMs = performance.now() - this.#firstAt;
    if (this.#totalMs - elapsedMs <= this.#aheadLimitMs) return [];
    const rate = `Received ${seconds(this.#totalMs)} sec. audio in ${seconds(elapsedMs)} sec`;
    return [{ code: 'rate', message: `Input Duration Error: Audio Transmission Rate Exceeded: ${rate}`, fatal: true }];
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}
