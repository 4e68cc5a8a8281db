import type { RawTurn } from '../../src/streaming/finalDetector.ts';

/** Consecutive words of 100 ms each, starting at `from` milliseconds. */
export function words(text: string, from = 0, ended = true): RawTurn['words'] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word, index) => ({
      text: word,
      start: from + index * 100,
      end: from + index * 100 + 100,
      confidence: 0.9,
      word_is_final: ended,
    }));
}

/** A turn message as the service sends it: `partial(0, 'please book')`. */
export function partial(turn_order: number, transcript: string, from = 0): RawTurn {
  return {
    type: 'Turn',
    turn_order,
    turn_is_formatted: true,
    end_of_turn: false,
    transcript,
    end_of_turn_confidence: 0,
    words: words(transcript, from, false),
    utterance: '',
  };
}

/** The final message of a turn as the service sends it. */
export function final(turn_order: number, transcript: string, from = 0): RawTurn {
  return {
    ...partial(turn_order, transcript, from),
    end_of_turn: true,
    end_of_turn_confidence: 1,
    words: words(transcript, from),
    utterance: transcript,
  };
}
