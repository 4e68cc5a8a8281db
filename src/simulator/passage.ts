import type { Heard } from './recogniser.ts';
import type { RecordedWord } from './recording.ts';

/** Of a word that is cut, the shortest piece that is heard at all, in milliseconds. */
export const AUDIBLE_MS = 10;

interface PassageStart {
  /** The words of the recording, `start` and `end` in bytes of it. */
  readonly words: readonly RecordedWord[];
  /** Byte of the recording at which the passage begins. */
  readonly at: number;
  /** Byte of the session's audio at which it begins. */
  readonly from: number;
  /** Bytes per millisecond of the session's audio. */
  readonly bytesPerMs: number;
}

/** An unbroken passage of a recording, as a session hears it: turns its growth into words. */
export class Passage {
  readonly #words: readonly RecordedWord[];
  readonly #at: number;
  readonly #shift: number;
  readonly #bytesPerMs: number;
  #next: number;
  /** How much of the next word is told: nothing, that it began, its first half. */
  #told: 0 | 1 | 2 = 0;

  constructor({ words, at, from, bytesPerMs }: PassageStart) {
    this.#words = words;
    this.#at = at;
    this.#shift = from - at;
    this.#bytesPerMs = bytesPerMs;
    this.#next = firstEndingAfter(words, at);
  }

  /** The audio goes on as the recording does, up to byte `to` of the session's audio. */
  grow(to: number): Heard[] {
    const heard: Heard[] = [];
    const reached = to - this.#shift;
    for (let word = this.#words[this.#next]; word !== undefined; word = this.#words[this.#next]) {
      const begin = Math.max(word.start, this.#at);
      const audible = this.#audible(word, begin);
      const half = Math.max(audible, Math.ceil((begin + word.end) / 2));
      if (this.#told === 0 && reached >= audible) heard.push(this.#tell(1, word, begin, audible, ''));
      if (this.#told === 1 && reached >= half) heard.push(this.#tell(2, word, begin, half, firstHalf(word.text)));
      if (reached < word.end) break;
      if (this.#told === 2) heard.push(this.#tell(0, word, begin, word.end, this.#whole(word)));
      this.#next++;
    }
    return heard;
  }

  /** The audio leaves the recording at byte `to`: a word begun and not ended is cut there. */
  end(to: number): Heard[] {
    const heard = this.grow(to);
    const word = this.#words[this.#next];
    if (word === undefined || this.#told === 0) return heard;
    return [...heard, this.#tell(0, word, Math.max(word.start, this.#at), to - this.#shift, `${word.text}~`)];
  }

  /** From which byte of the recording on the word can be heard; never, if what there is of it is too short. */
  #audible(word: RecordedWord, begin: number): number {
    if (begin === word.start) return Math.min(begin + AUDIBLE_MS * this.#bytesPerMs, word.end);
    const audible = begin + AUDIBLE_MS * this.#bytesPerMs;
    return audible <= word.end ? audible : Infinity;
  }

  #whole(word: RecordedWord): string {
    return word.start >= this.#at ? word.text : `${word.text}~`;
  }

  #tell(told: 0 | 1 | 2, word: RecordedWord, begin: number, end: number, text: string): Heard {
    this.#told = told;
    const ms = (byte: number): number => (byte + this.#shift) / this.#bytesPerMs;
    const heard = { atMs: ms(end), startMs: ms(begin), endMs: ms(end), text, done: told === 0 };
    return word.speaker === undefined ? heard : { ...heard, speaker: word.speaker };
  }
}

function firstEndingAfter(words: readonly RecordedWord[], at: number): number {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle]!.end > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

function firstHalf(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2));
}
