/** The longest phrase whose repetition is recognised, in words. */
const LONGEST_PHRASE = 6;

/** A word without case and punctuation, to compare two readings of the same audio. */
export function normalised(word: string): string {
  return word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, '');
}

/**
 * Removes what a recogniser repeats: a phrase that occurs so many times in a row is kept once, and what follows is dropped.
 * Models of this kind repeat themselves when the audio ends in the middle of a word.
 */
export function withoutRepetitions(words: readonly string[], times: number = 3): readonly string[] {
  const keys = words.map(normalised);
  for (let length = 1; length <= LONGEST_PHRASE; length++) {
    for (let at = 0; at + times * length <= keys.length; at++) {
      if (isSame(keys, at, at + length, (times - 1) * length)) return words.slice(0, at + length);
    }
  }
  return words;
}

function isSame(keys: readonly string[], first: number, second: number, length: number): boolean {
  for (let offset = 0; offset < length; offset++) {
    if (keys[first + offset] !== keys[second + offset]) return false;
  }
  return true;
}
