import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import { Standby } from '../../../src/streaming/standby.ts';
import { marbles } from '../../support/marbles.ts';

describe('Standby', () => {
  it('buffers what is emitted before the subscriber comes, then passes everything on', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('      -a-b------c-|');
      const standby = new Standby(source);
      const subscription = '     ------^      ';
      const expected = '         ------(ab)c-|';

      expectObservable(standby.values, subscription).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe('^-----------!');
    });
  });

  it('passes on an error or a completion that came before', () => {
    marbles(({ cold, expectObservable }) => {
      const subscription = ' ----^     ';
      const expected = '     ----(a#)  ';

      expectObservable(new Standby(cold('-a-#')).values, subscription).toBe(expected);
      expectObservable(new Standby(cold('-a-|')).values, subscription).toBe(expected.replace('#', '|'));
    });
  });

  it('buffers nothing once it has a subscriber', () => {
    const source = new Subject<number>();
    const standby = new Standby(source);
    source.next(1);
    const first: number[] = [];
    standby.values.subscribe((value) => first.push(value));
    source.next(2);
    const second: number[] = [];
    standby.values.subscribe((value) => second.push(value));

    expect([first, second]).toEqual([[1, 2], []]);
  });

  it('stops when its early subscription is unsubscribed', () => {
    const source = new Subject<number>();
    new Standby(source).subscription.unsubscribe();

    expect(source.observed).toBe(false);
  });
});
