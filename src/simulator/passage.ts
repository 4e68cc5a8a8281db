import type { RecognisedWord } from './recogniser.ts';
import type { RecordedWord } from './recording.ts';

/** The shortest piece of a cut word that is recognised, in milliseconds. */
export const MIN_PIECE_MS = 10;

/** How much of a word has been returned. */
type Stage = 'none' | 'begun' | 'half';

interface PassageStart {
  /** The words of the recording, with `start` and `end` as byte positions in it. */
  readonly words: readonly RecordedWord[];
  /** Byte position in the recording at which the passage begins. */
  readonly at: number;
  /** Byte position in the session's audio at which it begins. */
  readonly from: number;
  /** Bytes per millisecond of the session's audio. */
  readonly bytesPerMs: number;
}

/** An unbroken passage of a recording within the audio of a session. Returns its words as the passage grows. */
export class Passage {
  readonly #words: readonly RecordedWord[];
  readonly #at: number;
  readonly #shift: number;
  readonly #bytesPerMs: number;
  #next: number;
  #stage: Stage = 'none';

  constructor({ words, at, from, bytesPerMs }: PassageStart) {
    this.#words = words;
    this.#at = at;
    this.#shift = from - at;
    this.#bytesPerMs = bytesPerMs;
    this.#next = firstEndingAfter(words, at);
  }

  /** Extends the passage to byte `to` of the session's audio. */
  grow(to: number): RecognisedWord[] {
    const recognised: RecognisedWord[] = [];
    const reached = to - this.#shift;
    for (let word = this.#words[this.#next]; word !== undefined; word = this.#words[this.#next]) {
      const start = Math.max(word.start, this.#at);
      const begun = this.#begunAt(word, start);
      const half = Math.max(begun, Math.ceil((start + word.end) / 2));
      if (this.#stage === 'none' && reached >= begun) {
        recognised.push(this.#inProgress('begun', word, begun, ''));
      }
      if (this.#stage === 'begun' && reached >= half) {
        recognised.push(this.#inProgress('half', word, half, firstHalf(word.text)));
      }
      if (reached < word.end) break;
      if (this.#stage === 'half') recognised.push(this.#complete(word, word.end, this.#textOf(word)));
      this.#next++;
    }
    return recognised;
  }

  /** Ends the passage at byte `to`: a word in progress is cut there. */
  end(to: number): RecognisedWord[] {
    const recognised = this.grow(to);
    const word = this.#words[this.#next];
    if (word === undefined || this.#stage === 'none') return recognised;
    return [...recognised, this.#complete(word, to - this.#shift, `${word.text}~`)];
  }

  /** The byte of the recording at which the word can be recognised; Infinity if too little of it is in the passage. */
  #begunAt(word: RecordedWord, start: number): number {
    const at = start + MIN_PIECE_MS * this.#bytesPerMs;
    if (start === word.start) return Math.min(at, word.end);
    return at <= word.end ? at : Infinity;
  }

  #textOf(word: RecordedWord): string {
    return word.start >= this.#at ? word.text : `${word.text}~`;
  }

  #inProgress(stage: Stage, word: RecordedWord, end: number, text: string): RecognisedWord {
    this.#stage = stage;
    return this.#recognised(word, end, text, false);
  }

  #complete(word: RecordedWord, end: number, text: string): RecognisedWord {
    this.#stage = 'none';
    return this.#recognised(word, end, text, true);
  }

  #recognised(word: RecordedWord, end: number, text: string, done: boolean): RecognisedWord {
    const ms = (byte: number): number => (byte + this.#shift) / this.#bytesPerMs;
    const recognised = { atMs: ms(end), startMs: ms(Math.max(word.start, this.#at)), endMs: ms(end), text, done };
    return word.speaker === undefined ? recognised : { ...recognised, speaker: word.speaker };
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
