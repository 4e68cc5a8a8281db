import type { RecognisedWord, Recogniser, Recording } from '../../src/simulator/index.ts';
import { seededRandom } from './syntheticSpeech.ts';

const SAMPLE_RATE = 16_000;
const PER_MS = SAMPLE_RATE / 1000;

/** A word is a tone of four levels, each loud or quiet: 16 different words. */
const WORDS = 'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen'.split(
  ' ',
);
const LEVEL_MS = 40;
const WORD_MS = 4 * LEVEL_MS;
const SPACE_MS = 80;
const PAUSE_MS = 1000;
const LOUD = 12_000;
const QUIET = 4000;
/** The period of the tone, in samples: 500 Hz. */
const PERIOD = 32;

/** Samples above this level are sound. */
const SOUND = 1500;
/** Silence of this length ends a word. */
const WORD_END = 40 * PER_MS;
/** A shorter sound is the edge of a word that was cut, and no word. */
const SHORTEST = 50 * PER_MS;
/** The length of a word that was not cut, after a sound server has resampled it. */
const [LEAST, MOST] = [(WORD_MS - 8) * PER_MS, (WORD_MS + 8) * PER_MS];

/** Speech of turns of 3 to 8 words, which `LevelRecogniser` recognises after a sound server has played it. */
export function levelSpeech({ seed, seconds }: { readonly seed: number; readonly seconds: number }): Recording {
  const random = seededRandom(seed);
  const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  const samples = new Int16Array(seconds * SAMPLE_RATE);
  const words: Recording['words'][number][] = [];
  for (let at = PAUSE_MS, left = between(3, 8); at + WORD_MS + PAUSE_MS < seconds * 1000; left--) {
    const index = between(0, WORDS.length - 1);
    samples.set(tone(index), at * PER_MS);
    words.push({ text: WORDS[index]!, start: at, end: at + WORD_MS });
    at += WORD_MS + SPACE_MS;
    if (left > 1) continue;
    at += PAUSE_MS;
    left = between(3, 8) + 1;
  }
  return { pcm: new Uint8Array(samples.buffer), sampleRate: SAMPLE_RATE, words };
}

function tone(index: number): Int16Array {
  return Int16Array.from({ length: WORD_MS * PER_MS }, (_, at) => {
    const bit = 3 - Math.floor(at / (LEVEL_MS * PER_MS));
    return ((index >> bit) & 1 ? LOUD : QUIET) * Math.sin((2 * Math.PI * at) / PERIOD);
  });
}

/**
 * Recognises these words from the samples alone. What it recognises, and when, does not depend on where the session starts,
 * so sessions over the same audio can be compared exactly. A word that was cut is recognised as `cut`.
 */
export class LevelRecogniser implements Recogniser {
  #rest: Uint8Array = new Uint8Array(0);
  #at = 0;
  #quiet = 0;
  /** Absolute samples of the word that has started and not ended, with the silence after it. */
  #word: number[] = [];

  get settledMs(): number {
    return (this.#at - this.#word.length) / PER_MS;
  }

  push(bytes: Uint8Array): RecognisedWord[] {
    const all = Buffer.concat([this.#rest, bytes]);
    this.#rest = all.subarray(all.length & ~1);
    const words: RecognisedWord[] = [];
    for (let byte = 0; byte + 1 < all.length; byte += 2) {
      const level = Math.abs(all.readInt16LE(byte));
      this.#quiet = level > SOUND ? 0 : this.#quiet + 1;
      if (this.#quiet === 0 || this.#word.length > 0) this.#word.push(level);
      this.#at++;
      if (this.#quiet >= WORD_END) words.push(...this.end());
    }
    return words;
  }

  end(): RecognisedWord[] {
    const start = this.#at - this.#word.length;
    const sound = this.#word.slice(0, this.#word.length - this.#quiet);
    this.#word = [];
    if (sound.length < SHORTEST) return [];
    const [startMs, endMs] = [Math.round(start / PER_MS), Math.round((start + sound.length) / PER_MS)];
    return [{ atMs: this.#at / PER_MS, startMs, endMs, text: textOf(sound), done: true }];
  }
}

function textOf(sound: readonly number[]): string {
  if (sound.length < LEAST || sound.length > MOST) return 'cut';
  let index = 0;
  for (let level = 0; level < 4; level++) {
    // the middle of each level is certain
    const middle = Math.round(((level + 0.5) * sound.length) / 4);
    const peak = Math.max(...sound.slice(middle - PERIOD / 2, middle + PERIOD / 2));
    index = 2 * index + (peak > (LOUD + QUIET) / 2 ? 1 : 0);
  }
  return WORDS[index]!;
}
