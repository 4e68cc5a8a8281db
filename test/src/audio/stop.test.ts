import { getEventListeners } from 'node:events';
import { describe, it, expect } from '@jest/globals';
import { EMPTY, firstValueFrom, of, toArray } from 'rxjs';
import { stopped } from '../../../src/audio/stop.ts';
import { marbles } from '../../support/marbles.ts';

async function* one(): AsyncGenerator<number> {
  yield 1;
}

describe('stopped', () => {
  it('emits the first emission and unsubscribes', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const stop = hot('--a-b-');
      const sub = '^-!   ';
      const expected = '--(a|)';
      expectObservable(stopped(stop)).toBe(expected);
      expectSubscriptions(stop.subscriptions).toBe(sub);
    });
  });

  it('passes an error', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(stopped(cold('--#'))).toBe('--#');
    });
  });

  it('is silent when nothing is given', () => {
    marbles(({ expectObservable }) => {
      expectObservable(stopped(undefined), '10ms !').toBe('-');
    });
  });

  it('completes without a sign when the notifier does', () => {
    marbles(({ expectObservable }) => {
      expectObservable(stopped(EMPTY)).toBe('|');
    });
  });

  it.each([
    ['a promise', () => Promise.resolve(1)],
    ['an array', () => [1, 2]],
    ['an async generator', one],
    ['a signal that is aborted already', () => AbortSignal.abort()],
  ])('takes %s', async (_, stop) => {
    expect(await firstValueFrom(stopped(stop()).pipe(toArray()))).toHaveLength(1);
  });

  it('emits when the signal aborts, and listens no longer', () => {
    const controller = new AbortController();
    const seen: string[] = [];
    stopped(controller.signal).subscribe({ next: () => seen.push('stop'), complete: () => seen.push('complete') });
    expect(seen).toEqual([]);
    controller.abort();
    expect(seen).toEqual(['stop', 'complete']);
  });

  it('hears nothing of the signal after unsubscribing', () => {
    const controller = new AbortController();
    const seen: string[] = [];
    stopped(controller.signal)
      .subscribe(() => seen.push('stop'))
      .unsubscribe();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
    expect(seen).toEqual([]);
  });

  it.each([[5], [null], [{}], [true]])('refuses %p', (stop) => {
    // @ts-expect-error neither of the two
    expect(() => stopped(stop)).toThrow(/^stop must be an ObservableInput or an AbortSignal, not /);
  });

  it('subscribes anew each time', async () => {
    const stop = stopped(of(1));
    expect(await firstValueFrom(stop)).toBe(1);
    expect(await firstValueFrom(stop)).toBe(1);
  });
});
