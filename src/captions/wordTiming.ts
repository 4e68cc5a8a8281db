import type { FinalTurn } from '../../operators/events.ts';
import { turnWords } from './turnWords.ts';
import type { TimedWord } from './turnWords.ts';

/** When a piece of text was spoken, in milliseconds on the audio clock, and by whom. */
export interface Timing {
  readonly startMs: number;
  readonly endMs: number;
  readonly speaker: string | undefined;
}

/** The characters of the text that one word covers, without spaces, and their timing. */
interface WordSpan extends Timing {
  readonly from: number;
  readonly to: number;
}

/**
 * Maps characters of a turn to times; spaces are not counted.
 *
 * The text of a turn and its words may differ: formatting writes `25` for two words, and in a script without spaces one
 * token of the text is many words. With as many tokens as words, each token has the time of its word. Otherwise the
 * characters are spread over the words. Within a word, time advances evenly.
 *
 * @param tokens The text of the turn, split at spaces.
 * @param untimed The timing of a turn without words.
 * @returns A function to call with ranges in ascending order: it advances, so that all calls together take linear time.
 */
export function wordTiming(
  turn: FinalTurn,
  tokens: readonly string[],
  untimed: Timing,
): (from: number, to: number) => Timing {
  const words = turnWords(turn);
  const texts = words.length === tokens.length ? tokens : words.map(({ text }) => text.replaceAll(' ', ''));
  const spans = spansOf(words, texts, totalLength(tokens) / totalLength(texts));
  const last = spans.length - 1;
  let [first, end] = [0, 0];
  return (from, to) => {
    while (first < last && spans[first]!.to <= from) first += 1;
    while (end < last && spans[end]!.to < to) end += 1;
    const [start, stop] = [spans[first], spans[end]];
    if (!start || !stop) return untimed;
    return { startMs: timeAt(start, from), endMs: timeAt(stop, to), speaker: start.speaker };
  };
}

/** Places the words along the text. */
function spansOf(words: readonly TimedWord[], texts: readonly string[], scale: number): WordSpan[] {
  let to = 0;
  return words.map(({ startMs, endMs, speaker }, index) => {
    const from = to;
    to += (texts[index] ?? '').length * scale;
    return { from, to, startMs, endMs, speaker };
  });
}

function timeAt({ from, to, startMs, endMs }: WordSpan, character: number): number {
  const share = Math.min(1, Math.max(0, (character - from) / (to - from)));
  return Math.round(startMs + share * (endMs - startMs));
}

function totalLength(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + text.length, 0);
}
