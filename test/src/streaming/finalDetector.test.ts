import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FinalDetector } from '../../../src/streaming/finalDetector.ts';
import type { RawTurn } from '../../../src/streaming/finalDetector.ts';
import { final, partial, words } from '../../support/turns.ts';

/** What is told of messages: each turn as its number, its text, and a `!` when it is final. */
function told(messages: readonly RawTurn[], awaitFormatted = false): string[] {
  const finality = new FinalDetector(awaitFormatted);
  return [...messages.flatMap((message) => finality.accept(message)), ...finality.flush()].map(
    (turn) => `${turn.turn_order} ${turn.transcript}${turn.isFinal ? '!' : ''}`,
  );
}

const unformatted = (turn: RawTurn): RawTurn => ({ ...turn, turn_is_formatted: false });

describe('FinalDetector', () => {
  describe('on the Pro models', () => {
    it('A: takes the one final of a clean sentence', () => {
      const messages = [
        partial(0, 'Please book'),
        partial(0, 'Please book a table for'),
        final(0, 'Please book a table for two.'),
      ];

      expect(told(messages)).toEqual(['0 Please book', '0 Please book a table for', '0 Please book a table for two.!']);
    });

    it('B: follows a partial that rewrites an earlier word', () => {
      const messages = [partial(0, 'My code is four—'), partial(0, 'My code is forty'), final(0, 'My code is 42.')];

      expect(told(messages).at(-1)).toBe('0 My code is 42.!');
    });

    it('C: takes a final without punctuation, forced by silence', () => {
      expect(told([final(0, 'And then I was going to')])).toEqual(['0 And then I was going to!']);
    });

    it('D and E: takes the rest of a forced turn as the next one', () => {
      expect(told([final(0, 'one two'), partial(1, 'three'), final(1, 'three four.')])).toEqual([
        '0 one two!',
        '1 three',
        '1 three four.!',
      ]);
    });
  });

  describe('on the Universal-Streaming models', () => {
    it('F: takes an unformatted final when no formatting was asked for, and words as text where there is none', () => {
      const first = { ...unformatted(partial(0, '')), words: words('turn', 0, false) };
      const second = { ...unformatted(partial(0, 'turn')), words: words('turn lef') };

      expect(told([first, second, unformatted(final(0, 'turn left'))])).toEqual(['0 turn', '0 turn', '0 turn left!']);
    });

    it('G: takes the formatted copy when formatting was asked for', () => {
      const messages = [unformatted(final(4, 'turn left now')), final(4, 'Turn left now.')];

      expect(told(messages, true)).toEqual(['4 turn left now', '4 Turn left now.!']);
    });

    it('G: takes the unformatted one when the next turn comes without a copy', () => {
      const messages = [unformatted(final(4, 'turn left')), unformatted(partial(5, 'then'))];

      expect(told(messages, true)).toEqual(['4 turn left', '4 turn left!', '5 then', '5 then!']);
    });

    it('G: tells when it waits for a copy', () => {
      const finality = new FinalDetector(true);
      finality.accept(unformatted(final(0, 'turn left')));
      expect(finality.awaitsCopy).toBe(true);
      finality.accept(final(0, 'Turn left.'));
      expect(finality.awaitsCopy).toBe(false);
    });

    it('H: takes a single formatted final', () => {
      expect(told([partial(0, 'Turn'), final(0, 'Turn left.')], true)).toEqual(['0 Turn', '0 Turn left.!']);
    });

    it('I: ignores an empty final at the end', () => {
      expect(told([final(0, 'Turn left.'), final(1, '')])).toEqual(['0 Turn left.!']);
      expect(told([unformatted(final(0, 'turn left')), final(0, '')], true)).toEqual(['0 turn left', '0 turn left!']);
    });
  });

  it('drops whatever follows the final of a turn', () => {
    expect(told([final(0, 'Yes.'), final(0, 'Yes.'), partial(0, 'Yes'), final(1, 'Yes.')])).toEqual([
      '0 Yes.!',
      '1 Yes.!',
    ]);
  });

  it('ends a turn that the service never ended, and shows so by its raw end_of_turn', () => {
    const finality = new FinalDetector(false);
    finality.accept(partial(0, 'so I'));

    expect(finality.flush()).toEqual([{ ...partial(0, 'so I'), isFinal: true }]);
    expect(finality.flush()).toEqual([]);
  });

  it('takes back a partial that the service ends empty', () => {
    expect(told([partial(0, 'uh'), final(0, ''), final(1, 'Yes.')])).toEqual(['0 uh', '1 Yes.!']);
  });

  it('tells at most one final per turn, never empty and nothing after it, whatever comes', () => {
    const message = fc.record({
      turn_order: fc.nat({ max: 4 }),
      text: fc.constantFrom('', 'a', 'a b'),
      end_of_turn: fc.boolean(),
      turn_is_formatted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(message), fc.boolean(), (messages, awaitFormatted) => {
        const finality = new FinalDetector(awaitFormatted);
        const ended: number[] = [];
        const turns = messages.flatMap(({ text, ...fields }) =>
          finality.accept({ ...partial(fields.turn_order, text), ...fields }),
        );
        for (const turn of [...turns, ...finality.flush()]) {
          expect(turn.transcript).not.toBe('');
          expect(ended).not.toContain(turn.turn_order);
          if (turn.isFinal) ended.push(turn.turn_order);
        }
        expect(ended).toEqual(ended.toSorted((a, b) => a - b));
      }),
    );
  });
});
