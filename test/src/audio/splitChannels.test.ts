import { describe, expect, it } from '@jest/globals';
import { NEVER, Observable, combineLatest, from, map, merge, of, take, tap, toArray } from 'rxjs';
import { splitChannels } from '../../../src/audio/splitChannels.ts';
import { emitWithBackpressure, pauseSource } from '../../../src/backpressure.ts';
import { emitWithLostAudio, takeLostAudio } from '../../../src/lostAudio.ts';
import { fc } from '../../support/fastCheck.ts';
import { marbles } from '../../support/marbles.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Each chunk with the index of its channel. */
const labelled = (channels: readonly Observable<Uint8Array>[]): Observable<string> =>
  merge(...channels.map((channel$, index) => channel$.pipe(map((chunk) => `${index}:${chunk.join(',')}`))));

describe('splitChannels', () => {
  it('emits the samples of each channel, also of a sample that two chunks share', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('   -a-----b---|', { a: bytes(1, 1, 2, 2, 3), b: bytes(3, 4, 4) });
      const subscribed = '    ^----------!';
      const expected = '      -(lr)--(ms)|';
      const values = { l: '0:1,1', r: '1:2,2', m: '0:3,3', s: '1:4,4' };
      expectObservable(source.pipe(splitChannels(2, labelled))).toBe(expected, values);
      expectSubscriptions(source.subscriptions).toBe(subscribed);
    });
  });

  it('emits nothing for a chunk without a whole sample of every channel, and drops such an end', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('-a-b-c-----|', { a: bytes(1, 1), b: bytes(2), c: bytes(2, 9) });
      const expected = '   -----(lr)--|';
      expectObservable(source.pipe(splitChannels(2, labelled))).toBe(expected, { l: '0:1,1', r: '1:2,2' });
    });
  });

  it('passes an error on to all channels', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('-a---#', { a: bytes(1, 2) });
      const expected = '   -(lr)#';
      const result = source.pipe(splitChannels(2, labelled, { encoding: 'pcm_mulaw' }));
      expectObservable(result).toBe(expected, { l: '0:1', r: '1:2' });
    });
  });

  it('unsubscribes from the source when the result ends', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('   -a-a-a-', { a: bytes(1, 1, 2, 2) });
      const subscribed = '    ^--!   ';
      const expected = '      -l-(l|)';
      const first = splitChannels<string>(2, ([left$]) => labelled([left$!]).pipe(take(2)));
      expectObservable(source.pipe(first)).toBe(expected, { l: '0:1,1' });
      expectSubscriptions(source.subscriptions).toBe(subscribed);
    });
  });

  it('keeps no state between subscriptions', () => {
    const split$ = of(bytes(1, 1, 2, 2, 3)).pipe(splitChannels(2, labelled));
    for (const run of [1, 2]) {
      const received: string[] = [];
      split$.subscribe((text) => received.push(text));
      expect({ run, received }).toEqual({ run, received: ['0:1,1', '1:2,2'] });
    }
  });

  it('splits a synchronous source, and reads no more of it than is wanted', () => {
    let read = 0;
    const source = from([1, 2, 3, 4]).pipe(
      tap(() => (read += 1)),
      map((value) => bytes(value, value)),
    );
    const received: string[] = [];
    source
      .pipe(splitChannels(2, labelled, { encoding: 'pcm_mulaw' }), take(2))
      .subscribe((text) => received.push(text));
    expect(received).toEqual(['0:1', '1:1']);
    expect(read).toBe(1);
  });

  it('gives the same samples wherever chunks end', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 4 }), (sizes, count) => {
        let next = 0;
        const chunks = sizes.map((size) => Uint8Array.from({ length: size }, () => next++));
        const frames = Math.floor(next / (2 * count));
        let result: number[][] = [];
        from(chunks)
          .pipe(splitChannels(count, (channels) => combineLatest(channels.map((channel$) => channel$.pipe(toArray())))))
          .subscribe((parts) => (result = parts.map((part) => part.flatMap((chunk) => [...chunk]))));
        const expected = Array.from({ length: count }, (_, channel) =>
          Array.from({ length: frames }, (__, frame) =>
            [0, 1].map((byte) => 2 * (frame * count + channel) + byte),
          ).flat(),
        );
        expect(result).toEqual(expected);
      }),
    );
  });

  it('lets every channel pause the source', () => {
    const pausing = (channels: readonly Observable<Uint8Array>[]): Observable<unknown> =>
      merge(...channels.map((channel$) => channel$.pipe(tap(() => pauseSource(() => Promise.resolve())))));
    const ready: unknown[] = [];
    const source = new Observable<Uint8Array>((subscriber) => {
      ready.push(emitWithBackpressure(() => subscriber.next(bytes(1, 1, 2, 2))));
    });
    source.pipe(splitChannels(2, pausing)).subscribe();
    expect(ready).toEqual([expect.any(Promise)]);
  });

  it('reports lost audio to every channel once, with the notification that has it or a later one', () => {
    const lost = [{ startMs: 0, endMs: 100 }];
    const source = new Observable<Uint8Array>((subscriber) => {
      emitWithLostAudio(lost, () => subscriber.next(bytes(1)));
      emitWithLostAudio(lost, () => subscriber.next(bytes(1, 2, 2)));
      lost.push({ startMs: 200, endMs: 300 });
      emitWithLostAudio(lost, () => subscriber.complete());
    });
    const taken: unknown[] = [];
    const takeIn = (channel: number) => (): unknown => taken.push([channel, ...takeLostAudio()]);
    source
      .pipe(
        splitChannels(2, (channels) =>
          merge(
            ...channels.map((channel$, index) => channel$.pipe(tap({ next: takeIn(index), complete: takeIn(index) }))),
          ),
        ),
      )
      .subscribe();
    expect(taken).toEqual([
      [0, { startMs: 0, endMs: 100 }],
      [1, { startMs: 0, endMs: 100 }],
      [0, { startMs: 200, endMs: 300 }],
      [1, { startMs: 200, endMs: 300 }],
    ]);
  });

  it('refuses a count that is out of range, an unknown encoding, and a project that is no function', () => {
    expect(() => splitChannels(0, () => NEVER)).toThrow(
      new RangeError('count must be a whole number from 1 to 32, not 0'),
    );
    expect(() => splitChannels(2, undefined as never)).toThrow(
      new TypeError('project must be a function, not undefined'),
    );
    expect(() => splitChannels(2, () => NEVER, { encoding: 'pcm_f32' as never })).toThrow(TypeError);
  });
});
