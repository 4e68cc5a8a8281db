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
    /** What was read and not emitted yet, and when it may be; 0 for at once. */
    let next: TapeItem | undefined;
    let due = 0;

    /** Reads the next item and takes tokens for its bytes. */
    const read = (): TapeItem | undefined => {
      const item = tape.read();
      const { rate } = pace;
      due = 0;
      if (rate === Infinity || !item || !('audio' in item)) return item;
      const now = monotonicNow();
      tokens = Math.min(pace.burst, tokens + (now - at) * rate) - item.audio.length;
      at = now;
      if (tokens < 0) due = now + Math.ceil(-tokens / rate);
      return item;
    };

    const emitNext = (): void => {
      const item = next;
      next = undefined;
      if (item) subscriber.next(convert(item));
    };

    const resume = (): void => {
      busy = false;
      play();
    };

    const wake = (): void => {
      waiting = undefined;
      play();
    };

    const play = (): void => {
      if (busy) return;
      busy = true;
      while (!subscriber.closed && (next ??= read())) {
        const wait = due === 0 ? 0 : due - monotonicNow();
        if (wait > 0) {
          waiting ??= timer(wait).subscribe(wake);
          break;
        }
        const held = emitWithBackpressure(emitNext);
        if (held) return void held.then(resume);
      }
      busy = false;
      if (!next && tape.played) subscriber.complete();
    };

    tape.onRecord = play;
    subscriber.add(() => {
      waiting?.unsubscribe();
      tape.onRecord = undefined;
    });
    play();
  });
}
