import { describe, it, expect } from '@jest/globals';
import { Subject, asyncScheduler, observeOn, tap } from 'rxjs';
import { bufferBytes } from '../../operators/bufferBytes.ts';
import { emitWithMissing, takeMissing } from '../../src/missing.ts';
import type { Missing } from '../../src/missing.ts';

const first: Missing = { startMs: 0, endMs: 100 };
const second: Missing = { startMs: 300, endMs: 400 };

describe('takeMissing', () => {
  it('takes what the notification being delivered offers, each stretch once', () => {
    const taken: (readonly Missing[])[] = [];
    emitWithMissing([first, second], () => taken.push(takeMissing(), takeMissing()));
    expect(taken).toEqual([[first, second], []]);
  });

  it('takes nothing outside of a notification', () => {
    emitWithMissing([first], () => undefined);
    expect(takeMissing()).toEqual([]);
  });

  it('leaves what it gave, whatever happens to the list afterwards', () => {
    const stretches = [first];
    let taken: readonly Missing[] = [];
    emitWithMissing(stretches, () => (taken = takeMissing()));
    stretches.push(second);
    expect(taken).toEqual([first]);
    expect(takeMissing()).toEqual([]);
  });
});

describe('emitWithMissing', () => {
  it('offers again what nobody took', () => {
    const stretches = [first];
    emitWithMissing(stretches, () => undefined);
    stretches.push(second);
    emitWithMissing(stretches, () => expect(takeMissing()).toEqual([first, second]));
    expect(stretches).toEqual([]);
  });

  it('keeps the stretches of an inner source apart from those of the outer one', () => {
    emitWithMissing([first], () => {
      emitWithMissing([second], () => expect(takeMissing()).toEqual([second]));
      expect(takeMissing()).toEqual([first]);
    });
  });

  it('passes what the emission throws, and offers nothing after it', () => {
    const stretches = [first];
    const emit = (): never => {
      throw new Error('downstream');
    };
    expect(() => emitWithMissing(stretches, emit)).toThrow('downstream');
    expect(takeMissing()).toEqual([]);
    expect(stretches).toEqual([first]);
  });

  it('reaches whoever takes behind bufferBytes, with the first frame, the tail, the completion or the error', () => {
    const through = (end: (source: Subject<Uint8Array>) => void): unknown[] => {
      const source = new Subject<Uint8Array>();
      const seen: unknown[] = [];
      const see = (what: string) => (): unknown => seen.push(what, takeMissing());
      source
        .pipe(bufferBytes(4), tap({ next: see('frame'), complete: see('complete'), error: see('error') }))
        .subscribe({ error: () => undefined });
      const stretches = [first];
      emitWithMissing(stretches, () => source.next(new Uint8Array(3)));
      emitWithMissing(stretches, () => end(source));
      return seen;
    };
    expect(through((source) => source.next(new Uint8Array(1)))).toEqual(['frame', [first]]);
    expect(through((source) => source.complete())).toEqual(['frame', [first], 'complete', []]);
    expect(through((source) => source.error(new Error('gone')))).toEqual(['error', [first]]);
  });

  it('reaches nobody behind an operator that delivers later', async () => {
    const source = new Subject<string>();
    const taken = new Promise<readonly Missing[]>((resolve) => {
      source.pipe(observeOn(asyncScheduler)).subscribe(() => resolve(takeMissing()));
    });
    emitWithMissing([first], () => source.next('late'));
    expect(await taken).toEqual([]);
  });
});
