import { eventLoop } from './eventLoop.ts';
import { orAborted } from './orAborted.ts';
import { bytesToMs } from './pcm.ts';
import type { PcmFormat } from './pcm.ts';
import type { Pace } from './pull.ts';

/** The most audio that may go out at once after a delay, in milliseconds. */
const MAX_BURST_MS = 1000;
/** The longest that Node's timers wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * When each chunk of a recording goes out.
 *
 * Every chunk has a deadline counted from the first one, so that late timers do not add up. A chunk that is late goes
 * out at once, but no more than 1000 ms of audio do: past that the schedule starts over from there.
 */
export class Schedule implements Pace {
  readonly #format: PcmFormat;
  readonly #speed: number;
  #due: number | undefined;

  /** @param speed How many times faster than real time; `Infinity` waits for nothing but the event loop. */
  constructor(format: PcmFormat, speed: number) {
    this.#format = format;
    this.#speed = speed;
  }

  async turn(bytes: number, released: AbortSignal): Promise<void> {
    const wait = this.#next(bytesToMs(bytes, this.#format), performance.now());
    await (wait > 0 ? sleep(wait, released) : eventLoop());
  }

  shift(ms: number): void {
    this.#due = this.#due === undefined ? undefined : this.#due + ms;
  }

  /** Milliseconds from `now` to the deadline of the next chunk; moves on to the one after. */
  #next(audioMs: number, now: number): number {
    const earliest = now - Math.max(0, MAX_BURST_MS - audioMs) / this.#speed;
    const due = Math.max(this.#due ?? now, earliest);
    this.#due = due + audioMs / this.#speed;
    return due - now;
  }
}

function sleep(ms: number, released: AbortSignal): Promise<void> {
  return orAborted(released, (wake) => {
    const timer = setTimeout(wake, Math.min(Math.ceil(ms), MAX_TIMER_MS));
    return () => clearTimeout(timer);
  });
}
