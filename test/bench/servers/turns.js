import { PositionRecogniser } from './positions.js';

/** Silence that ends a turn, in milliseconds, as in the local service. */
const END_MS = 400;

/** Recognises the audio of one session and returns its current turn after each word and at its end. */
export class Turns {
  #recogniser;
  #words = [];
  #speaking;

  constructor(ledger) {
    this.#recogniser = new PositionRecogniser(ledger);
  }

  /** Milliseconds of audio received. */
  get receivedMs() {
    return this.#recogniser.settledMs;
  }

  /** Returns the turns changed by these bytes; the last word may be unfinished. */
  push(bytes) {
    const turns = [];
    for (const word of this.#recogniser.push(bytes)) {
      turns.push(...this.#endBy(word.atMs));
      this.#speaking = word.done ? undefined : word;
      if (word.done) this.#words.push(word);
      else turns.push(this.#turn(false));
    }
    return [...turns, ...this.#endBy(this.receivedMs)];
  }

  /** Returns the last turn after the end of the audio. */
  finish() {
    this.#words.push(...this.#recogniser.end());
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
