import { getEventListeners } from 'node:events';
import { describe, it, expect } from '@jest/globals';
import { EMPTY, firstValueFrom, of, toArray } from 'rxjs';
import { stopSignal } from '../../../src/audio/stop.ts';
import { marbles } from '../../support/marbles.ts';

async function* one(): AsyncGenerator<number> {
  yield 1;
}

describe('stopSignal', () => {
  it('emits the first emission and unsubscribes', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const stop = hot('--a-b-');
      const sub = '^-!   ';
      const expected = '--(a|)';
      expectObservable(stopSignal(stop)).toBe(expected);
      expectSubscriptions(stop.subscriptions).toBe(sub);
    });
  });

  it('passes an error', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(stopSignal(cold('--#'))).toBe('--#');
    });
  });

  it('never emits without an option', () => {
    marbles(({ expectObservable }) => {
      expectObservable(stopSignal(undefined), '10ms !').toBe('-');
    });
  });

  it('completes without emitting when the notifier does', () => {
    marbles(({ expectObservable }) => {
      expectObservable(stopSignal(EMPTY)).toBe('|');
    });
  });

  it.each([
    ['a promise', () => Promise.resolve(1)],
    ['an array', () => [1, 2]],
    ['an async generator', one],
    ['a signal that is aborted already', () => AbortSignal.abort()],
  ])('accepts %s', async (_, stop) => {
    expect(await firstValueFrom(stopSignal(stop()).pipe(toArray()))).toHaveLength(1);
  });

  it('emits when the signal aborts, and removes its listener', () => {
    const controller = new AbortController();
    const seen: string[] = [];
    stopSignal(controller.signal).subscribe({ next: () => seen.push('stop'), complete: () => seen.push('complete') });
    expect(seen).toEqual([]);
    controller.abort();
    expect(seen).toEqual(['stop', 'complete']);
  });

  it('ignores the signal after unsubscribe', () => {
    const controller = new AbortController();
    const seen: string[] = [];
    stopSignal(controller.signal)
      .subscribe(() => seen.push('stop'))
      .unsubscribe();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
    expect(seen).toEqual([]);
  });

  it.each([[5], [null], [{}], [true]])('refuses %p', (stop) => {
    // @ts-expect-error neither of the two
    expect(() => stopSignal(stop)).toThrow(/^stop must be an ObservableInput or an AbortSignal, not /);
  });

  it('subscribes again each time', async () => {
    const stop = stopSignal(of(1));
    expect(await firstValueFrom(stop)).toBe(1);
    expect(await firstValueFrom(stop)).toBe(1);
  });
});
