import { describe, expect, it } from '@jest/globals';
import { START, advance, checkpoints } from '../../operators/index.ts';
import type { Checkpoint, FinalTurn, Stats, TranscriptionEvent } from '../../operators/index.ts';
import { fc } from '../support/fastCheck.ts';
import { marbles } from '../support/marbles.ts';

const final = (turn_order: number, end: number, session = 0): FinalTurn => ({
  type: 'Turn',
  turn_order,
  isFinal: true,
  end_of_turn: true,
  turn_is_formatted: true,
  end_of_turn_confidence: 1,
  transcript: 'Yes.',
  words: [{ text: 'Yes.', start: end - 100, end, word_is_final: true, confidence: 1 }],
  session,
});

const stats = (settledMs: number, gapMs = 0, session = 0, skippedMs = 0): Stats => ({
  type: 'Stats',
  capturedMs: settledMs + 5000,
  sentMs: settledMs + 4000,
  replayedMs: 300,
  transcribedMs: settledMs - gapMs - skippedMs,
  gapMs,
  skippedMs,
  openMs: settledMs - skippedMs,
  sessions: session + 1,
  reconnects: session,
  finalDelayMs: 500,
  session,
});

const gap = (
  startMs: number,
  endMs: number,
  reason: 'restart' | 'tape-full' | 'error' | 'end-timeout' = 'restart',
): TranscriptionEvent => ({
  type: 'AudioGap',
  startMs,
  endMs,
  reason,
  session: 0,
});

const control = (atMs: number, fields: object): TranscriptionEvent => ({
  type: 'ControlReceived',
  atMs,
  message: { type: 'UpdateConfiguration', ...fields },
  session: 0,
});

const fold = (...events: readonly TranscriptionEvent[]): Checkpoint => events.reduce(advance, START);

describe('advance', () => {
  it('moves to the end of the last word of a final', () => {
    expect(fold(final(0, 1200), final(1, 3000, 2))).toMatchObject({ positionMs: 3000, turnOrder: 2, session: 3 });
  });

  it('does not move for a partial', () => {
    const partial = { ...final(0, 1200), isFinal: false } as TranscriptionEvent;
    expect(fold(partial)).toEqual({ ...START, session: 1 });
  });

  it('takes position and totals from Stats', () => {
    expect(fold(final(0, 1200), stats(9000))).toMatchObject({
      positionMs: 9000,
      sentMs: 13_000,
      replayedMs: 300,
      reconnects: 0,
    });
  });

  it('counts skipped audio as settled, and knows whether there is speech', () => {
    const suspended = fold(final(0, 1200), { type: 'Suspended', atMs: 2000, session: 0 }, stats(9000, 0, 0, 7000));
    expect(suspended).toMatchObject({ positionMs: 9000, skippedMs: 7000, openMs: 2000, suspended: true });
    expect(advance(suspended, { type: 'Resumed', atMs: 9500, session: 0 })).not.toHaveProperty('suspended');
  });

  it('reads Stats of earlier builds, which have no skipped audio', () => {
    const { skippedMs, openMs, ...earlier } = stats(9000);
    expect(fold(earlier as Stats)).toMatchObject({ positionMs: 9000, skippedMs: 0, openMs: 0 });
  });

  it('never moves back', () => {
    expect(fold(stats(9000), final(0, 1200))).toMatchObject({ positionMs: 9000 });
  });

  it('moves over a gap that starts at or before the position', () => {
    expect(fold(stats(2000), gap(2000, 5000))).toMatchObject({ positionMs: 5000, gapMs: 3000, gaps: [] });
  });

  it('counts all of a gap that is reported when the position is within it, or behind it', () => {
    expect(fold(stats(2000), gap(1500, 5000))).toMatchObject({ positionMs: 5000, gapMs: 3500, gaps: [] });
    expect(fold(stats(6000), gap(1500, 5000))).toMatchObject({ positionMs: 6000, gapMs: 3500, gaps: [] });
  });

  it('keeps a gap that starts later, and moves over it when it is reached', () => {
    const later = fold(stats(2000), gap(4000, 6000), gap(9000, 9500));
    expect(later).toMatchObject({ positionMs: 2000, gapMs: 0, gaps: [{ startMs: 4000 }, { startMs: 9000 }] });
    expect(advance(later, final(0, 4000))).toMatchObject({ positionMs: 6000, gapMs: 2000, gaps: [{ startMs: 9000 }] });
  });

  it('counts a gap once, whether Stats or a final reaches it', () => {
    expect(fold(gap(1000, 2000), final(0, 3000), stats(3000, 1000))).toMatchObject({ positionMs: 3000, gapMs: 1000 });
    expect(fold(gap(1000, 2000), stats(3000, 1000))).toMatchObject({ positionMs: 3000, gapMs: 1000 });
  });

  it.each(['error', 'end-timeout'] as const)('skips the closing gaps and totals after %s', (reason) => {
    const failed = fold(stats(2000), gap(2000, 4000, reason), gap(4500, 5000, reason), stats(9000, 2500));
    expect(failed).toEqual(fold(stats(2000)));
    expect(advance(failed, stats(9000))).toMatchObject({ positionMs: 9000 });
  });

  it('merges configurations before the position, and keeps later control messages', () => {
    const checkpoint = fold(
      control(0, { min_turn_silence: 100, prompt: 'a' }),
      control(500, { prompt: 'b' }),
      control(8000, { prompt: 'c' }),
      stats(2000),
    );
    expect(checkpoint.configuration).toEqual({ type: 'UpdateConfiguration', min_turn_silence: 100, prompt: 'b' });
    expect(checkpoint.controls).toEqual([{ atMs: 8000, message: { type: 'UpdateConfiguration', prompt: 'c' } }]);
  });

  it('is plain JSON', () => {
    const checkpoint = fold(control(0, { prompt: 'a' }), gap(3000, 4000), stats(1000));
    expect(JSON.parse(JSON.stringify(checkpoint))).toEqual(checkpoint);
  });

  it('gives the same wherever a log is cut and continued', () => {
    const event = fc.oneof(
      fc.tuple(fc.nat(50), fc.nat(20_000)).map(([order, end]) => final(order, end + 100)),
      fc.nat(20_000).map((ms) => stats(ms)),
      fc.tuple(fc.nat(20_000), fc.nat(2000)).map(([start, length]) => gap(start, start + length, 'tape-full')),
    );
    fc.assert(
      fc.property(fc.array(event), fc.nat(), (events, seed) => {
        const cut = events.length === 0 ? 0 : seed % events.length;
        const parts = events
          .slice(cut)
          .reduce(advance, JSON.parse(JSON.stringify(fold(...events.slice(0, cut)))) as Checkpoint);
        expect(parts).toEqual(fold(...events));
        expect(parts.gaps.every(({ startMs }) => startMs > parts.positionMs)).toBe(true);
      }),
    );
  });
});

describe('checkpoints', () => {
  it('emits the checkpoint after each event, from the one it is given', () => {
    marbles(({ cold, expectObservable }) => {
      const from = fold(final(0, 1000));
      const source = cold<TranscriptionEvent>(' -f-s|', { f: final(1, 2000), s: stats(2500) });
      const expected = '                        -a-b|';
      expectObservable(source.pipe(checkpoints(from))).toBe(expected, {
        a: fold(final(0, 1000), final(1, 2000)),
        b: fold(final(0, 1000), final(1, 2000), stats(2500)),
      });
    });
  });
});
