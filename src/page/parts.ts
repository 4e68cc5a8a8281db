import type { FinalTurn, PartialTurn } from '../../operators/events.ts';
import { plain } from '../captions/plain.ts';
import { speakerOf } from '../captions/speaker.ts';
import { unitsOf } from '../captions/units.ts';

/** What one speaker said, one after the other. */
export interface Share {
  readonly text: string;
  readonly speaker: string | undefined;
}

/** How much of a turn is shown, in characters: its end. Screens hold less, and nobody is sent more. */
const MOST = 4000;

/** Takes a final apart where somebody else goes on: a turn may hold two speakers. */
export function sharesOf(turn: FinalTurn): Share[] {
  const shares: { text: string; speaker: string | undefined }[] = [];
  for (const { text, speaker } of unitsOf(turn, Infinity, 0, 0)) {
    const last = shares.at(-1);
    if (last && last.speaker === speaker) last.text += ` ${text}`;
    else shares.push({ text, speaker });
  }
  return ending(shares);
}

/**
 * What is being said. Some models leave the words that may change out of the text of a partial: then its words are shown
 * instead.
 */
export function shareOf({ transcript, words, speaker_label }: PartialTurn): Share[] {
  const [text, spoken] = [plain(transcript), plain(words.map((word) => word.text).join(' '))];
  return ending([{ text: letters(spoken) > letters(text) ? spoken : text, speaker: speakerOf(speaker_label) }]);
}

function letters(text: string): number {
  return text.replaceAll(' ', '').length;
}

/** The last characters of what was said, cut between words where there are spaces. */
function ending(shares: readonly Share[]): Share[] {
  const kept: Share[] = [];
  let left = MOST;
  for (const { text, speaker } of shares.toReversed()) {
    if (left <= 0) break;
    if (text !== '') kept.unshift({ text: text.length > left ? `…${cut(text, left)}` : text, speaker });
    left -= text.length;
  }
  return kept;
}

function cut(text: string, length: number): string {
  const end = text.slice(-length).replace(/^[\udc00-\udfff]/, '');
  const space = end.indexOf(' ');
  return space < 0 || space > length / 2 ? end : end.slice(space + 1);
}
