import { describe, expect, it, jest } from '@jest/globals';
import { from, lastValueFrom } from 'rxjs';
import type { PartialTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { transcript } from '../../../operators/transcript.ts';
import { CaptionState } from '../../../src/page/captionState.ts';
import { EMPTY_VIEW, applyUpdate } from '../../../src/page/client/viewState.ts';
import { CAPTION_TURNS, TRANSCRIPT_TURNS } from '../../../src/page/turnHistory.ts';
import type { ViewTurn, ViewState, ViewUpdate } from '../../../src/page/client/viewState.ts';
import { fc } from '../../support/fastCheck.ts';
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
      back: fc.integer({ min: 0, max: CAPTION_TURNS + 10 }),
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

        expect(turns.map(texts)).toEqual(
          (state?.turns ?? []).slice(-CAPTION_TURNS).map(({ transcript: text }) => text),
        );
        expect(turns.map(({ parts }) => parts[0]?.speaker)).toEqual(
          (state?.turns ?? [])
            .slice(-CAPTION_TURNS)
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

        expect(shown).toEqual(applyUpdate(EMPTY_VIEW, state.since(undefined)));
      }),
    );
  });

  it('brings any viewer of the transcript up to date, whenever it polls', () => {
    fc.assert(
      fc.property(anyEvents, fc.array(fc.boolean(), { minLength: 200, maxLength: 200 }), (events, polls) => {
        const state = new CaptionState();
        let version: string | undefined;
        const shown = new Map<number, ViewTurn>();
        for (const [index, event] of events.entries()) {
          state.apply(event);
          if (!polls[index] && index < events.length - 1) continue;
          const update = state.since(version, 'transcript');
          for (const turn of update.turns) shown.set(turn.order, turn);
          ({ version } = update);
        }

        const texts = [...shown.values()].map(({ parts }) => parts.map(({ text }) => text).join(' '));
        expect(texts).toEqual(state.turns.map(({ transcript: text }) => text));
      }),
    );
  });

  it('returns a long transcript in several updates, in order', () => {
    const state = stateOf(...Array.from({ length: 600 }, (_, order) => finalTurn(order, `Turn ${order}.`)));
    const updates: ViewUpdate[] = [];
    let version: string | undefined;
    while (version !== state.version) {
      const update = state.since(version, 'transcript');
      updates.push(update);
      ({ version } = update);
    }

    expect(updates.map(({ turns, replacesAll }) => [turns.length, replacesAll])).toEqual([
      [250, true],
      [250, false],
      [100, false],
    ]);
    expect(updates.flatMap(({ turns }) => turns.map(({ order }) => order))).toEqual([...Array(600).keys()]);
    expect(state.since(undefined).turns).toHaveLength(CAPTION_TURNS);
  });

  it('returns turns in order, also if an earlier one was corrected later', () => {
    const state = stateOf(finalTurn(0, 'One.'), finalTurn(1, 'Two.'), speakerRevision(['B', finalTurn(0, 'One.')]));

    expect(state.since(undefined).turns.map(({ order }) => order)).toEqual([0, 1]);
  });

  it('keeps the transcript bounded in turns and in memory', () => {
    const many = stateOf();
    for (let order = 0; order < TRANSCRIPT_TURNS + 10; order += 1) many.apply(finalTurn(order, 'Yes.'));
    const large = stateOf();
    const label = 'L'.repeat(100_000);
    for (let order = 0; order < 500; order += 1) large.apply(finalTurn(order, 'Yes.', 0, { speaker_label: label }));

    expect(many.turns).toHaveLength(TRANSCRIPT_TURNS);
    expect(many.since(undefined, 'transcript').firstOrder).toBe(10);
    expect(large.turns.length).toBeLessThan(201);
    expect(large.since(undefined).turns).toHaveLength(CAPTION_TURNS);
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
      { order: 0, startMs: 0, parts: [{ text: 'One.', speaker: 'B', speakerIndex: 0 }] },
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
    expect(turns).toHaveLength(CAPTION_TURNS);
    expect(first).toBe(5000 - CAPTION_TURNS);
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

    const lost: TranscriptionEvent = {
      ...begin,
      type: 'Reconnecting',
      attempt: 1,
      delayMs: 1,
      replayMs: 0,
      reason: '',
    };
    expect(statusAfter()).toBe('waiting');
    expect(statusAfter(lost)).toBe('waiting');
    expect(statusAfter(begin)).toBe('live');
    expect(statusAfter(lost)).toBe('reconnecting');
    expect(statusAfter({ type: 'Suspended', session: 0, atMs: 5 })).toBe('suspended');
    expect(statusAfter({ type: 'Resumed', session: 0, atMs: 9 })).toBe('waiting');
    expect(statusAfter(begin)).toBe('live');
    expect(statusAfter({ ...begin, runsOn: 'device' })).toBe('device');
    expect(statusAfter({ ...begin, runsOn: 'service' })).toBe('live');
    state.end();
    expect(statusAfter()).toBe('ended');
    state.end('interrupted');
    expect(statusAfter()).toBe('ended');
  });

  it('is paused only while it is live', () => {
    const state = new CaptionState();
    const { version } = state;
    state.pause(true);
    expect(state.version).not.toBe(version);
    expect(state.since(undefined).status).toBe('waiting');
    state.apply(begin);
    expect(state.since(undefined).status).toBe('paused');
    state.pause(false);
    expect(state.since(undefined).status).toBe('live');
    state.end('interrupted');
    expect(state.since(undefined).status).toBe('interrupted');
  });

  it('has the language and the start of a turn, unless they make no sense', () => {
    const turn = timedTurn(0, ['Guten', 1200, 1300], ['Abend.', 1300, 1500]);
    const odd = { ...finalTurn(1, 'x', 0, { words: [] }), language_code: '"><script>' };
    const { turns } = stateOf({ ...turn, language_code: 'de' }, odd).since(undefined);

    expect(turns).toEqual([
      { order: 0, parts: [{ text: 'Guten Abend.' }], lang: 'de', startMs: 1200 },
      { order: 1, parts: [{ text: 'x' }] },
    ]);
  });

  it('sends names to new viewers and after a change, and leaves the labels of turns', () => {
    const state = new CaptionState({ A: 'Anna' });
    state.apply(finalTurn(0, 'One.', 0, { speaker_label: 'A' }));
    const { version } = state;
    expect(state.since(undefined)).toMatchObject({
      speakerNames: { A: 'Anna' },
      turns: [{ parts: [{ speaker: 'A' }] }],
    });
    expect(state.since(version)).not.toHaveProperty('speakerNames');
    state.rename({ A: 'Ann' });

    expect(state.since(version)).toMatchObject({ speakerNames: { A: 'Ann' }, turns: [] });
  });

  it('expects speakers from the configuration on, or from the first label', () => {
    const configured = stateOf({ ...begin, configuration: { speaker_labels: true } });
    const labelled = stateOf(begin, finalTurn(0, 'One.', 0, { speaker_label: 'A' }));
    const none = stateOf(begin, finalTurn(0, 'One.'));

    expect([configured, labelled, none].map((state) => state.since(undefined).hasSpeakers)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('measures how long the text has not changed; a corrected speaker is no new text', () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(1000);
    const state = stateOf(begin, finalTurn(0, 'One.'));
    now.mockReturnValue(5000);
    state.apply(speakerRevision(['B', finalTurn(0, 'One.')]));
    expect(state.since(undefined).quietMs).toBe(4000);
    state.apply(partialTurn(1, 'Tw'));
    expect(state.since(undefined).quietMs).toBe(0);
    now.mockRestore();
  });
});
