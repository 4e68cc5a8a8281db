import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Timeline } from '../../../src/streaming/timeline.ts';
import type { SessionTurn } from '../../../src/streaming/finalDetector.ts';
import { final, partial } from '../../support/turns.ts';

const open = (order: number, text: string, from = 0): SessionTurn => ({
  ...partial(order, text, from),
  isFinal: false,
});
const ended = (order: number, text: string, from = 0): SessionTurn => ({ ...final(order, text, from), isFinal: true });

/** The number and word times of a turn as a leg tells it. */
const times = (event: unknown): unknown => {
  const { turn_order, words } = event as SessionTurn;
  return [turn_order, ...words.map(({ start, end }) => [start, end])];
};

describe('Timeline', () => {
  it('leaves the first session as it is, and says which it is', () => {
    const leg = new Timeline().nextLeg();
    leg.align(0, 0);

    expect(leg.rebase(ended(0, 'one two', 300))).toEqual({ ...ended(0, 'one two', 300), session: 0 });
  });

  it('puts a later session on the audio clock and goes on with the numbers', () => {
    const timeline = new Timeline();
    timeline.nextLeg().rebase(ended(0, 'one', 300));
    const leg = timeline.nextLeg();
    leg.align(0, 5000);

    expect(leg.session).toBe(1);
    expect(times(leg.rebase(open(0, 'two', 100)))).toEqual([1, [5100, 5200]]);
    expect(times(leg.rebase(ended(0, 'two three', 100)))).toEqual([1, [5100, 5200], [5200, 5300]]);
    expect(leg.rebase({ type: 'SpeechStarted', timestamp: 40 })).toMatchObject({ timestamp: 5040, session: 1 });
    expect(leg.rebase({ type: 'Silence', start_ms: 1, end_ms: 2 })).toMatchObject({ start_ms: 5001, end_ms: 5002 });
  });

  it('follows a session whose audio has a hole', () => {
    const leg = new Timeline().nextLeg();
    leg.align(0, 0);
    leg.align(100, 100);
    leg.align(1000, 61_000);

    expect(times(leg.rebase(ended(0, 'one', 900)))).toEqual([0, [900, 1000]]);
    expect(times(leg.rebase(ended(1, 'two', 1200)))).toEqual([1, [61_200, 61_300]]);
  });

  it('gives a turn that a break cut off its own number again', () => {
    const timeline = new Timeline();
    const first = timeline.nextLeg();
    first.rebase(ended(0, 'one'));
    expect(times(first.rebase(open(1, 'two', 200)))).toEqual([1, [200, 300]]);

    const second = timeline.nextLeg();
    second.align(0, 150);

    expect(times(second.rebase(open(0, 'two', 50)))).toEqual([1, [200, 300]]);
    expect(times(second.rebase(ended(0, 'two', 50)))).toEqual([1, [200, 300]]);
  });

  it('leaves no hole for a turn that the service took back', () => {
    const leg = new Timeline().nextLeg();
    leg.rebase(open(0, 'uh'));

    expect(times(leg.rebase(ended(1, 'one', 200)))).toEqual([0, [200, 300]]);
  });

  it('carries what names a turn over to its running number', () => {
    const timeline = new Timeline();
    timeline.nextLeg().rebase(ended(0, 'one'));
    const leg = timeline.nextLeg();
    leg.align(0, 1000);
    leg.rebase(ended(0, 'two'));
    const words = final(0, 'two').words.map((word) => ({ ...word, speaker: 'B' }));

    const revision = leg.rebase({
      type: 'SpeakerRevision',
      revisions: [{ turn_order: 0, speaker_label: 'B', words: [...words] }],
    });
    const answer = leg.rebase({ type: 'LLMGatewayResponse', turn_order: 0, transcript: 'two', data: {} });

    expect(revision).toMatchObject({ revisions: [{ turn_order: 1, words: [{ start: 1000, end: 1100 }] }] });
    expect(answer).toMatchObject({ turn_order: 1, session: 1 });
  });

  describe('resumeFrom', () => {
    it('is the beginning before anything was told, and ten seconds of silence later on', () => {
      const timeline = new Timeline();
      timeline.nextLeg();

      expect(timeline.resumeFrom(4000)).toBe(0);
      expect(timeline.resumeFrom(60_000)).toBe(50_000);
    });

    it('is the end of the last final when no turn is open', () => {
      const timeline = new Timeline();
      timeline.nextLeg().rebase(ended(0, 'one', 5000));

      expect(timeline.resumeFrom(6000)).toBe(5100);
    });

    it('is a second before the open turn, however long it is', () => {
      const timeline = new Timeline();
      timeline.nextLeg().rebase(open(0, 'one', 5000));

      expect(timeline.resumeFrom(40_000)).toBe(4000);
    });

    it('is never before the end of the last final', () => {
      const timeline = new Timeline();
      const leg = timeline.nextLeg();
      leg.rebase(ended(0, 'one', 5000));
      leg.rebase(open(1, 'two', 5300));

      expect(timeline.resumeFrom(6000)).toBe(5100);
    });

    it('is a second before speech that began, though no words came yet', () => {
      const timeline = new Timeline();
      timeline.nextLeg().rebase({ type: 'SpeechStarted', timestamp: 5000 });

      expect(timeline.resumeFrom(30_000)).toBe(4000);
    });

    it('forgets a turn of which nothing was heard for longer than a turn lasts', () => {
      const timeline = new Timeline();
      timeline.nextLeg().rebase(open(0, 'one', 5000));

      expect(timeline.resumeFrom(75_000)).toBe(4000);
      expect(timeline.resumeFrom(75_100)).toBe(65_100);
    });

    it('goes back as far as a turn may last where partials are switched off', () => {
      const timeline = new Timeline(false);
      timeline.nextLeg();

      expect(timeline.resumeFrom(100_000)).toBe(30_000);
    });

    it('forgets the open turn of a session that is over, once the next one begins', () => {
      const timeline = new Timeline();
      timeline.nextLeg().rebase(open(0, 'one', 5000));
      timeline.nextLeg();

      expect(timeline.turnIsOpen).toBe(false);
    });
  });

  it('numbers finals 0, 1, 2, … and never turns back, whatever the sessions do', () => {
    const turn = fc.record({ isFinal: fc.boolean(), length: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.array(fc.array(turn, { maxLength: 6 }), { maxLength: 6 }), (sessions) => {
        const timeline = new Timeline();
        const numbers: number[] = [];
        for (const turns of sessions) {
          const resumed = timeline.resumeFrom(timeline.toldUpTo);
          const leg = timeline.nextLeg();
          leg.align(0, resumed);
          let from = 0;
          for (const [order, { isFinal, length }] of turns.entries()) {
            const text = Array.from({ length }, () => 'word').join(' ');
            const event = leg.rebase(
              isFinal ? ended(order, text, from) : open(order, text, from),
            ) as never as SessionTurn;
            expect(event.turn_order).toBe(numbers.length);
            expect(event.words[0]?.start).toBeGreaterThanOrEqual(resumed);
            if (isFinal) {
              numbers.push(event.turn_order);
              expect(timeline.toldUpTo).toBe(event.words.at(-1)?.end);
              from += length * 100;
            }
          }
        }
        expect(numbers).toEqual(numbers.map((_, index) => index));
      }),
    );
  });
});
