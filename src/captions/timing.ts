import type { FinalTurn, Word } from '../../operators/events.ts';
import { plain } from './plain.ts';
import { speakerOf } from './speaker.ts';

/** A stretch of text and when it was said: characters (spaces not counted) and milliseconds on the audio clock. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly speaker: string | undefined;
}

/** When a piece of text was said, in milliseconds on the audio clock, and by whom. */
export interface Said {
  readonly startMs: number;
  readonly endMs: number;
  readonly speaker: string | undefined;
}

/**
 * Tells when the characters of a turn were said; characters are counted without spaces.
 *
 * The text of a turn and its words may differ: formatting writes `25` for two words, and where a script has no spaces
 * one token of the text is many words. With as many tokens as words each token has the time of its word; otherwise the
 * characters are spread over the words. Between the ends of a word, time passes evenly.
 *
 * @param tokens The text of the turn, split at spaces.
 * @param untimed When to say what has no words at all, milliseconds on the audio clock.
 */
export function timing(turn: FinalTurn, tokens: readonly string[], untimed: Said): (from: number, to: number) => Said {
  const words = turn.words.filter((word) => plain(word.text) !== '');
  const total = sum(tokens);
  const texts = words.length === tokens.length ? tokens : words.map((word) => plain(word.text).replaceAll(' ', ''));
  const stretches = stretch(words, texts, total / sum(texts), speakerOf(turn.speaker_label));
  const last = stretches.at(-1);
  return (from, to) => {
    const first = stretches.find((part) => part.to > from) ?? last;
    const end = stretches.find((part) => part.to >= to) ?? last;
    if (!first || !end) return untimed;
    return { startMs: momentOf(first, from), endMs: momentOf(end, to), speaker: first.speaker };
  };
}

/** Lays the words along the text. Times never run back, whatever the service says. */
function stretch(words: readonly Word[], texts: readonly string[], scale: number, speaker?: string): Stretch[] {
  let to = 0;
  let endMs = 0;
  return words.map((word, index) => {
    const from = to;
    to += (texts[index] ?? '').length * scale;
    const startMs = Math.max(endMs, word.start);
    endMs = Math.max(startMs, word.end);
    return { from, to, startMs, endMs, speaker: speakerOf(word.speaker) ?? speaker };
  });
}

function momentOf({ from, to, startMs, endMs }: Stretch, at: number): number {
  const share = Math.min(1, Math.max(0, (at - from) / (to - from)));
  return Math.round(startMs + share * (endMs - startMs));
}

function sum(texts: readonly string[]): number {
  return texts.reduce((total, text) => total + text.length, 0);
}
