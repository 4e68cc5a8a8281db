import { describe, expect, it } from '@jest/globals';
import { NEVER, ignoreElements, map, merge, of, switchMap, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import type { SessionEvent } from '../../../src/streaming/message.ts';
import type { Playback } from '../../../src/streaming/playback.ts';
import { Succession, handoverTimes } from '../../../src/streaming/succession.ts';
import { marbles } from '../../support/marbles.ts';

const BEGIN = { type: 'Begin', id: 'model', expires_at: 0 } as const;

/** A succession whose sessions are all the same, and what came of it, in order. */
function succession(event$: Observable<SessionEvent>): { readonly one: Succession; readonly log: string[] } {
  const log: string[] = [];
  const one = new Succession({
    connect: (start$) => {
      log.push('connect');
      start$.subscribe(() => log.push('let in'));
      return { playback: {} as Playback, event$ };
    },
    onConnected: () => log.push('connected'),
    onDue: () => log.push('due'),
  });
  return { one, log };
}

describe('Succession', () => {
  it('connects a successor before the end, and says when it must take over', () => {
    marbles(({ flush }) => {
      const { one, log } = succession(merge(of(BEGIN), NEVER));
      const expected: [number, string[]][] = [
        [44_999, []],
        [45_001, ['connect', 'connected']],
        [56_249, ['connect', 'connected']],
        [56_251, ['connect', 'connected', 'due']],
      ];
      const seen: typeof expected = [];
      one.schedule(60_000);
      for (const [ms] of expected) timer(ms).subscribe(() => seen.push([ms, [...log]]));
      flush();

      expect(seen).toEqual(expected);
      expect([one.isPrepared, one.isUnderWay]).toEqual([true, false]);
    });
  });

  it('lets the successor in when the audio moves over, and only then', () => {
    marbles(({ flush }) => {
      const { one, log } = succession(NEVER);
      one.schedule(60_000);
      flush();
      expect(log).toEqual(['connect', 'due']);

      one.begin();
      expect(log).toEqual(['connect', 'due', 'let in']);
      expect(one.isUnderWay).toBe(true);

      expect(one.take()).toBeDefined();
      expect(log).toEqual(['connect', 'due', 'let in']);
      expect([one.isPrepared, one.isUnderWay]).toEqual([false, false]);
    });
  });

  it('lets it in when it is taken before that: the present session broke', () => {
    marbles(({ flush }) => {
      const { one, log } = succession(NEVER);
      one.schedule(60_000);
      flush();

      expect(one.take()).toBeDefined();
      expect(log).toEqual(['connect', 'due', 'let in']);
      expect(one.take()).toBeUndefined();
    });
  });

  it('has none when it failed', () => {
    marbles(({ flush }) => {
      const { one } = succession(timer(5000).pipe(switchMap(() => throwError(() => new Error('refused')))));
      one.schedule(60_000);
      flush();

      expect(one.isPrepared).toBe(false);
      expect(one.take()).toBeUndefined();
    });
  });

  it('hands over what the successor told before it was taken', () => {
    marbles(({ flush }) => {
      const { one } = succession(merge(of(BEGIN), NEVER));
      const told: string[] = [];
      one.schedule(60_000);
      flush();
      one.take()?.event$.subscribe(({ type }) => told.push(type));

      expect(told).toEqual(['Begin']);
    });
  });

  it('connects nobody once the timers are unsubscribed, and keeps no connection once it is closed', () => {
    marbles(({ cold, expectSubscriptions, flush }) => {
      const unscheduled = succession(NEVER);
      unscheduled.one.schedule(60_000).unsubscribe();
      const session = cold('-');
      const { one } = succession(
        session.pipe(
          ignoreElements(),
          map(() => BEGIN),
        ),
      );
      one.schedule(60_000);
      timer(50_000).subscribe(() => one.close());
      expectSubscriptions(session.subscriptions).toBe('45000ms ^ 4999ms !');
      flush();

      expect(unscheduled.log).toEqual([]);
    });
  });
});

describe('handoverTimes', () => {
  it('prepares a minute before the end and moves over a quarter of one before', () => {
    expect(handoverTimes(10_800_000)).toEqual({ prepare: 10_740_000, force: 10_785_000 });
  });

  it('prepares a short session in its last quarter', () => {
    expect(handoverTimes(60_000)).toEqual({ prepare: 45_000, force: 56_250 });
  });

  it('takes no session for longer than three hours', () => {
    expect(handoverTimes(Infinity)).toEqual(handoverTimes(10_800_000));
  });

  it('leaves a session alone that expired, or does not say when it will', () => {
    expect([handoverTimes(0), handoverTimes(-5), handoverTimes(NaN)]).toEqual([undefined, undefined, undefined]);
  });
});
