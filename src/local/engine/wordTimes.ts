/** Two positions in the audio, in samples or milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What one word adds to its number of letters: a short word takes more time than its letters. */
const LETTERS_PER_WORD = 1.5;

/**
 * Estimates when each word was spoken, for models that report no times: the words are spread over the speech in proportion
 * to their length.
 *
 * @param words At least one word.
 * @param speech The stretches in which speech was detected, in order and not empty.
 * @returns One span per word, in the unit of `speech`; word spans are in order and do not overlap.
 */
export function estimateWordTimes(words: readonly string[], speech: readonly Span[]): Span[] {
  const total = speech.reduce((sum, { from, to }) => sum + to - from, 0);
  const weights = words.map((word) => LETTERS_PER_WORD + word.replace(/[^\p{L}\p{N}]/gu, '').length);
  const weight = weights.reduce((sum, each) => sum + each, 0);
  let offset = 0;
  return weights.map((each) => {
    const from = positionAfter(speech, offset, false);
    offset = Math.min(total, offset + (each / weight) * total);
    return { from, to: Math.max(from, positionAfter(speech, offset, true)) };
  });
}

/** The position after so much speech; at a border between two stretches, the end of the first or the start of the next. */
function positionAfter(speech: readonly Span[], offset: number, atEnd: boolean): number {
  let rest = offset;
  for (const { from, to } of speech) {
    if (rest < to - from || (atEnd && rest === to - from)) return from + rest;
    rest -= to - from;
  }
  return speech.at(-1)?.to ?? 0;
}
