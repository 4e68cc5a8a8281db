import { describe, expect, it, jest } from '@jest/globals';
import { Subject, firstValueFrom, map, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import { pauseSource } from '../../../src/backpressure.ts';
import { feed } from '../../../src/streaming/feed.ts';
import type { Pace } from '../../../src/streaming/feed.ts';
import { Tape } from '../../../src/streaming/tape.ts';
import type { TapeItem } from '../../../src/streaming/tape.ts';
import { marbles } from '../../support/marbles.ts';

const LIVE: Pace = { burst: Infinity, rate: Infinity };

function tapeWith(...frames: string[]): Tape {
  const tape = new Tape(1, 1000);
  for (const frame of frames) tape.record(Buffer.from(frame), 0);
  return tape;
}

/** Plays a tape as text: `ab` is a frame of two bytes. */
const text = (items: Observable<TapeItem>): Observable<string> =>
  items.pipe(map((item) => ('audio' in item ? Buffer.from(item.audio).toString() : item.control.type)));

describe('feed', () => {
  it('plays what is recorded, then what was recorded since, and completes after the last', () => {
    marbles(({ cold, expectObservable }) => {
      const tape = tapeWith('a', 'b');
      const live = cold(' -----c--d--|').pipe(
        tap({ next: (frame) => tape.record(Buffer.from(frame), 0), complete: () => tape.finish() }),
      );
      const expected = ' (ab)-c--d--|';

      expectObservable(live).toBe('-----c--d--|');
      expectObservable(text(feed(tape, LIVE, (item) => item))).toBe(expected);
    });
  });

  it('keeps the place of control messages', () => {
    marbles(({ expectObservable }) => {
      const tape = tapeWith('a');
      tape.mark({ type: 'ForceEndpoint' });
      tape.record(Buffer.from('b'), 0);
      tape.finish();

      expectObservable(text(feed(tape, LIVE, (item) => item))).toBe('(acb|)', { a: 'a', b: 'b', c: 'ForceEndpoint' });
    });
  });

  it('emits a burst at once and the rest at its rate', () => {
    marbles(({ expectObservable }) => {
      const tape = tapeWith('aa', 'bb', 'cc', 'dd');
      tape.finish();
      const values = { a: 'aa', b: 'bb', c: 'cc', d: 'dd' };

      // 4 bytes at once, then 1 byte in 5 ms
      expectObservable(text(feed(tape, { burst: 4, rate: 0.2 }, (item) => item))).toBe('(ab) 6ms c 9ms (d|)', values);
    });
  });

  it('never makes live audio wait', () => {
    marbles(({ cold, expectObservable }) => {
      const tape = new Tape(1, 1000);
      const live = cold('a---b---c---d---|').pipe(
        tap({ next: (frame) => tape.record(Buffer.from(frame), 0), complete: () => tape.finish() }),
      );

      expectObservable(text(feed(tape, { burst: 1, rate: 0.25 * 1.25 }, (item) => item))).toBe('a---b---c---d---|');
      expectObservable(live).toBe('a---b---c---d---|');
    });
  });

  it('waits while the session pauses it', async () => {
    const tape = tapeWith('a', 'b');
    tape.finish();
    const ready = new Subject<void>();
    const played: string[] = [];
    const done = new Promise<void>((complete) => {
      text(feed(tape, LIVE, (item) => item)).subscribe({
        next: (frame) => {
          played.push(frame);
          if (frame === 'a') pauseSource(() => firstValueFrom(ready));
        },
        complete,
      });
    });
    expect(played).toEqual(['a']);

    ready.next();
    await done;

    expect(played).toEqual(['a', 'b']);
  });

  it('does not touch the tape after it is unsubscribed', () => {
    marbles(({ expectObservable, flush }) => {
      const tape = tapeWith('aa', 'bb');

      expectObservable(text(feed(tape, { burst: 2, rate: 0.2 }, (item) => item)), '---!').toBe('a', { a: 'aa' });
      flush();

      expect(tape.onRecord).toBeUndefined();
    });
  });

  it('keeps order when the consumer records more', () => {
    const tape = tapeWith('a');
    const played: string[] = [];
    text(feed(tape, LIVE, (item) => item)).subscribe((frame) => {
      played.push(frame);
      if (frame === 'a') tape.record(Buffer.from('b'), 0);
    });

    expect(played).toEqual(['a', 'b']);
  });

  it('does not depend on timers: the next frame ends a wait that is over', () => {
    jest.useFakeTimers();
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    try {
      const tape = tapeWith('aa', 'bb', 'cc');
      const played: string[] = [];
      const playing = text(feed(tape, { burst: 2, rate: 0.02 }, (item) => item)).subscribe((frame) =>
        played.push(frame),
      );
      expect(played).toEqual(['aa']);
      now.mockReturnValue(50);
      tape.record(Buffer.from('dd'), 50);
      expect(played).toEqual(['aa']); // 2 bytes take 100 ms
      now.mockReturnValue(60_000); // no timer fires
      tape.record(Buffer.from('ee'), 60_000);
      expect(played).toEqual(['aa', 'bb', 'cc']); // tokens for one burst, no more
      now.mockReturnValue(60_100);
      jest.advanceTimersByTime(100);
      expect(played).toEqual(['aa', 'bb', 'cc', 'dd']);
      playing.unsubscribe();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      now.mockRestore();
      jest.useRealTimers();
    }
  });
});
