import type { Pace } from './pausableSource.ts';
import { bytesToMs } from './pcm.ts';
import type { PcmFormat } from './pcm.ts';
import { waitOrAbort } from './waitOrAbort.ts';
import { yieldToEventLoop } from './yieldToEventLoop.ts';

/** The most audio emitted at once after a delay, in milliseconds. */
const MAX_BURST_MS = 1000;
/** The most bytes emitted in one turn of the event loop at speed `Infinity`: as many as a stream of Node delivers. */
const TURN_BYTES = 65_536;
/** The longest delay that Node's timers support, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Paces the chunks of a recording.
 *
 * Each chunk has a deadline counted from the first one, so that late timers do not add up. A late chunk is emitted at
 * once, but at most 1000 ms of audio are: beyond that the schedule restarts.
 */
export class Schedule implements Pace {
  readonly #format: PcmFormat;
  readonly #speed: number;
  #due: number | undefined;
  /** Bytes that were emitted in the present turn of the event loop. */
  #inTurn = Infinity;

  /** @param speed How many times faster than real time; `Infinity` only yields to the event loop. */
  constructor(format: PcmFormat, speed: number) {
    this.#format = format;
    this.#speed = speed;
  }

  waitFor(bytes: number, released: AbortSignal): Promise<void> | undefined {
    if (this.#speed === Infinity) return this.#unpaced(bytes);
    const wait = this.#next(bytesToMs(bytes, this.#format), performance.now());
    return wait > 0 ? sleep(wait, released) : yieldToEventLoop();
  }

  #unpaced(bytes: number): Promise<void> | undefined {
    this.#inTurn += bytes;
    if (this.#inTurn <= TURN_BYTES) return undefined;
    this.#inTurn = bytes;
    return yieldToEventLoop();
  }

  delay(ms: number): void {
    this.#due = this.#due === undefined ? undefined : this.#due + ms;
  }

  /** Returns the milliseconds until the next chunk is due, and advances to the one after it. */
  #next(audioMs: number, now: number): number {
    const earliest = now - Math.max(0, MAX_BURST_MS - audioMs) / this.#speed;
    const due = Math.max(this.#due ?? now, earliest);
    this.#due = due + audioMs / this.#speed;
    return due - now;
  }
}

function sleep(ms: number, released: AbortSignal): Promise<void> {
  return waitOrAbort(released, (wake) => {
    const timer = setTimeout(wake, Math.min(Math.ceil(ms), MAX_TIMER_MS));
    return () => clearTimeout(timer);
  });
}
