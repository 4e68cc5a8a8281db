import { describe, expect, it } from '@jest/globals';
import { NEVER, ignoreElements, map, merge, of, switchMap, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import type { SessionEvent } from '../../../src/streaming/message.ts';
import type { Playback } from '../../../src/streaming/playback.ts';
import { Handover, handoverTimes } from '../../../src/streaming/handover.ts';
import { marbles } from '../../support/marbles.ts';

const BEGIN = { type: 'Begin', id: 'model', expires_at: 0 } as const;

/** A handover between sessions that are all the same, and a log of its calls. */
function handover(event$: Observable<SessionEvent>): { readonly one: Handover; readonly log: string[] } {
  const log: string[] = [];
  const one = new Handover({
    connect: (start$) => {
      log.push('connect');
      start$.subscribe(() => log.push('audio'));
      return { playback: {} as Playback, event$ };
    },
    onConnected: () => log.push('connected'),
    onDue: () => log.push('due'),
  });
  return { one, log };
}

describe('Handover', () => {
  it('connects a successor before the end, and reports when it must take over', () => {
    marbles(({ flush }) => {
      const { one, log } = handover(merge(of(BEGIN), NEVER));
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
      expect([one.isReady, one.isInProgress]).toEqual([true, false]);
    });
  });

  it('sends audio to the successor when the audio moves over, not earlier', () => {
    marbles(({ flush }) => {
      const { one, log } = handover(NEVER);
      one.schedule(60_000);
      flush();
      expect(log).toEqual(['connect', 'due']);

      one.start();
      expect(log).toEqual(['connect', 'due', 'audio']);
      expect(one.isInProgress).toBe(true);

      expect(one.take()).toBeDefined();
      expect(log).toEqual(['connect', 'due', 'audio']);
      expect([one.isReady, one.isInProgress]).toEqual([false, false]);
    });
  });

  it('sends it audio when it is taken earlier, because the present session broke', () => {
    marbles(({ flush }) => {
      const { one, log } = handover(NEVER);
      one.schedule(60_000);
      flush();

      expect(one.take()).toBeDefined();
      expect(log).toEqual(['connect', 'due', 'audio']);
      expect(one.take()).toBeUndefined();
    });
  });

  it('has no successor when its connection failed', () => {
    marbles(({ flush }) => {
      const { one } = handover(timer(5000).pipe(switchMap(() => throwError(() => new Error('refused')))));
      one.schedule(60_000);
      flush();

      expect(one.isReady).toBe(false);
      expect(one.take()).toBeUndefined();
    });
  });

  it('passes on what the successor emitted before it was taken', () => {
    marbles(({ flush }) => {
      const { one } = handover(merge(of(BEGIN), NEVER));
      const types: string[] = [];
      one.schedule(60_000);
      flush();
      one.take()?.event$.subscribe(({ type }) => types.push(type));

      expect(types).toEqual(['Begin']);
    });
  });

  it('connects no successor once its timers are unsubscribed, and closes connections with itself', () => {
    marbles(({ cold, expectSubscriptions, flush }) => {
      const unscheduled = handover(NEVER);
      unscheduled.one.schedule(60_000).unsubscribe();
      const session = cold('-');
      const { one } = handover(
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
  it('connects a minute before the end, and takes over a quarter of a minute before it', () => {
    expect(handoverTimes(10_800_000)).toEqual({ prepare: 10_740_000, force: 10_785_000 });
  });

  it('connects in the last quarter of a short session', () => {
    expect(handoverTimes(60_000)).toEqual({ prepare: 45_000, force: 56_250 });
  });

  it('assumes that no session lasts longer than three hours', () => {
    expect(handoverTimes(Infinity)).toEqual(handoverTimes(10_800_000));
  });

  it('schedules nothing for a session that has expired, or whose end is unknown', () => {
    expect([handoverTimes(0), handoverTimes(-5), handoverTimes(NaN)]).toEqual([undefined, undefined, undefined]);
  });
});
