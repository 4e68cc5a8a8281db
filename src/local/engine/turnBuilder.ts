import type { SessionTurn } from '../../streaming/finalDetector.ts';
import { normalised } from './repetitions.ts';
import type { Span } from './wordTimes.ts';

/** What is known of an open turn: how many of its leading words two readings in a row agreed on. */
export class Agreement {
  #previous: readonly string[] = [];
  #stable = 0;

  /** Compares a reading with the one before, and returns how many leading words are stable. */
  update(words: readonly string[]): number {
    let agreed = 0;
    while (agreed < words.length && agreed < this.#previous.length && this.#isSame(words, agreed)) agreed++;
    this.#previous = words;
    this.#stable = Math.max(this.#stable, agreed);
    return this.#stable;
  }

  #isSame(words: readonly string[], index: number): boolean {
    return normalised(words[index] ?? '') === normalised(this.#previous[index] ?? '');
  }
}

/**
 * Builds the event of a turn.
 *
 * @param times One span per word, in milliseconds.
 * @param stable How many leading words will not change; all of them in a final.
 */
export function turnEvent(
  order: number,
  words: readonly string[],
  times: readonly Span[],
  { isFinal, stable }: { readonly isFinal: boolean; readonly stable: number },
): SessionTurn {
  const transcript = words.join(' ');
  return {
    type: 'Turn',
    turn_order: order,
    turn_is_formatted: true,
    end_of_turn: isFinal,
    isFinal,
    transcript,
    end_of_turn_confidence: isFinal ? 1 : 0,
    utterance: isFinal ? transcript : null,
    words: words.map((text, index) => ({
      text,
      start: times[index]?.from ?? 0,
      end: times[index]?.to ?? 0,
      word_is_final: isFinal || index < stable,
    })),
  };
}

/** The words of a reading. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** Whether a text ends a sentence, so that a short silence after it ends the turn. */
export function endsSentence(text: string): boolean {
  return /[.?!。？！]["'”’)]?$/u.test(text) && !/(\.\.\.|…)$/u.test(text);
}
