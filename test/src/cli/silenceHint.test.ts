import { describe, expect, it } from '@jest/globals';
import { Subject } from 'rxjs';
import { silenceHint } from '../../../src/cli/silenceHint.ts';

describe('silenceHint', () => {
  it('calls its function once after 30 s of audio without sound', () => {
    const source$ = new Subject<Uint8Array>();
    const second = new Uint8Array(32_000);
    let hints = 0;
    source$.pipe(silenceHint(16_000, () => (hints += 1))).subscribe();
    const record = (seconds: number): void => {
      for (let count = 0; count < seconds; count += 1) source$.next(second);
    };

    record(29);
    source$.next(new Uint8Array(32_000).fill(40));
    record(29);
    expect(hints).toBe(0);
    record(60);
    expect(hints).toBe(1);
  });
});
