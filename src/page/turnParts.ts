import type { FinalTurn, PartialTurn } from '../../operators/events.ts';
import { segmentsOf } from '../captions/breakOpportunities.ts';
import { singleLine } from '../captions/singleLine.ts';
import { speakerName } from '../captions/speakerName.ts';

/** Consecutive text of one speaker. */
export interface SpokenText {
  readonly text: string;
  readonly speaker: string | undefined;
}

/** Most characters shown of a turn: its end. No screen holds more. */
const MAX_CHARACTERS = 4000;

/** Splits a final where the speaker changes. */
export function partsOfFinal(turn: FinalTurn): SpokenText[] {
  const parts: { text: string; speaker: string | undefined }[] = [];
  for (const { text, speaker } of segmentsOf(turn, Infinity, 0, 0)) {
    const last = parts.at(-1);
    if (last && last.speaker === speaker) last.text += ` ${text}`;
    else parts.push({ text, speaker });
  }
  return endOf(parts);
}

/** Returns the text of a partial. Some models leave unstable words out of it: then the words are shown instead. */
export function partsOfPartial({ transcript, words, speaker_label }: PartialTurn): SpokenText[] {
  const [text, spoken] = [singleLine(transcript), singleLine(words.map((word) => word.text).join(' '))];
  const longer = letters(spoken) > letters(text) ? spoken : text;
  return endOf([{ text: longer, speaker: speakerName(speaker_label) }]);
}

function letters(text: string): number {
  return text.replaceAll(' ', '').length;
}

/** Returns the last characters of a turn, cut between words where there are spaces. */
function endOf(parts: readonly SpokenText[]): SpokenText[] {
  const kept: SpokenText[] = [];
  let left = MAX_CHARACTERS;
  for (const { text, speaker } of parts.toReversed()) {
    if (left <= 0) break;
    if (text !== '') kept.unshift({ text: text.length > left ? `…${tailOf(text, left)}` : text, speaker });
    left -= text.length;
  }
  return kept;
}

function tailOf(text: string, length: number): string {
  const end = text.slice(-length).replace(/^[\udc00-\udfff]/, '');
  const space = end.indexOf(' ');
  return space < 0 || space > length / 2 ? end : end.slice(space + 1);
}
