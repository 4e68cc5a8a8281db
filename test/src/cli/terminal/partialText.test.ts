import { describe, expect, it } from '@jest/globals';
import type { Turn } from '../../../../operators/events.ts';
import { partialText } from '../../../../src/cli/terminal/partialText.ts';

describe('partialText', () => {
  const word = (text: string, final: boolean) => ({ text, word_is_final: final, start: 0, end: 0, confidence: 1 });
  const turn: Turn = {
    type: 'Turn',
    session: 0,
    turn_order: 0,
    isFinal: false,
    end_of_turn: false,
    turn_is_formatted: false,
    end_of_turn_confidence: 0,
    transcript: 'turn left',
    words: [word('turn', true), word('left', false)],
  };

  it('separates settled words from those that may change', () => {
    expect(partialText(turn)).toEqual({ settled: 'turn ', open: 'left' });
    expect(partialText({ ...turn, words: [] })).toEqual({ settled: 'turn left', open: '' });
  });

  it('adds words that the transcript omits', () => {
    expect(partialText({ ...turn, transcript: 'turn' })).toEqual({ settled: 'turn ', open: 'left' });
  });

  it('prefixes a known speaker', () => {
    expect(partialText({ ...turn, speaker_label: 'A' })).toEqual({ settled: 'A: turn ', open: 'left' });
    expect(partialText({ ...turn, speaker_label: 'PENDING' })).toEqual({ settled: 'turn ', open: 'left' });
  });
});
