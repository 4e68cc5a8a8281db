import { describe, expect, it } from '@jest/globals';
import { Timeline } from '../../../src/streaming/timeline.ts';
import type { SessionTurn } from '../../../src/streaming/finalDetector.ts';
import { fc } from '../../support/fastCheck.ts';
import { final, partial } from '../../support/turns.ts';

const open = (order: number, text: string, from = 0): SessionTurn => ({
  ...partial(order, text, from),
  isFinal: false,
});
const ended = (order: number, text: string, from = 0): SessionTurn => ({ ...final(order, text, from), isFinal: true });

/** The number and word times of a turn as a session clock returns it. */
const times = (event: unknown): unknown => {
  const { turn_order, words } = event as SessionTurn;
  return [turn_order, ...words.map(({ start, end }) => [start, end])];
};

describe('Timeline', () => {
  it('leaves the events of the first session as they are, and adds its number', () => {
    const clock = new Timeline().nextSession();
    clock.align(0, 0);

    expect(clock.rebase(ended(0, 'one two', 300))).toEqual({ ...ended(0, 'one two', 300), session: 0 });
  });

  it('rebases a later session onto the audio clock and continues the numbers', () => {
    const timeline = new Timeline();
    timeline.nextSession().rebase(ended(0, 'one', 300));
    const clock = timeline.nextSession();
    clock.align(0, 5000);

    expect(clock.session).toBe(1);
    expect(times(clock.rebase(open(0, 'two', 100)))).toEqual([1, [5100, 5200]]);
    expect(times(clock.rebase(ended(0, 'two three', 100)))).toEqual([1, [5100, 5200], [5200, 5300]]);
    expect(clock.rebase({ type: 'SpeechStarted', timestamp: 40 })).toMatchObject({ timestamp: 5040, session: 1 });
    expect(clock.rebase({ type: 'Silence', start_ms: 1, end_ms: 2 })).toMatchObject({ start_ms: 5001, end_ms: 5002 });
  });

  it('follows a session whose audio has a gap', () => {
    const clock = new Timeline().nextSession();
    clock.align(0, 0);
    clock.align(100, 100);
    clock.align(1000, 61_000);

    expect(times(clock.rebase(ended(0, 'one', 900)))).toEqual([0, [900, 1000]]);
    expect(times(clock.rebase(ended(1, 'two', 1200)))).toEqual([1, [61_200, 61_300]]);
  });

  it('keeps the number of a turn that was cut off by a break', () => {
    const timeline = new Timeline();
    const first = timeline.nextSession();
    first.rebase(ended(0, 'one'));
    expect(times(first.rebase(open(1, 'two', 200)))).toEqual([1, [200, 300]]);

    const second = timeline.nextSession();
    second.align(0, 150);

    expect(times(second.rebase(open(0, 'two', 50)))).toEqual([1, [200, 300]]);
    expect(times(second.rebase(ended(0, 'two', 50)))).toEqual([1, [200, 300]]);
  });

  it('leaves no hole in the numbers for a turn that the service withdrew', () => {
    const clock = new Timeline().nextSession();
    clock.rebase(open(0, 'uh'));

    expect(times(clock.rebase(ended(1, 'one', 200)))).toEqual([0, [200, 300]]);
  });

  it('rebases turn numbers in other events', () => {
    const timeline = new Timeline();
    timeline.nextSession().rebase(ended(0, 'one'));
    const clock = timeline.nextSession();
    clock.align(0, 1000);
    clock.rebase(ended(0, 'two'));
    const words = final(0, 'two').words.map((word) => ({ ...word, speaker: 'B' }));

    const revision = clock.rebase({
      type: 'SpeakerRevision',
      revisions: [{ turn_order: 0, speaker_label: 'B', words: [...words] }],
    });
    const answer = clock.rebase({ type: 'LLMGatewayResponse', turn_order: 0, transcript: 'two', data: {} });

    expect(revision).toMatchObject({ revisions: [{ turn_order: 1, words: [{ start: 1000, end: 1100 }] }] });
    expect(answer).toMatchObject({ turn_order: 1, session: 1 });
  });

  describe('replayFrom', () => {
    it('is the beginning while no turn came, and never more than ten seconds of silence back', () => {
      const timeline = new Timeline();
      timeline.nextSession();

      expect(timeline.replayFrom(4000)).toBe(0);
      expect(timeline.replayFrom(60_000)).toBe(50_000);
    });

    it('is the end of the last final when no turn is open', () => {
      const timeline = new Timeline();
      timeline.nextSession().rebase(ended(0, 'one', 5000));

      expect(timeline.replayFrom(6000)).toBe(5100);
    });

    it('is a second before the open turn, however long it is', () => {
      const timeline = new Timeline();
      timeline.nextSession().rebase(open(0, 'one', 5000));

      expect(timeline.replayFrom(40_000)).toBe(4000);
    });

    it('is never before the end of the last final', () => {
      const timeline = new Timeline();
      const clock = timeline.nextSession();
      clock.rebase(ended(0, 'one', 5000));
      clock.rebase(open(1, 'two', 5300));

      expect(timeline.replayFrom(6000)).toBe(5100);
    });

    it('is a second before speech that began, even without words', () => {
      const timeline = new Timeline();
      timeline.nextSession().rebase({ type: 'SpeechStarted', timestamp: 5000 });

      expect(timeline.replayFrom(30_000)).toBe(4000);
    });

    it('ignores an open turn without new words for longer than a turn may last', () => {
      const timeline = new Timeline();
      timeline.nextSession().rebase(open(0, 'one', 5000));

      expect(timeline.replayFrom(75_000)).toBe(4000);
      expect(timeline.replayFrom(75_100)).toBe(65_100);
    });

    it('goes back as far as a turn may last without partials', () => {
      const timeline = new Timeline(false);
      timeline.nextSession();

      expect(timeline.replayFrom(100_000)).toBe(30_000);
    });

    it('has no open turn once the next session begins', () => {
      const timeline = new Timeline();
      timeline.nextSession().rebase(open(0, 'one', 5000));
      timeline.nextSession();

      expect(timeline.turnIsOpen).toBe(false);
    });
  });

  it('numbers finals 0, 1, 2, … and never goes back, whatever the sessions do', () => {
    const turn = fc.record({ isFinal: fc.boolean(), length: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.array(fc.array(turn, { maxLength: 6 }), { maxLength: 6 }), (sessions) => {
        const timeline = new Timeline();
        const numbers: number[] = [];
        for (const turns of sessions) {
          const resumed = timeline.replayFrom(timeline.finalizedUpTo);
          const clock = timeline.nextSession();
          clock.align(0, resumed);
          let from = 0;
          for (const [order, { isFinal, length }] of turns.entries()) {
            const text = Array.from({ length }, () => 'word').join(' ');
            const event = clock.rebase(
              isFinal ? ended(order, text, from) : open(order, text, from),
            ) as never as SessionTurn;
            expect(event.turn_order).toBe(numbers.length);
            expect(event.words[0]?.start).toBeGreaterThanOrEqual(resumed);
            if (isFinal) {
              numbers.push(event.turn_order);
              expect(timeline.finalizedUpTo).toBe(event.words.at(-1)?.end);
              from += length * 100;
            }
          }
        }
        expect(numbers).toEqual(numbers.map((_, index) => index));
      }),
    );
  });
});
