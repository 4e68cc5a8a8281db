import { describe, expect, it } from '@jest/globals';
import { Ledger } from '../../../src/streaming/ledger.ts';
import { fc } from '../../support/fastCheck.ts';

const stretches = (events: readonly { startMs: number; endMs: number }[]): number[][] =>
  events.map(({ startMs, endMs }) => [startMs, endMs]);

/** In the second of two sessions. */
const at = (capturedMs: number, settledMs: number): Parameters<Ledger['stats']>[0] => ({
  capturedMs,
  settledMs,
  session: 1,
  sessions: 2,
});

describe('Ledger', () => {
  it('counts what was sent, and how much of it was replayed', () => {
    const ledger = new Ledger();
    ledger.sent(0, 100);
    ledger.sent(100, 200);
    ledger.sent(50, 250);

    expect(ledger.stats(at(300, 0))).toMatchObject({ sentMs: 400, replayedMs: 150, sessions: 2 });
    expect([ledger.sentAfter(100), ledger.sentAfter(300)]).toEqual([150, 0]);
  });

  it('reports each lost stretch once, and only the new parts of it', () => {
    const ledger = new Ledger();

    expect(stretches(ledger.lost(100, 200, 'tape-full', 0))).toEqual([[100, 200]]);
    expect(stretches(ledger.lost(100, 200, 'error', 0))).toEqual([]);
    expect(stretches(ledger.lost(50, 250, 'error', 0))).toEqual([
      [50, 100],
      [200, 250],
    ]);
    expect(stretches(ledger.lost(300, 300, 'error', 0))).toEqual([]);
    expect(ledger.stats(at(300, 300))).toMatchObject({ transcribedMs: 100, gapMs: 200 });
  });

  it('counts a gap only up to where the transcription is', () => {
    const ledger = new Ledger();
    ledger.lost(100, 200, 'device', 0);

    expect(ledger.stats(at(300, 150))).toMatchObject({ transcribedMs: 100, gapMs: 50 });
  });

  it('counts skipped audio outside of gaps, whichever is known first', () => {
    const ledger = new Ledger();
    ledger.lost(50, 150, 'device', 0);
    ledger.skipped(100, 200);
    ledger.skipped(200, 300);
    ledger.lost(250, 350, 'device', 0);

    expect(ledger.stats(at(400, 400))).toMatchObject({ gapMs: 200, skippedMs: 100, transcribedMs: 100 });
  });

  it('counts each lost millisecond once', () => {
    const stretch = fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 }));
    fc.assert(
      fc.property(fc.array(stretch), (all) => {
        const ledger = new Ledger();
        const gaps = all.flatMap(([start, end]) => ledger.lost(start, end, 'error', 0));
        const lost = new Set(
          all.flatMap(([start, end]) => Array.from({ length: Math.max(0, end - start) }, (_, n) => start + n)),
        );

        expect(gaps.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)).toBe(lost.size);
        expect(ledger.stats(at(60, 60))).toMatchObject({ gapMs: lost.size, transcribedMs: 60 - lost.size });
      }),
    );
  });
});
