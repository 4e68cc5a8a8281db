import { Ear } from './positions.js';

/** How much silence ends a turn, in milliseconds; that of the local service. */
const END_MS = 400;

/** What a session of a service hears, made into turns: the present one after each word, and at its end. */
export class Turns {
  #ear;
  #words = [];
  #speaking;

  constructor(ledger) {
    this.#ear = new Ear(ledger);
  }

  /** Milliseconds of audio heard. */
  get heardMs() {
    return this.#ear.settledMs;
  }

  /** What these bytes brought: turns as they stand, the last word perhaps still being said. */
  hear(bytes) {
    const told = [];
    for (const word of this.#ear.push(bytes)) {
      told.push(...this.#endBy(word.atMs));
      this.#speaking = word.done ? undefined : word;
      if (word.done) this.#words.push(word);
      else told.push(this.#turn(false));
    }
    return [...told, ...this.#endBy(this.heardMs)];
  }

  /** No more audio follows. */
  finish() {
    this.#words.push(...this.#ear.end());
    this.#speaking = undefined;
    return this.#words.length > 0 ? [this.#turn(true)] : [];
  }

  #endBy(ms) {
    const last = this.#words.at(-1);
    return last && !this.#speaking && ms >= last.endMs + END_MS ? [this.#turn(true)] : [];
  }

  #turn(isFinal) {
    const words = [...this.#words, ...(this.#speaking ? [this.#speaking] : [])];
    if (isFinal) this.#words = [];
    return {
      isFinal,
      words: words.map(({ text, startMs, endMs }) => ({ text: text.replace('.', ''), startMs, endMs })),
    };
  }
}
