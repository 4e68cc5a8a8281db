import { describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';
import type { FinalTurn, PartialTurn, TranscriptionEvent } from '../../../operators/index.ts';
import { finals, partials, transcript } from '../../../operators/index.ts';
import * as testing from '../../../operators/testing/index.ts';
import { audioGap, begin, reconnecting, speakerRevision, stats, turn } from '../../../operators/testing/index.ts';
import { marbles } from '../../support/marbles.ts';

describe('turn', () => {
  it('creates a partial by default, and a final with final: true', () => {
    const partial: PartialTurn = turn('Hello');
    const final: FinalTurn = turn('Hello.', { final: true, order: 3, session: 1 });
    expect(partial).toMatchObject({ type: 'Turn', isFinal: false, end_of_turn: false, turn_order: 0, session: 0 });
    expect(final).toMatchObject({ isFinal: true, end_of_turn: true, turn_order: 3, session: 1, transcript: 'Hello.' });
    expect(final.words).toEqual([{ text: 'Hello.', start: 0, end: 460, confidence: 0.9, word_is_final: true }]);
  });

  it('gives words times in order that fit their length, from start', () => {
    const { words } = turn('Well. I have  understood you', { start: 5000 });
    expect(words.map(({ text }) => text)).toEqual(['Well.', 'I', 'have', 'understood', 'you']);
    expect(words.map(({ start, end }) => [start, end])).toEqual([
      [5000, 5400],
      [5700, 5860],
      [5900, 6240],
      [6280, 6980],
      [7020, 7300],
    ]);
  });

  it('labels the turn and its words with the speaker', () => {
    expect(turn('Yes.', { speaker: 'A' })).toMatchObject({ speaker_label: 'A', words: [{ speaker: 'A' }] });
    expect(turn('Yes.')).not.toHaveProperty('speaker_label');
    expect(turn('Yes.').words[0]).not.toHaveProperty('speaker');
  });

  it('has no words without text', () => {
    expect(turn('').words).toEqual([]);
    expect(turn(' ').words).toEqual([]);
  });
});

describe('rxscribe/testing', () => {
  it('creates every event, each with a type of its own, all fields and any override', () => {
    const { turn: _, ...factories } = testing;
    const events: readonly TranscriptionEvent[] = [...Object.values(factories).map((create) => create()), turn('Hi')];
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set<TranscriptionEvent['type']>([
        'AudioGap',
        'Begin',
        'ControlReceived',
        'Heartbeat',
        'LLMGatewayResponse',
        'Reconnecting',
        'Resumed',
        'Silence',
        'SpeakerRevision',
        'SpeechStarted',
        'Stats',
        'Suspended',
        'Termination',
        'Turn',
        'Warning',
      ]),
    );
    expect(Object.values(factories).map((create) => create({ session: 7 }).session)).toEqual(
      Object.values(factories).map(() => 7),
    );
    expect(audioGap({ startMs: 5, reason: 'device' })).toMatchObject({ startMs: 5, endMs: 1000, reason: 'device' });
    // @ts-expect-error -- a misspelt field
    expect(begin({ expires: 1 })).toMatchObject({ type: 'Begin' });
  });

  it('makes totals that add up', () => {
    expect(stats({ capturedMs: 5000, gapMs: 2000 })).toMatchObject({
      capturedMs: 5000,
      sentMs: 5000,
      transcribedMs: 3000,
      gapMs: 2000,
    });
    expect(stats({ capturedMs: 5000, transcribedMs: 1 }).transcribedMs).toBe(1);
  });

  it('fits marble tests without casts', () => {
    marbles(({ cold, expectObservable }) => {
      const p = turn('Hello');
      const f = turn('Hello there.', { final: true });
      const event$ = cold('                     b-p-r-f-s|', { b: begin(), p, r: reconnecting(), f, s: stats() });
      expectObservable(event$.pipe(finals())).toBe('  ------f--|', { f });
      expectObservable(event$.pipe(partials())).toBe('--p------|', { p });
    });
  });

  it('feeds transcript(), revisions included', () => {
    const seen: unknown[] = [];
    of(
      turn('One.', { final: true, speaker: 'A' }),
      turn('Two', { order: 1 }),
      speakerRevision({ revisions: [{ turn_order: 0, speaker_label: 'B' }] }),
    )
      .pipe(transcript())
      .subscribe(({ turns, partial }) => seen.push([turns.map((each) => each.speaker_label), partial?.transcript]));
    expect(seen).toEqual([
      [['A'], undefined],
      [['A'], 'Two'],
      [['B'], 'Two'],
    ]);
  });
});
