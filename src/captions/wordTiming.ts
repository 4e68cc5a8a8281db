import type { FinalTurn, Word } from '../../operators/events.ts';
import { singleLine } from './singleLine.ts';
import { speakerName } from './speakerName.ts';

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
 */
export function wordTiming(
  turn: FinalTurn,
  tokens: readonly string[],
  untimed: Timing,
): (from: number, to: number) => Timing {
  const words = turn.words.filter((word) => singleLine(word.text) !== '');
  const total = totalLength(tokens);
  const texts =
    words.length === tokens.length ? tokens : words.map((word) => singleLine(word.text).replaceAll(' ', ''));
  const spans = spansOf(words, texts, total / totalLength(texts), speakerName(turn.speaker_label));
  const last = spans.at(-1);
  return (from, to) => {
    const first = spans.find((span) => span.to > from) ?? last;
    const end = spans.find((span) => span.to >= to) ?? last;
    if (!first || !end) return untimed;
    return { startMs: timeAt(first, from), endMs: timeAt(end, to), speaker: first.speaker };
  };
}

/** Places the words along the text. Times never decrease, even if those of the service do. */
function spansOf(words: readonly Word[], texts: readonly string[], scale: number, speaker?: string): WordSpan[] {
  let to = 0;
  let endMs = 0;
  return words.map((word, index) => {
    const from = to;
    to += (texts[index] ?? '').length * scale;
    const startMs = Math.max(endMs, word.start);
    endMs = Math.max(startMs, word.end);
    return { from, to, startMs, endMs, speaker: speakerName(word.speaker) ?? speaker };
  });
}

function timeAt({ from, to, startMs, endMs }: WordSpan, character: number): number {
  const share = Math.min(1, Math.max(0, (character - from) / (to - from)));
  return Math.round(startMs + share * (endMs - startMs));
}

function totalLength(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + text.length, 0);
}
