import type { AudioFormat } from './audioFormat.ts';
import type { ViolationCode } from './options.ts';

/** What is wrong with an audio message; with `fatal` the session ends with 3007 and the message. */
export interface Objection {
  readonly code: ViolationCode;
  readonly message: string;
  readonly fatal: boolean;
}

const SHORTEST_MS = 50;
const LONGEST_MS = 1000;

/** How much audio in short messages, in a row, is put up with. */
const PATIENCE_MS = 980;

/** Holds audio messages against the rules: 50 to 1000 ms each, whole samples, not too far ahead of real time. */
export class AudioGate {
  readonly #format: AudioFormat;
  readonly #aheadLimitMs: number;
  #shortMs = 0;
  /** A short message that is well if `Terminate` follows. */
  #doubtful: Objection | undefined;
  #totalMs = 0;
  #firstAt: number | undefined;

  constructor(format: AudioFormat, aheadLimitMs: number) {
    this.#format = format;
    this.#aheadLimitMs = aheadLimitMs;
  }

  /** Judges the next message. What it objects to may be the message before it. */
  check(length: number): Objection[] {
    const { bytesPerMs, encoding } = this.#format;
    const objections = this.settle();
    if (bytesPerMs === undefined) return objections;
    const ms = length / bytesPerMs;
    if (encoding === 'pcm_s16le' && length % 2 === 1) {
      objections.push({ code: 'odd-length', message: `half a sample: ${length} bytes`, fatal: false });
    }
    return [...objections, ...this.#duration(ms), ...this.#pace(ms)];
  }

  /** No `Terminate` followed the last message: a short one was not the tail. */
  settle(): Objection[] {
    const doubtful = this.#doubtful;
    this.#doubtful = undefined;
    return doubtful === undefined ? [] : [doubtful];
  }

  /** `Terminate` followed: a single short message before it is the tail, and well. */
  forgiveTail(): void {
    this.#doubtful = undefined;
  }

  #duration(ms: number): Objection[] {
    const shown = Number(ms.toFixed(1));
    const message = `Input Duration Error: Input Duration Violation: ${shown} ms. Expected between 50 and 1000 ms`;
    if (ms > LONGEST_MS) return [{ code: 'frame-duration', message, fatal: true }];
    if (ms >= SHORTEST_MS) {
      this.#shortMs = 0;
      return [];
    }
    const first = this.#shortMs === 0;
    this.#shortMs += Math.max(ms, 1);
    const fatal = this.#shortMs >= PATIENCE_MS;
    const objection: Objection = { code: 'frame-duration', message, fatal };
    if (!first || fatal) return [objection];
    this.#doubtful = objection;
    return [];
  }

  #pace(ms: number): Objection[] {
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
