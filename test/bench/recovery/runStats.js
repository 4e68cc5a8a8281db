import { readWord, startOf, recognisedFrom, wordsWithin } from '../servers/positions.js';

/** Tolerated error of a word's start, in milliseconds. */
const START_TOLERANCE_MS = 50;
/** A turn is live if its audio is at most this old, in milliseconds: a frame, half a word and transmission. */
const LIVE_MS = 300;

/** Collects the turns and errors that an app receives during a run, and evaluates them afterwards. */
export class RunStats {
  #startedAt = Infinity;
  #brokenAt = Infinity;
  #newest = -1;
  #newestAtBreak;
  #worstLagBefore = -Infinity;
  #firstNewMs;
  #liveMs;
  #finals = [];
  #errors = 0;

  /** Recording starts now. */
  start() {
    this.#startedAt = performance.now();
  }

  break() {
    this.#brokenAt = performance.now();
    this.#newestAtBreak = this.#newest;
  }

  /** The app received an error. */
  addError() {
    this.#errors++;
  }

  addTurn({ isFinal, words }) {
    const now = performance.now();
    if (isFinal) this.#finals.push(...words);
    const newest = Math.max(-1, ...words.map(({ text }) => readWord(text)?.word ?? -1));
    if (newest < 0) return;
    if (newest > this.#newest) this.#time(now, newest);
    this.#newest = Math.max(this.#newest, newest);
  }

  #time(now, newest) {
    const lag = now - this.#startedAt - recognisedFrom(newest);
    if (now < this.#brokenAt) {
      this.#worstLagBefore = Math.max(this.#worstLagBefore, lag);
    } else if (newest > this.#newestAtBreak) {
      this.#firstNewMs ??= now - this.#brokenAt;
      if (lag <= LIVE_MS) this.#liveMs ??= now - this.#brokenAt;
    }
  }

  /** @param ms Length of the audio in milliseconds. */
  result(ms) {
    const expected = wordsWithin(ms);
    const counts = new Map();
    let displaced = 0;
    for (const { text, start } of this.#finals) {
      const read = readWord(text);
      if (!read?.isWhole) continue;
      counts.set(read.word, (counts.get(read.word) ?? 0) + 1);
      if (Math.abs(start - startOf(read.word)) > START_TOLERANCE_MS) displaced++;
    }
    return {
      expected,
      missing: expected - counts.size,
      doubled: [...counts.values()].filter((count) => count > 1).length,
      displaced,
      worstLagBefore: this.#worstLagBefore,
      firstNewMs: this.#firstNewMs,
      liveMs: this.#liveMs,
      errors: this.#errors,
    };
  }
}
