import type { Turn } from '../../../operators/events.ts';
import { speakerName } from '../../captions/speakerName.ts';
import { printable } from './printable.ts';
import type { Saying } from './openView.ts';

/** The text of a turn in one line, after its speaker where one is known. */
export function textOf({ speaker_label, transcript }: Turn): string {
  const speaker = speakerName(speaker_label);
  return printable(speaker === undefined ? transcript : `${speaker}: ${transcript}`);
}

/**
 * Takes a turn apart into what will stay and what the service may still change. Some models leave the words that may
 * change out of the text of a partial: then its words are shown instead.
 */
export function sayingOf(turn: Turn): Saying {
  const spoken = turn.words.map(({ text }) => text).join(' ');
  const whole = textOf(lettersIn(spoken) > lettersIn(turn.transcript) ? { ...turn, transcript: spoken } : turn);
  const firstOpen = turn.words.findIndex((word) => !word.word_is_final);
  const open = firstOpen < 0 ? [] : turn.words.slice(firstOpen);
  const at = fromTheEnd(whole, lettersIn(open.map(({ text }) => text).join('')));
  return { settled: whole.slice(0, at), open: whole.slice(at) };
}

function lettersIn(text: string): number {
  return text.replaceAll(/\s+/g, '').length;
}

/** Where the last so many letters of a text begin; spaces are no letters. */
function fromTheEnd(text: string, letters: number): number {
  let at = text.length;
  for (let left = letters; left > 0 && at > 0; at -= 1) if (!/\s/.test(text[at - 1] ?? '')) left -= 1;
  return at;
}
