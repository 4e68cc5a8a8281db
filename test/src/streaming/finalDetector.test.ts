import { describe, expect, it } from '@jest/globals';
import { FinalDetector } from '../../../src/streaming/finalDetector.ts';
import type { RawTurn, ReceivedTurn } from '../../../src/streaming/finalDetector.ts';
import { fc } from '../../support/fastCheck.ts';
import { final, partial, words } from '../../support/turns.ts';

/** The events for messages: each turn as its number, its text, and a `!` if it is final; a warning as `dropped`. */
function emitted(messages: readonly ReceivedTurn[], awaitFormatted = false): string[] {
  const detector = new FinalDetector(awaitFormatted);
  return [...messages.flatMap((message) => detector.accept(message)), ...detector.flush()].map((event) =>
    event.type === 'Warning' ? 'dropped' : `${event.turn_order} ${event.transcript}${event.isFinal ? '!' : ''}`,
  );
}

/** The same message without a valid number. */
function unnumbered({ turn_order, ...turn }: RawTurn): ReceivedTurn {
  return turn;
}

const unformatted = (turn: RawTurn): RawTurn => ({ ...turn, turn_is_formatted: false });

describe('FinalDetector', () => {
  describe('on the Pro models', () => {
    it('A: emits the one final of a clean sentence', () => {
      const messages = [
        partial(0, 'Please book'),
        partial(0, 'Please book a table for'),
        final(0, 'Please book a table for two.'),
      ];

      expect(emitted(messages)).toEqual([
        '0 Please book',
        '0 Please book a table for',
        '0 Please book a table for two.!',
      ]);
    });

    it('B: emits a partial that changes an earlier word', () => {
      const messages = [partial(0, 'My code is four—'), partial(0, 'My code is forty'), final(0, 'My code is 42.')];

      expect(emitted(messages).at(-1)).toBe('0 My code is 42.!');
    });

    it('C: emits a final without punctuation, forced by silence', () => {
      expect(emitted([final(0, 'And then I was going to')])).toEqual(['0 And then I was going to!']);
    });

    it('D and E: emits the rest of a forced turn as the next one', () => {
      expect(emitted([final(0, 'one two'), partial(1, 'three'), final(1, 'three four.')])).toEqual([
        '0 one two!',
        '1 three',
        '1 three four.!',
      ]);
    });
  });

  describe('on the Universal-Streaming models', () => {
    it('F: emits an unformatted final without formatTurns, and uses the words as text if there is none', () => {
      const first = { ...unformatted(partial(0, '')), words: words('turn', 0, false) };
      const second = { ...unformatted(partial(0, 'turn')), words: words('turn lef') };

      expect(emitted([first, second, unformatted(final(0, 'turn left'))])).toEqual([
        '0 turn',
        '0 turn',
        '0 turn left!',
      ]);
    });

    it('F: emits all words if the turn is never ended, also the last one, which was not in the text', () => {
      const [last] = words('now', 200, false);
      const message = { ...unformatted(partial(0, 'Turn left')), words: [...words('Turn left'), last!] };

      expect(emitted([message])).toEqual(['0 Turn left', '0 Turn left now!']);
      expect(emitted([{ ...message, transcript: 'Turn left, now' }])).toEqual([
        '0 Turn left, now',
        '0 Turn left, now!',
      ]);
    });

    it('G: emits the formatted copy with formatTurns', () => {
      const messages = [unformatted(final(4, 'turn left now')), final(4, 'Turn left now.')];

      expect(emitted(messages, true)).toEqual(['4 turn left now', '4 Turn left now.!']);
    });

    it('G: emits the unformatted final if the next turn comes before its copy', () => {
      const messages = [unformatted(final(4, 'turn left')), unformatted(partial(5, 'then'))];

      expect(emitted(messages, true)).toEqual(['4 turn left', '4 turn left!', '5 then', '5 then!']);
    });

    it('G: reports whether it waits for a copy', () => {
      const detector = new FinalDetector(true);
      detector.accept(unformatted(final(0, 'turn left')));
      expect(detector.awaitsCopy).toBe(true);
      detector.accept(final(0, 'Turn left.'));
      expect(detector.awaitsCopy).toBe(false);
    });

    it('H: emits a single formatted final', () => {
      expect(emitted([partial(0, 'Turn'), final(0, 'Turn left.')], true)).toEqual(['0 Turn', '0 Turn left.!']);
    });

    it('I: ignores an empty final at the end', () => {
      expect(emitted([final(0, 'Turn left.'), final(1, '')])).toEqual(['0 Turn left.!']);
      expect(emitted([unformatted(final(0, 'turn left')), final(0, '')], true)).toEqual([
        '0 turn left',
        '0 turn left!',
      ]);
    });
  });

  it('drops what repeats the final of a turn', () => {
    expect(emitted([final(0, 'Yes.'), final(0, 'Yes.'), partial(0, 'Yes'), final(1, 'Yes.')])).toEqual([
      '0 Yes.!',
      'dropped',
      '1 Yes.!',
    ]);
  });

  it('ends a turn that the service never ended, and leaves its end_of_turn false', () => {
    const detector = new FinalDetector(false);
    detector.accept(partial(0, 'so I'));

    expect(detector.flush()).toEqual([{ ...partial(0, 'so I'), isFinal: true }]);
    expect(detector.flush()).toEqual([]);
  });

  it('drops a partial that the service ends empty', () => {
    expect(emitted([partial(0, 'uh'), final(0, ''), final(1, 'Yes.')])).toEqual(['0 uh', '1 Yes.!']);
  });

  describe('with a final under a number that is missing or not higher', () => {
    const good = final(3, 'Good morning.', 1000); // to 1200 ms

    it('emits words after the last final as a turn', () => {
      for (const number of [3, 0]) {
        expect(emitted([good, final(number, 'Next.', 1200)])).toEqual(['3 Good morning.!', `${number} Next.!`]);
      }
      expect(emitted([good, unnumbered(final(0, 'Next.', 1200))])).toEqual(['3 Good morning.!', '4 Next.!']);
    });

    it('emits only the words that are new', () => {
      expect(emitted([good, final(3, 'good morning all', 1000)])).toEqual(['3 Good morning.!', '3 all!']);
    });

    it('drops with a warning what was emitted before', () => {
      const detector = new FinalDetector(false);
      detector.accept(good);

      expect(detector.accept(final(2, 'good morning', 1000))).toEqual([
        {
          type: 'Warning',
          warning_code: 0,
          warning: 'the service sent a final again; its words were emitted before, so it was dropped (turn_order 2)',
        },
      ]);
    });

    it('compares the text of a final without words', () => {
      const copy = { ...final(3, 'good morning'), words: [] };
      const other = { ...final(3, 'Next.'), words: [] };

      expect(emitted([good, copy, other])).toEqual(['3 Good morning.!', 'dropped', '3 Next.!']);
    });

    it('continues after one number that is far too high', () => {
      const messages = [
        final(2 ** 53 - 1, 'One.'),
        final(1, 'Two.', 100),
        partial(2, 'Three', 200),
        final(2, 'Three.', 200),
      ];

      expect(emitted(messages)).toEqual([`${2 ** 53 - 1} One.!`, '1 Two.!', '2 Three', '2 Three.!']);
    });

    it('ends the current turn first if it is earlier, and keeps it if it is later', () => {
      expect(emitted([good, partial(4, 'so', 1300), final(3, 'Next.', 1500)])).toEqual([
        '3 Good morning.!',
        '4 so',
        '4 so!',
        '3 Next.!',
      ]);
      expect(emitted([good, partial(4, 'so', 1500), final(3, 'Next.', 1200), final(4, 'So.', 1500)])).toEqual([
        '3 Good morning.!',
        '4 so',
        '3 Next.!',
        '4 So.!',
      ]);
    });
  });

  it('emits each stretch of audio in at most one final, never empty, for any messages', () => {
    const message = fc.record({
      turn_order: fc.option(fc.nat({ max: 4 }), { nil: undefined }),
      text: fc.constantFrom('', 'a', 'a b'),
      from: fc.nat({ max: 5 }),
      end_of_turn: fc.boolean(),
      turn_is_formatted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        const detector = new FinalDetector(false);
        let upTo = -1;
        for (const { turn_order, text, from, ...fields } of messages) {
          const turn = { ...partial(turn_order ?? 0, text, from * 100), ...fields };
          const isRepeated = turn_order === undefined || turn_order <= upTo;
          const before = detector.upToMs;
          for (const event of detector.accept(turn_order === undefined ? unnumbered(turn) : turn)) {
            if (event.type === 'Warning') continue;
            expect(event.transcript).not.toBe('');
            if (!event.isFinal) continue;
            upTo = event.turn_order;
            if (isRepeated && event.end_of_turn) expect(event.words[0]?.start).toBeGreaterThanOrEqual(before);
          }
        }
      }),
    );
  });
});
