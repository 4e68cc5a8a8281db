import { Observable, timer } from 'rxjs';
import type { Subscription } from 'rxjs';
import { emitWithBackpressure } from '../backpressure.ts';
import { monotonicNow } from '../monotonicNow.ts';
import type { Tape, TapeItem } from './tape.ts';

/** How fast audio may be sent; it may change at any time. */
export interface Pace {
  /** How many bytes may be sent at once. */
  readonly burst: number;
  /** How many bytes may be sent per millisecond after that; `Infinity` for no limit. */
  readonly rate: number;
}

/**
 * Plays a tape to a session: what is already recorded, then what is being recorded. It completes after the last of it.
 *
 * Live audio never waits. A token bucket limits catching up, because the service closes connections that send too far
 * ahead; and a session that cannot write fast enough pauses it through `pauseSource`. The next recorded frame also ends a
 * wait that is over: in a background page, timers may be up to a minute late, but frames are not.
 *
 * One function emits all items, so that nothing else is allocated per item; test/src/streaming/cost.test.ts checks that.
 *
 * @param convert Called with each item when it is due; its result is emitted.
 */
export function feed<T>(tape: Tape, pace: Pace, convert: (item: TapeItem) => T): Observable<T> {
  return new Observable((subscriber) => {
    let tokens = pace.burst;
    let at = monotonicNow();
    let busy = false;
    let waiting: Subscription | undefined;
    let overdue: (() => void) | undefined;

    const resume = (): void => {
      busy = false;
      play();
    };

    /** Takes tokens for some bytes; returns how many milliseconds to wait before sending them. */
    const take = (bytes: number): number => {
      if (pace.rate === Infinity) return 0;
      const now = monotonicNow();
      tokens = Math.min(pace.burst, tokens + (now - at) * pace.rate);
      at = now;
      tokens -= bytes;
      return tokens >= 0 ? 0 : Math.ceil(-tokens / pace.rate);
    };

    let next: TapeItem;
    const emitNext = (): void => subscriber.next(convert(next));

    /** Emits one item; returns whether the next may follow at once. */
    const emit = (item: TapeItem): boolean => {
      next = item;
      const held = emitWithBackpressure(emitNext);
      void held?.then(resume);
      return held === undefined;
    };

    const delay = (wait: number, item: TapeItem): void => {
      const due = monotonicNow() + wait;
      const over = (): void => {
        waiting?.unsubscribe();
        overdue = undefined;
        if (emit(item)) resume();
      };
      overdue = () => monotonicNow() > due && over();
      waiting = timer(wait).subscribe(over);
    };

    const play = (): void => {
      if (busy) return;
      busy = true;
      while (!subscriber.closed) {
        const item = tape.read();
        if (!item) break;
        const wait = 'audio' in item ? take(item.audio.length) : 0;
        if (wait > 0) return delay(wait, item);
        if (!emit(item)) return;
      }
      busy = false;
      if (tape.played) subscriber.complete();
    };

    tape.onRecord = () => {
      overdue?.();
      play();
    };
    subscriber.add(() => {
      waiting?.unsubscribe();
      tape.onRecord = undefined;
    });
    play();
  });
}
