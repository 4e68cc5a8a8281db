import { describe, it, expect } from '@jest/globals';
import { Subject, asyncScheduler, observeOn, tap } from 'rxjs';
import { bufferBytes } from '../../operators/bufferBytes.ts';
import { emitWithLostAudio, isLostAudio, takeLostAudio } from '../../src/lostAudio.ts';
import type { LostAudio } from '../../src/lostAudio.ts';

const first: LostAudio = { startMs: 0, endMs: 100 };
const second: LostAudio = { startMs: 300, endMs: 400 };

describe('takeLostAudio', () => {
  it('takes what the notification being delivered offers, each stretch once', () => {
    const taken: (readonly LostAudio[])[] = [];
    emitWithLostAudio([first, second], () => taken.push(takeLostAudio(), takeLostAudio()));
    expect(taken).toEqual([[first, second], []]);
  });

  it('takes nothing outside of a notification', () => {
    emitWithLostAudio([first], () => undefined);
    expect(takeLostAudio()).toEqual([]);
  });

  it('leaves what it gave, whatever happens to the list afterwards', () => {
    const stretches = [first];
    let taken: readonly LostAudio[] = [];
    emitWithLostAudio(stretches, () => (taken = takeLostAudio()));
    stretches.push(second);
    expect(taken).toEqual([first]);
    expect(takeLostAudio()).toEqual([]);
  });
});

describe('emitWithLostAudio', () => {
  it('emits again what was not taken', () => {
    const stretches = [first];
    emitWithLostAudio(stretches, () => undefined);
    stretches.push(second);
    emitWithLostAudio(stretches, () => expect(takeLostAudio()).toEqual([first, second]));
    expect(stretches).toEqual([]);
  });

  it('keeps the stretches of an inner source apart from those of the outer one', () => {
    emitWithLostAudio([first], () => {
      emitWithLostAudio([second], () => expect(takeLostAudio()).toEqual([second]));
      expect(takeLostAudio()).toEqual([first]);
    });
  });

  it('marks silence that has not ended, through an operator that emits again', () => {
    const marked: boolean[] = [];
    const again = (): void => emitWithLostAudio([], () => marked.push(isLostAudio()));
    emitWithLostAudio([], again, true);
    emitWithLostAudio([], again);
    expect([...marked, isLostAudio()]).toEqual([true, false, false]);
  });

  it('passes what the emission throws, and offers nothing after it', () => {
    const stretches = [first];
    const emit = (): never => {
      throw new Error('downstream');
    };
    expect(() => emitWithLostAudio(stretches, emit)).toThrow('downstream');
    expect(takeLostAudio()).toEqual([]);
    expect(stretches).toEqual([first]);
  });

  it('reaches a subscriber behind bufferBytes, with the first frame, the tail, the completion or the error', () => {
    const through = (end: (source: Subject<Uint8Array>) => void): unknown[] => {
      const source = new Subject<Uint8Array>();
      const seen: unknown[] = [];
      const see = (what: string) => (): unknown => seen.push(what, takeLostAudio());
      source
        .pipe(bufferBytes(4), tap({ next: see('frame'), complete: see('complete'), error: see('error') }))
        .subscribe({ error: () => undefined });
      const stretches = [first];
      emitWithLostAudio(stretches, () => source.next(new Uint8Array(3)));
      emitWithLostAudio(stretches, () => end(source));
      return seen;
    };
    expect(through((source) => source.next(new Uint8Array(1)))).toEqual(['frame', [first]]);
    expect(through((source) => source.complete())).toEqual(['frame', [first], 'complete', []]);
    expect(through((source) => source.error(new Error('gone')))).toEqual(['error', [first]]);
  });

  it('does not pass an operator that delivers later', async () => {
    const source = new Subject<string>();
    const taken = new Promise<readonly LostAudio[]>((resolve) => {
      source.pipe(observeOn(asyncScheduler)).subscribe(() => resolve(takeLostAudio()));
    });
    emitWithLostAudio([first], () => source.next('late'));
    expect(await taken).toEqual([]);
  });
});
