import { readWord, startOf, toldFrom, wordsWithin } from '../servers/positions.js';

/** A word is at its place if its time is that far off at most, in milliseconds. */
const AT_PLACE_MS = 50;
/** Live is what is told of audio that is that old at most, in milliseconds: a frame, half a word, and the way. */
const LIVE_MS = 300;

/** What an application was told, and when: kept during a run, accounted for after it. */
export class Account {
  #startedAt = Infinity;
  #brokenAt = Infinity;
  #newest = -1;
  #newestAtBreak;
  #worstLagBefore = -Infinity;
  #firstNewMs;
  #liveMs;
  #finals = [];
  #errors = 0;

  /** The first sample is being recorded now. */
  start() {
    this.#startedAt = performance.now();
  }

  break() {
    this.#brokenAt = performance.now();
    this.#newestAtBreak = this.#newest;
  }

  /** An error was thrown or emitted at the application. */
  fail() {
    this.#errors++;
  }

  tell({ isFinal, words }) {
    const now = performance.now();
    if (isFinal) this.#finals.push(...words);
    const newest = Math.max(-1, ...words.map(({ text }) => readWord(text)?.word ?? -1));
    if (newest < 0) return;
    if (newest > this.#newest) this.#time(now, newest);
    this.#newest = Math.max(this.#newest, newest);
  }

  #time(now, newest) {
    const lag = now - this.#startedAt - toldFrom(newest);
    if (now < this.#brokenAt) {
      this.#worstLagBefore = Math.max(this.#worstLagBefore, lag);
    } else if (newest > this.#newestAtBreak) {
      this.#firstNewMs ??= now - this.#brokenAt;
      if (lag <= LIVE_MS) this.#liveMs ??= now - this.#brokenAt;
    }
  }

  /** @param ms How much audio there was. */
  result(ms) {
    const expected = wordsWithin(ms);
    const told = new Map();
    let displaced = 0;
    for (const { text, start } of this.#finals) {
      const read = readWord(text);
      if (!read?.isWhole) continue;
      told.set(read.word, (told.get(read.word) ?? 0) + 1);
      if (Math.abs(start - startOf(read.word)) > AT_PLACE_MS) displaced++;
    }
    return {
      expected,
      missing: expected - told.size,
      doubled: [...told.values()].filter((count) => count > 1).length,
      displaced,
      worstLagBefore: this.#worstLagBefore,
      firstNewMs: this.#firstNewMs,
      liveMs: this.#liveMs,
      errors: this.#errors,
    };
  }
}
