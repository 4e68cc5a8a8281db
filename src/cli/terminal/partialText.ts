import type { Turn } from '../../../operators/events.ts';
import { speakerName } from '../../captions/speakerName.ts';
import { printable } from './printable.ts';
import type { PartialText } from './view.ts';

/** The text of a turn in one line, prefixed with its speaker if known. */
export function turnText({ speaker_label, transcript }: Turn): string {
  const speaker = speakerName(speaker_label);
  return printable(speaker === undefined ? transcript : `${speaker}: ${transcript}`);
}

/**
 * Splits a turn into settled words and words that may still change. Some models omit the latter from `transcript`; then
 * the text comes from `words`.
 */
export function partialText(turn: Turn): PartialText {
  const joined = turn.words.map(({ text }) => text).join(' ');
  const whole = turnText(letterCount(joined) > letterCount(turn.transcript) ? { ...turn, transcript: joined } : turn);
  const firstOpen = turn.words.findIndex((word) => !word.word_is_final);
  const open = firstOpen < 0 ? [] : turn.words.slice(firstOpen);
  const at = indexFromEnd(whole, letterCount(open.map(({ text }) => text).join('')));
  return { settled: whole.slice(0, at), open: whole.slice(at) };
}

function letterCount(text: string): number {
  return text.replaceAll(/\s+/g, '').length;
}

/** The index at which the last `letters` letters begin, not counting spaces. */
function indexFromEnd(text: string, letters: number): number {
  let at = text.length;
  for (let left = letters; left > 0 && at > 0; at -= 1) if (!/\s/.test(text[at - 1] ?? '')) left -= 1;
  return at;
}
