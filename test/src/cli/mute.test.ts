import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Subject } from 'rxjs';
import { mute } from '../../../src/cli/mute.ts';
import { emitWithLostAudio, takeLostAudio } from '../../../src/lostAudio.ts';
import type { LostAudio } from '../../../src/lostAudio.ts';

/** 100 ms of audio at 16 kHz, marked with a number. */
const chunk = (mark: number): Uint8Array => new Uint8Array(3200).fill(mark);

describe('mute', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('drops chunks recorded wholly or partly while muted, and no others', () => {
    const source$ = new Subject<Uint8Array>();
    let mutedUntil = -Infinity;
    const passed: number[] = [];
    source$.pipe(mute(16_000, () => mutedUntil)).subscribe((bytes) => passed.push(bytes[0]!));
    const record = (mark: number): void => {
      jest.advanceTimersByTime(100);
      source$.next(chunk(mark));
    };

    record(1);
    mutedUntil = Infinity;
    record(2);
    record(3);
    jest.advanceTimersByTime(50);
    mutedUntil = performance.now();
    source$.next(chunk(4));
    record(5);
    source$.complete();

    expect(passed).toEqual([1, 5]);
  });

  it('shifts lost audio to the clock of the remaining audio', () => {
    const source$ = new Subject<Uint8Array>();
    const stretches: LostAudio[] = [];
    const taken: LostAudio[] = [];
    let mutedUntil = -Infinity;
    source$.pipe(mute(16_000, () => mutedUntil)).subscribe(() => taken.push(...takeLostAudio()));
    const record = (): void => {
      jest.advanceTimersByTime(100);
      emitWithLostAudio(stretches, () => source$.next(chunk(0)));
    };

    record();
    mutedUntil = Infinity;
    for (let count = 0; count < 3; count += 1) record();
    mutedUntil = -Infinity;
    stretches.push({ startMs: 150, endMs: 350 }, { startMs: 50, endMs: 200 }, { startMs: 350, endMs: 460 });
    record();

    expect(taken).toEqual([
      { startMs: 50, endMs: 100 },
      { startMs: 100, endMs: 160 },
    ]);
    expect(stretches).toEqual([]);
  });

  it('passes on errors', () => {
    const source$ = new Subject<Uint8Array>();
    const errors: unknown[] = [];
    source$.pipe(mute(16_000, () => 0)).subscribe({ error: (error) => errors.push(error) });
    source$.error('broken');

    expect(errors).toEqual(['broken']);
  });
});
