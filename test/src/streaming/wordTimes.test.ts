import { describe, expect, it } from '@jest/globals';
import { readMessage } from '../../../src/streaming/message.ts';
import type { ReceivedTurn } from '../../../src/streaming/finalDetector.ts';

const HOUR_MS = 3_600_000;

/** The times of a word sent in a session of `hours`, 300 ms before the end of what was sent; and the warnings about it. */
function timesAfter(hours: number): { start: number; end: number; warnings: number } {
  const end = hours * HOUR_MS;
  const words = [{ text: 'word', start: end - 300, end, confidence: 0.9, word_is_final: true }];
  const turn = { turn_order: 0, turn_is_formatted: true, end_of_turn: true, end_of_turn_confidence: 1 };
  const { message, warnings } = readMessage(JSON.stringify({ type: 'Turn', ...turn, transcript: 'word', words }), {
    from: 0,
    to: end,
  });
  const [word] = (message as ReceivedTurn).words;
  return { start: word!.start, end: word!.end, warnings: warnings.length };
}

describe('the times of words', () => {
  it.each([1, 3, 13, 24, 200])('are accepted after %d hours in one session', (hours) => {
    expect(timesAfter(hours)).toEqual({ start: hours * HOUR_MS - 300, end: hours * HOUR_MS, warnings: 0 });
  });

  it('are an error after ten days', () => {
    expect(timesAfter(241).warnings).toBe(1);
  });
});
