import { Observable, asyncScheduler, timer } from 'rxjs';
import type { Subscription } from 'rxjs';
import { emitWithBackpressure } from '../backpressure.ts';
import type { Tape, TapeItem } from './tape.ts';

/** How fast audio may leave. */
export interface Pace {
  /** How many bytes may leave at once. */
  readonly burst: number;
  /** How many bytes may leave per millisecond after that; `Infinity` for no limit. */
  readonly rate: number;
}

/**
 * Plays a tape to a session: what is recorded already, then what is recorded meanwhile; completes after the last of it.
 *
 * A live source never waits. Only catching up does, by a token bucket, so that the service is never sent more than it
 * takes; and a session that cannot write fast enough, through `pauseSource`. A wait that is over also ends with the next
 * frame recorded: the timers of a page in the background may come late, up to a minute, but its frames do not.
 *
 * Nothing is made for an item but the item: one function emits them all. Row "allocated on the heap, per frame" of table
 * `pipeline` in test/bench decided it; test/src/streaming/cost.test.ts keeps it.
 */
export function feed(tape: Tape, pace: Pace): Observable<TapeItem> {
  return new Observable((subscriber) => {
    let tokens = pace.burst;
    let at = asyncScheduler.now();
    let busy = false;
    let waiting: Subscription | undefined;
    let overdue: (() => void) | undefined;

    const resume = (): void => {
      busy = false;
      play();
    };

    /** Milliseconds to wait until so many bytes may leave; 0 takes them. */
    const take = (bytes: number): number => {
      if (pace.rate === Infinity) return 0;
      const now = asyncScheduler.now();
      tokens = Math.min(pace.burst, tokens + (now - at) * pace.rate);
      at = now;
      tokens -= bytes;
      return tokens >= 0 ? 0 : Math.ceil(-tokens / pace.rate);
    };

    let next: TapeItem;
    const emitNext = (): void => subscriber.next(next);

    /** Emits one item; returns whether to go on at once. */
    const emit = (item: TapeItem): boolean => {
      next = item;
      const held = emitWithBackpressure(emitNext);
      void held?.then(resume);
      return held === undefined;
    };

    const delay = (wait: number, item: TapeItem): void => {
      const due = asyncScheduler.now() + wait;
      const over = (): void => {
        waiting?.unsubscribe();
        overdue = undefined;
        if (emit(item)) resume();
      };
      overdue = () => asyncScheduler.now() > due && over();
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
