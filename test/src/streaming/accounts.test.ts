import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Accounts } from '../../../src/streaming/accounts.ts';

const stretches = (events: readonly { startMs: number; endMs: number }[]): number[][] =>
  events.map(({ startMs, endMs }) => [startMs, endMs]);

describe('Accounts', () => {
  it('tells what was sent, and what of it again', () => {
    const accounts = new Accounts();
    accounts.sent(0, 100);
    accounts.sent(100, 200);
    accounts.sent(50, 250);

    expect(accounts.stats(300, 0, 1)).toMatchObject({ sentMs: 400, replayedMs: 150, sessions: 2 });
    expect([accounts.sentAfter(100), accounts.sentAfter(300)]).toEqual([150, 0]);
  });

  it('tells of each lost stretch once, and only of what is new of it', () => {
    const accounts = new Accounts();

    expect(stretches(accounts.lost(100, 200, 'tape-full', 0))).toEqual([[100, 200]]);
    expect(stretches(accounts.lost(100, 200, 'error', 0))).toEqual([]);
    expect(stretches(accounts.lost(50, 250, 'error', 0))).toEqual([
      [50, 100],
      [200, 250],
    ]);
    expect(stretches(accounts.lost(300, 300, 'error', 0))).toEqual([]);
    expect(accounts.stats(300, 300, 0)).toMatchObject({ transcribedMs: 100, gapMs: 200 });
  });

  it('counts a gap only as far as the transcription has come', () => {
    const accounts = new Accounts();
    accounts.lost(100, 200, 'device', 0);

    expect(accounts.stats(300, 150, 0)).toMatchObject({ transcribedMs: 100, gapMs: 50 });
  });

  it('never loses a millisecond twice, nor one that is not there', () => {
    const stretch = fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 }));
    fc.assert(
      fc.property(fc.array(stretch), (all) => {
        const accounts = new Accounts();
        const told = all.flatMap(([start, end]) => accounts.lost(start, end, 'error', 0));
        const lost = new Set(
          all.flatMap(([start, end]) => Array.from({ length: Math.max(0, end - start) }, (_, n) => start + n)),
        );

        expect(told.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)).toBe(lost.size);
        expect(accounts.stats(60, 60, 0)).toMatchObject({ gapMs: lost.size, transcribedMs: 60 - lost.size });
      }),
    );
  });
});
