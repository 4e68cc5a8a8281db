import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { from, lastValueFrom } from 'rxjs';
import type { PartialTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { transcript } from '../../../operators/transcript.ts';
import { Board, KEPT_TURNS } from '../../../src/page/board.ts';
import { NOTHING, merged } from '../../../src/page/client/wire.ts';
import type { Said, Shown } from '../../../src/page/client/wire.ts';
import { relabelled, timed, told } from '../../support/captions.ts';
import { partial } from '../../support/turns.ts';

const begin: TranscriptionEvent = { type: 'Begin', id: '1', expires_at: 0, session: 0 };

function saying(order: number, text: string, session = 0): PartialTurn {
  return { ...partial(order, text), isFinal: false, session };
}

function boardOf(...events: readonly TranscriptionEvent[]): Board {
  const board = new Board();
  for (const event of events) board.take(event);
  return board;
}

/** What may be told, in an order in which it may be told. */
const anyEvents: fc.Arbitrary<TranscriptionEvent[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('partial', 'partial', 'final', 'final', 'copy', 'late', 'revision', 'end', 'lost'),
      text: fc.constantFrom('one', 'two words', 'three words more'),
      back: fc.integer({ min: 0, max: KEPT_TURNS + 10 }),
      speaker: fc.constantFrom('A', 'B', 'PENDING'),
    }),
    { maxLength: 200 },
  )
  .map((steps) => {
    let [order, session] = [0, 0];
    return steps.map(({ kind, text, back, speaker }): TranscriptionEvent => {
      const earlier = Math.max(0, order - 1 - back);
      switch (kind) {
        case 'final':
          order += 1;
          return told(order - 1, text, 0, { speaker_label: speaker, session });
        case 'copy':
          return order === 0 ? begin : told(order - 1, `${text}.`, 0, { session });
        case 'late':
          return order === 0 ? begin : saying(earlier, text, session);
        case 'revision':
          return order === 0 ? begin : relabelled([speaker, told(earlier, text)]);
        case 'end':
          session += 1;
          return { type: 'Termination', session: session - 1 };
        case 'lost':
          return { type: 'Reconnecting', session, attempt: 1, delayMs: 1, replayMs: 0, reason: 'test' };
        default:
          return saying(order, text, session);
      }
    });
  });

describe('Board', () => {
  it('holds what transcript() tells: its last turns, and the partial', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents, async (events) => {
        const state = await lastValueFrom(from(events).pipe(transcript()), { defaultValue: undefined });
        const { turns, partial: open } = boardOf(...events).since(undefined);
        const texts = ({ parts }: Said): string => parts.map(({ text }) => text).join(' ');

        expect(turns.map(texts)).toEqual((state?.turns ?? []).slice(-KEPT_TURNS).map(({ transcript: text }) => text));
        expect(turns.map(({ parts }) => parts[0]?.speaker)).toEqual(
          (state?.turns ?? [])
            .slice(-KEPT_TURNS)
            .map(({ speaker_label: label }) => (label === 'PENDING' ? undefined : (label ?? undefined))),
        );
        expect(open && texts(open)).toEqual(state?.partial?.transcript);
      }),
    );
  });

  it('tells any viewer what it lacks, whenever it asks', () => {
    fc.assert(
      fc.property(anyEvents, fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }), (events, asks) => {
        const board = new Board();
        let shown: Shown = NOTHING;
        let version: string | undefined;
        const look = (): void => {
          shown = merged(shown, board.since(version));
          ({ version } = board);
        };
        for (const [index, event] of events.entries()) {
          board.take(event);
          if (asks[index]) look();
        }
        look();

        const { turns, partial: open, going } = board.since(undefined);
        expect(shown).toEqual({ turns, partial: open, going });
      }),
    );
  });

  it('tells no more than what changed', () => {
    const board = boardOf(begin, told(0, 'One.'), told(1, 'Two.'));
    const { version } = board;
    board.take(saying(2, 'Thr'));

    expect(board.since(version)).toMatchObject({ fresh: false, turns: [], partial: { parts: [{ text: 'Thr' }] } });
    board.take(relabelled(['B', told(0, 'One.')]));
    expect(board.since(version).turns).toEqual([{ order: 0, parts: [{ text: 'One.', speaker: 'B', voice: 0 }] }]);
  });

  it.each([undefined, '', 'x.1', '.', 'nonsense'])('tells everything to who knows %p', (version) => {
    expect(boardOf(told(0, 'One.')).since(version)).toMatchObject({ fresh: true, turns: [{ order: 0 }] });
  });

  it('does not take the version of another board for one of its own', () => {
    const { version } = boardOf(begin);

    expect(boardOf(begin, told(0, 'One.')).since(version).fresh).toBe(true);
  });

  it('does not grow: not in turns, not in the length of one', () => {
    const board = new Board();
    for (let order = 0; order < 5000; order += 1) board.take(told(order, `Turn ${order}.`));
    board.take(saying(5000, 'word '.repeat(20_000)));

    const { turns, from: first, partial: open } = board.since(undefined);
    expect(turns).toHaveLength(KEPT_TURNS);
    expect(first).toBe(5000 - KEPT_TURNS);
    expect(open?.parts[0]?.text).toMatch(/^…word word/);
    expect(open?.parts[0]?.text.length).toBeLessThan(4100);
  });

  it('takes a turn of two speakers apart', () => {
    const turn = timed(0, ['Really?', 0, 300], ['Yes,', 400, 600], ['really.', 600, 900]);
    const voices = ['A', 'B', 'B'];
    const words = turn.words.map((word, index) => ({ ...word, speaker: voices[index]! }));

    expect(boardOf({ ...turn, words }).since(undefined).turns[0]?.parts).toEqual([
      { text: 'Really?', speaker: 'A', voice: 0 },
      { text: 'Yes, really.', speaker: 'B', voice: 1 },
    ]);
  });

  it('shows the words of a partial whose text lacks those that may change', () => {
    const turn = { ...saying(0, 'please book a'), transcript: 'please' };

    expect(boardOf(turn).since(undefined).partial?.parts).toEqual([{ text: 'please book a' }]);
  });

  it('knows how it goes', () => {
    const board = new Board();
    const going = (event?: TranscriptionEvent): string => {
      if (event) board.take(event);
      return board.since(undefined).going;
    };

    expect(going()).toBe('waiting');
    expect(going(begin)).toBe('live');
    expect(going({ type: 'Reconnecting', session: 0, attempt: 1, delayMs: 1, replayMs: 0, reason: 'test' })).toBe(
      'reconnecting',
    );
    expect(going(begin)).toBe('live');
    board.end();
    expect(going()).toBe('ended');
  });
});
