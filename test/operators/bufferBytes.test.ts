import { describe, expect, it } from '@jest/globals';
import { EMPTY, Observable, Subject, concat, from, lastValueFrom, of, range, take, throwError, toArray } from 'rxjs';
import { finalize, map, tap } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { bufferBytes } from '../../operators/bufferBytes.ts';
import type { BufferBytesOptions } from '../../operators/bufferBytesOptions.ts';
import { fc } from '../support/fastCheck.ts';
import { marbles } from '../support/marbles.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function framesOf(chunks: readonly Uint8Array[], size: number, options?: BufferBytesOptions): Promise<Uint8Array[]> {
  return lastValueFrom(from(chunks).pipe(bufferBytes(size, options), toArray()));
}

/** A source, and what arrives through an operator: frames, its finalization, its end. */
function observed(
  operator: OperatorFunction<Uint8Array, Uint8Array>,
  react: (frame: Uint8Array) => unknown = () => undefined,
): { source: Subject<Uint8Array>; log: unknown[] } {
  const source = new Subject<Uint8Array>();
  const log: unknown[] = [];
  source
    .pipe(
      finalize(() => log.push('finalized')),
      operator,
    )
    .subscribe({
      next: (frame) => {
        log.push([...frame]);
        react(frame);
      },
      error: (error) => log.push(error),
      complete: () => log.push('complete'),
    });
  return { source, log };
}

const joined = (pieces: readonly Uint8Array[]): number[] => pieces.flatMap((piece) => [...piece]);

describe('bufferBytes', () => {
  const a = bytes(1, 2, 3);
  const b = bytes(4, 5);
  const c = bytes(6, 7, 8, 9, 10, 11);
  const x = bytes(1, 2, 3, 4);
  const y = bytes(5, 6, 7, 8);
  const z = bytes(9, 10, 11);

  it('cuts chunks into frames and emits the tail on completion', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a---b----c--|    ', { a, b, c });
      const subscription = ' ^------------!    ';
      const expected = '     -----x----y--(z|) ';

      expectObservable(source.pipe(bufferBytes(4))).toBe(expected, { x, y, z });
      expectSubscriptions(source.subscriptions).toBe(subscription);
    });
  });

  it('drops a tail shorter than minTail', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('  -c--| ', { c });
      const expected = '     -x--| ';

      expectObservable(source.pipe(bufferBytes(4, { minTail: 3 }))).toBe(expected, { x: bytes(6, 7, 8, 9) });
    });
  });

  it('pads a tail shorter than minTail with zeros when asked to', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('  -c--|    ', { c });
      const expected = '     -x--(p|) ';
      const values = { x: bytes(6, 7, 8, 9), p: bytes(10, 11, 0) };

      expectObservable(source.pipe(bufferBytes(4, { minTail: 3, padTail: true }))).toBe(expected, values);
    });
  });

  it('leaves a tail of at least minTail as it is, padding or not', async () => {
    expect(await framesOf([bytes(1, 2, 3)], 4, { minTail: 2, padTail: true })).toEqual([bytes(1, 2, 3)]);
  });

  it('drops less than half a frame by default', async () => {
    expect((await framesOf([new Uint8Array(3200 + 1599)], 3200)).map(({ length }) => length)).toEqual([3200]);
    expect((await framesOf([new Uint8Array(3200 + 1600)], 3200)).map(({ length }) => length)).toEqual([3200, 1600]);
  });

  it('drops what is left and passes the error when the source errors', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a--b--# ', { a, b });
      const subscription = ' ^------! ';
      const expected = '     ----x--# ';

      expectObservable(source.pipe(bufferBytes(4))).toBe(expected, { x });
      expectSubscriptions(source.subscriptions).toBe(subscription);
    });
  });

  it('emits nothing for a source that never emits, is empty, or errors at once', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-').pipe(bufferBytes(4) as never)).toBe('-');
      expectObservable(EMPTY.pipe(bufferBytes(4))).toBe('|');
      expectObservable(throwError(() => 'error').pipe(bufferBytes(4))).toBe('#');
    });
  });

  it('unsubscribes from the source when the consumer does', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('  -a---b----c- ', { a, b, c });
      const unsub = '        -------!     ';
      const expected = '     -----x--     ';

      expectObservable(source.pipe(bufferBytes(4)), unsub).toBe(expected, { x });
      expectSubscriptions(source.subscriptions).toBe('^------!');
    });
  });

  it('finalizes the source before the tail goes out', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const first = cold(' -z|', { z });
      const result = first.pipe(
        bufferBytes(4),
        tap(() => expectSubscriptions(first.subscriptions).toBe('^-!')),
      );

      expectObservable(result).toBe('--(z|)', { z });
    });
  });

  it('keeps the bytes of each subscription apart', () => {
    marbles(({ cold, expectObservable }) => {
      const frames = cold('-a-b-|', { a, b }).pipe(bufferBytes(4));

      expectObservable(frames, '^-!').toBe('---');
      expectObservable(frames, '---^').toBe('------x-|', { x });
    });
  });

  it('applies to any number of sources', async () => {
    const operator = bufferBytes(4);

    expect(await lastValueFrom(of(a).pipe(operator, toArray()))).toEqual([a]);
    expect(await lastValueFrom(of(z).pipe(operator, toArray()))).toEqual([z]);
  });

  it('stops a synchronous source as soon as the consumer has enough', async () => {
    let produced = 0;
    const source = range(0, 100_000).pipe(
      tap(() => produced++),
      map(() => new Uint8Array(4)),
    );

    await lastValueFrom(source.pipe(bufferBytes(8), take(3)));

    expect(produced).toBe(6);
  });

  it('keeps the order of bytes when the consumer pushes into the source', () => {
    const source = new Subject<Uint8Array>();
    const received: number[] = [];
    source.pipe(bufferBytes(2)).subscribe((frame) => {
      if (frame[0] === 1) source.next(bytes(5, 6));
      received.push(...frame);
    });

    source.next(bytes(1, 2, 3, 4));
    source.complete();

    expect(received).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('keeps it when frames of the same chunk are still to come', () => {
    const source = new Subject<Uint8Array>();
    const received: number[] = [];
    source.pipe(bufferBytes(2, { minTail: 1 })).subscribe((frame) => {
      if (frame[0] === 1) source.next(bytes(8, 9));
      if (frame[0] === 7) source.next(bytes(10, 11));
      received.push(...frame);
    });

    source.next(bytes(1, 2, 3, 4, 5, 6, 7));
    source.complete();

    expect(received).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('emits all it has, then the tail, when the consumer completes the source', () => {
    const { source, log } = observed(bufferBytes(2, { minTail: 1 }), ([first]) => first === 1 && source.complete());

    source.next(bytes(1, 2, 3, 4, 5));

    expect(log).toEqual([[1, 2], 'finalized', [3, 4], [5], 'complete']);
  });

  it('emits nothing more when the consumer makes the source fail', () => {
    const { source, log } = observed(bufferBytes(2), ([first]) => first === 1 && source.error('broken'));

    source.next(bytes(1, 2, 3, 4, 5));

    expect(log).toEqual([[1, 2], 'finalized', 'broken']);
  });

  it('emits frames that do not change when the consumer reuses the chunk', () => {
    const source = new Subject<Uint8Array>();
    const received: number[] = [];
    const chunk = bytes(1, 2, 3, 4, 5);
    source.pipe(bufferBytes(2, { minTail: 1 })).subscribe((frame) => {
      received.push(...frame);
      chunk.fill(9);
    });

    source.next(chunk);
    source.complete();

    expect(received).toEqual([1, 2, 3, 4, 5]);
  });

  it('emits no frame that the consumer did not wait for', () => {
    const source = new Subject<Uint8Array>();
    const received: number[] = [];
    source.pipe(bufferBytes(2), take(1)).subscribe((frame) => received.push(...frame));

    source.next(bytes(1, 2, 3, 4));

    expect(received).toEqual([1, 2]);
    expect(source.observed).toBe(false);
  });

  it('finalizes the source, then emits the tail, then completes', () => {
    const { source, log } = observed(bufferBytes(4));

    source.next(bytes(1, 2, 3));
    source.complete();

    expect(log).toEqual(['finalized', [1, 2, 3], 'complete']);
  });

  it('has nothing to do with what a source says after its end', () => {
    const log: unknown[] = [];
    const source = new Observable<Uint8Array>((subscriber) => {
      subscriber.next(bytes(1, 2));
      subscriber.complete();
      subscriber.next(bytes(3, 4));
      subscriber.error('late');
      subscriber.complete();
    });
    source.pipe(bufferBytes(2)).subscribe({
      next: (frame) => log.push([...frame]),
      error: (error) => log.push(error),
      complete: () => log.push('complete'),
    });

    expect(log).toEqual([[1, 2], 'complete']);
  });

  it('errors, and does not throw at the source, when a chunk can not be read or a frame not be made', () => {
    class Broken extends Uint8Array {
      override get length(): number {
        throw new RangeError('gone');
      }
    }
    const error = new RangeError('gone');
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-', { a: new Broken(1) });
      expectObservable(source.pipe(bufferBytes(4))).toBe('-#', {}, error);
      expectSubscriptions(source.subscriptions).toBe('^!');
      expectObservable(cold('-a', { a: new Uint8Array(1) }).pipe(bufferBytes(2 ** 52), map(String))).toBe(
        '-#',
        {},
        new RangeError(`Invalid typed array length: ${2 ** 52}`),
      );
    });
  });

  it('emits frames that later changes of a chunk do not reach', async () => {
    const chunk = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const reused: Observable<Uint8Array> = concat(of(chunk), of(chunk).pipe(tap(() => chunk.fill(9))));

    const frames = await lastValueFrom(reused.pipe(bufferBytes(4), toArray()));

    expect(joined(frames)).toEqual([1, 2, 3, 4, 5, 6, 9, 9, 9, 9, 9, 9]);
  });

  it('takes buffers and views with offsets', async () => {
    const view = new Uint8Array(Uint8Array.of(0, 0, 1, 2, 3, 0).buffer, 2, 3);

    expect(joined(await framesOf([Buffer.from([7, 8]), view], 5))).toEqual([7, 8, 1, 2, 3]);
  });

  it('takes a chunk of a mebibyte', async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(7);

    const frames = await framesOf([chunk], 3200);

    expect(frames.map(({ length }) => length)).toEqual([...Array.from({ length: 327 }, () => 3200), 2176]);
  });

  it('errors on a chunk that is not bytes', () => {
    for (const [chunk, what] of [
      ['abc', 'string'],
      [undefined, 'undefined'],
      [new Int16Array(2), 'Int16Array'],
      [[1, 2], 'Array'],
    ] as const) {
      marbles(({ cold, expectObservable }) => {
        const error = new TypeError(`bufferBytes accepts chunks of Uint8Array, not ${what}`);
        expectObservable(cold('-a', { a: chunk as never }).pipe(bufferBytes(4))).toBe('-#', {}, error);
      });
    }
  });

  it('refuses bad arguments when it is called', () => {
    for (const size of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) expect(() => bufferBytes(size)).toThrow(RangeError);
    for (const minTail of [-1, 1.5, 5, NaN]) expect(() => bufferBytes(4, { minTail })).toThrow(RangeError);
    expect(() => bufferBytes('3200' as never)).toThrow(new TypeError('size must be a number of bytes, not string'));
    expect(() => bufferBytes(4, { padTail: 'yes' as never })).toThrow(TypeError);
    expect(() => bufferBytes(0)).toThrow(/size must be a whole number of bytes from 1 .*, not 0/);
  });

  describe('with any chunks and any size', () => {
    const chunk = fc.uint8Array({ minLength: 0, maxLength: 300 });
    const chunks = fc.array(chunk, { maxLength: 30 });
    const size = fc.integer({ min: 1, max: 100 });

    it('neither loses nor adds nor reorders a byte', async () => {
      await fc.assert(
        fc.asyncProperty(chunks, size, async (pieces, length) => {
          expect(joined(await framesOf(pieces, length, { minTail: 0 }))).toEqual(joined(pieces));
        }),
      );
    });

    it('emits frames of exactly the size, and a tail of at least minTail', async () => {
      await fc.assert(
        fc.asyncProperty(chunks, size, fc.nat(), async (pieces, length, some) => {
          const minTail = some % (length + 1);
          const lengths = (await framesOf(pieces, length, { minTail })).map((frame) => frame.length);
          const total = joined(pieces).length;
          const rest = total % length;
          const tail = rest > 0 && rest >= minTail ? [rest] : [];
          expect(lengths).toEqual([...Array.from({ length: Math.floor(total / length) }, () => length), ...tail]);
        }),
      );
    });

    it('emits the same frames however the bytes are cut into chunks', async () => {
      await fc.assert(
        fc.asyncProperty(chunks, size, async (pieces, length) => {
          const whole = [Uint8Array.from(joined(pieces))];
          const single = joined(pieces).map((value) => bytes(value));
          const frames = await framesOf(pieces, length);
          expect(await framesOf(whole, length)).toEqual(frames);
          expect(await framesOf(single, length)).toEqual(frames);
        }),
      );
    });

    it('emits frames that share no memory with a chunk or with each other', async () => {
      await fc.assert(
        fc.asyncProperty(chunks, size, async (pieces, length) => {
          const frames = await framesOf(pieces, length);
          const before = joined(frames);
          for (const piece of pieces) piece.fill(255);
          expect(joined(frames)).toEqual(before);
          expect(new Set(frames.map((frame) => frame.buffer)).size).toBe(frames.length);
        }),
      );
    });
  });
});
