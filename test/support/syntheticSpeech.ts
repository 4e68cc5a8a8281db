import type { RecordedWord, Recording } from '../../src/simulator/index.ts';

interface SpeechOptions {
  /** The same seed gives the same speech. */
  readonly seed: number;
  /** Length, in whole seconds. */
  readonly seconds: number;
  /** Hertz. */
  readonly sampleRate?: number;
  /** Turns start only in the first milliseconds of each so long stretch. */
  readonly blocks?: { readonly speechMs: number; readonly everyMs: number };
}

const WORDS = (
  'we you they it the a this that one two red green old new day night house river road tree bread water light song ' +
  'goes comes stands falls opens closes turns asks answers keeps brings holds finds waits runs slowly again here there ' +
  'never always perhaps because before after under over between yes no well now then'
).split(' ');

/**
 * Synthetic speech of any length: each word is a different stretch of noise, so its position in the audio is certain.
 * Words of 120 to 600 ms form turns with punctuation and pauses; sometimes a word occurs twice in a row.
 */
export function syntheticSpeech({ seed, seconds, sampleRate = 16_000, blocks }: SpeechOptions): Recording {
  const random = seededRandom(seed);
  const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  const words: RecordedWord[] = [];
  const endMs = 1000 * seconds;
  for (let turn = 0, at = between(300, 900); at < endMs; turn++, at += between(900, 1800)) {
    if (blocks && at % blocks.everyMs > blocks.speechMs) at += blocks.everyMs - (at % blocks.everyMs);
    at = addTurn({ at, endMs, speaker: turn % 3 === 0 ? 'B' : 'A', words, between });
  }
  return { pcm: sound(words, seconds, sampleRate, random), sampleRate, words };
}

interface TurnPlan {
  at: number;
  readonly endMs: number;
  readonly speaker: string;
  readonly words: RecordedWord[];
  readonly between: (least: number, most: number) => number;
}

/** Adds the words of one turn that fit, and returns its end in milliseconds. */
function addTurn({ at, endMs, speaker, words, between }: TurnPlan): number {
  const length = between(1, 14);
  let previous: string | undefined;
  for (let index = 0; index < length; index++) {
    const repeated = previous !== undefined && between(1, 12) === 1;
    const word = repeated ? previous! : WORDS[between(0, WORDS.length - 1)]!;
    const end = at + between(120, 600);
    if (end + 100 > endMs) return endMs;
    words.push({ text: punctuated(word, index, length, between), start: at, end, speaker });
    previous = word;
    at = index === length - 1 ? end : end + (between(1, 4) === 1 ? 0 : between(10, 90));
  }
  return at;
}

function punctuated(word: string, index: number, length: number, between: TurnPlan['between']): string {
  const text = index === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word;
  if (index === length - 1) return text + ['.', '.', '?', '!'][between(0, 3)];
  return between(1, 9) === 1 ? `${text},` : text;
}

/** Loud noise for words, faint noise elsewhere; no two places are equal. */
function sound(words: readonly RecordedWord[], seconds: number, sampleRate: number, random: () => number): Uint8Array {
  const samples = new Int16Array(seconds * sampleRate);
  let state = Math.floor(random() * 2 ** 32) | 1;
  const fill = (from: number, to: number, shift: number): void => {
    for (let at = from; at < to; at++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      samples[at] = state >> shift;
    }
  };
  let at = 0;
  for (const word of words) {
    const from = Math.round((word.start * sampleRate) / 1000);
    const to = Math.round((word.end * sampleRate) / 1000);
    fill(at, from, 27);
    fill(from, to, 18);
    at = to;
  }
  fill(at, samples.length, 27);
  return new Uint8Array(samples.buffer);
}

/** Random numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
