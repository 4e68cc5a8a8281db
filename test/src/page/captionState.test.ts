import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { from, lastValueFrom } from 'rxjs';
import type { PartialTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { transcript } from '../../../operators/transcript.ts';
import { CaptionState, KEPT_TURNS } from '../../../src/page/captionState.ts';
import { EMPTY_VIEW, applyUpdate } from '../../../src/page/client/viewState.ts';
import type { ViewTurn, ViewState } from '../../../src/page/client/viewState.ts';
import { speakerRevision, timedTurn, finalTurn } from '../../support/captions.ts';
import { partial } from '../../support/turns.ts';

const begin: TranscriptionEvent = { type: 'Begin', id: '1', expires_at: 0, session: 0 };

function partialTurn(order: number, text: string, session = 0): PartialTurn {
  return { ...partial(order, text), isFinal: false, session };
}

function stateOf(...events: readonly TranscriptionEvent[]): CaptionState {
  const state = new CaptionState();
  for (const event of events) state.apply(event);
  return state;
}

/** Any valid sequence of events. */
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
          return finalTurn(order - 1, text, 0, { speaker_label: speaker, session });
        case 'copy':
          return order === 0 ? begin : finalTurn(order - 1, `${text}.`, 0, { session });
        case 'late':
          return order === 0 ? begin : partialTurn(earlier, text, session);
        case 'revision':
          return order === 0 ? begin : speakerRevision([speaker, finalTurn(earlier, text)]);
        case 'end':
          session += 1;
          return { type: 'Termination', session: session - 1 };
        case 'lost':
          return { type: 'Reconnecting', session, attempt: 1, delayMs: 1, replayMs: 0, reason: 'test' };
        default:
          return partialTurn(order, text, session);
      }
    });
  });

describe('CaptionState', () => {
  it('has the last turns and the partial of transcript()', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents, async (events) => {
        const state = await lastValueFrom(from(events).pipe(transcript()), { defaultValue: undefined });
        const { turns, partial: open } = stateOf(...events).since(undefined);
        const texts = ({ parts }: ViewTurn): string => parts.map(({ text }) => text).join(' ');

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

  it('brings any viewer up to date, whenever it polls', () => {
    fc.assert(
      fc.property(anyEvents, fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }), (events, polls) => {
        const state = new CaptionState();
        let shown: ViewState = EMPTY_VIEW;
        let version: string | undefined;
        const poll = (): void => {
          shown = applyUpdate(shown, state.since(version));
          ({ version } = state);
        };
        for (const [index, event] of events.entries()) {
          state.apply(event);
          if (polls[index]) poll();
        }
        poll();

        const { turns, partial: open, status } = state.since(undefined);
        expect(shown).toEqual({ turns, partial: open, status });
      }),
    );
  });

  it('returns only what changed', () => {
    const state = stateOf(begin, finalTurn(0, 'One.'), finalTurn(1, 'Two.'));
    const { version } = state;
    state.apply(partialTurn(2, 'Thr'));

    expect(state.since(version)).toMatchObject({
      replacesAll: false,
      turns: [],
      partial: { parts: [{ text: 'Thr' }] },
    });
    state.apply(speakerRevision(['B', finalTurn(0, 'One.')]));
    expect(state.since(version).turns).toEqual([
      { order: 0, parts: [{ text: 'One.', speaker: 'B', speakerIndex: 0 }] },
    ]);
  });

  it.each([undefined, '', 'x.1', '.', 'nonsense'])('returns everything for the version %p', (version) => {
    expect(stateOf(finalTurn(0, 'One.')).since(version)).toMatchObject({ replacesAll: true, turns: [{ order: 0 }] });
  });

  it('does not accept the version of a different instance', () => {
    const { version } = stateOf(begin);

    expect(stateOf(begin, finalTurn(0, 'One.')).since(version).replacesAll).toBe(true);
  });

  it('is bounded in turns and in the length of a turn', () => {
    const state = new CaptionState();
    for (let order = 0; order < 5000; order += 1) state.apply(finalTurn(order, `Turn ${order}.`));
    state.apply(partialTurn(5000, 'word '.repeat(20_000)));

    const { turns, firstOrder: first, partial: open } = state.since(undefined);
    expect(turns).toHaveLength(KEPT_TURNS);
    expect(first).toBe(5000 - KEPT_TURNS);
    expect(open?.parts[0]?.text).toMatch(/^…word word/);
    expect(open?.parts[0]?.text.length).toBeLessThan(4100);
  });

  it('bounds speaker names and the number of parts', () => {
    const words = Array.from({ length: 5000 }, (_, index) => ({
      ...timedTurn(0, ['a', index, index + 1]).words[0]!,
      speaker: `${index}${'L'.repeat(1000)}`,
    }));
    const state = stateOf(finalTurn(0, 'a '.repeat(5000), 0, { words, speaker_label: 'L'.repeat(1e6) }));
    expect(JSON.stringify(state.since(undefined)).length).toBeLessThan(10_000);
  });

  it('splits a turn of two speakers', () => {
    const turn = timedTurn(0, ['Really?', 0, 300], ['Yes,', 400, 600], ['really.', 600, 900]);
    const speakers = ['A', 'B', 'B'];
    const words = turn.words.map((word, index) => ({ ...word, speaker: speakers[index]! }));

    expect(stateOf({ ...turn, words }).since(undefined).turns[0]?.parts).toEqual([
      { text: 'Really?', speaker: 'A', speakerIndex: 0 },
      { text: 'Yes, really.', speaker: 'B', speakerIndex: 1 },
    ]);
  });

  it('shows the words of a partial whose text lacks unstable ones', () => {
    const turn = { ...partialTurn(0, 'please book a'), transcript: 'please' };

    expect(stateOf(turn).since(undefined).partial?.parts).toEqual([{ text: 'please book a' }]);
  });

  it('has a status', () => {
    const state = new CaptionState();
    const statusAfter = (event?: TranscriptionEvent): string => {
      if (event) state.apply(event);
      return state.since(undefined).status;
    };

    expect(statusAfter()).toBe('waiting');
    expect(statusAfter(begin)).toBe('live');
    expect(statusAfter({ type: 'Reconnecting', session: 0, attempt: 1, delayMs: 1, replayMs: 0, reason: 'test' })).toBe(
      'reconnecting',
    );
    expect(statusAfter(begin)).toBe('live');
    expect(statusAfter({ ...begin, runsOn: 'device' })).toBe('device');
    expect(statusAfter({ ...begin, runsOn: 'service' })).toBe('live');
    state.end();
    expect(statusAfter()).toBe('ended');
  });
});
