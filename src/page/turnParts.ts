import type { FinalTurn, PartialTurn } from '../../operators/events.ts';
import { singleLine } from '../captions/singleLine.ts';
import { speakerName } from '../captions/speakerName.ts';
import { turnWords } from '../captions/turnWords.ts';
import { wordTiming } from '../captions/wordTiming.ts';

/** Consecutive text of one speaker. */
export interface SpokenText {
  readonly text: string;
  readonly speaker: string | undefined;
}

/** Most characters shown of a turn, names included: its end. No screen holds more. */
const MAX_CHARACTERS = 4000;
/** What a part costs besides its characters, so that the number of parts is bounded too. */
const PART_COST = 20;

/** Splits a final where the speaker changes. */
export function partsOfFinal(turn: FinalTurn): SpokenText[] {
  const tokens = singleLine(turn.transcript).split(' ').filter(Boolean);
  const timing = wordTiming(turn, tokens, { startMs: 0, endMs: 0, speaker: speakerName(turn.speaker_label) });
  const parts: { tokens: string[]; speaker: string | undefined }[] = [];
  let from = 0;
  for (const token of tokens) {
    const to = from + token.length;
    const { speaker } = timing(from, to);
    const last = parts.at(-1);
    if (last && last.speaker === speaker) last.tokens.push(token);
    else parts.push({ tokens: [token], speaker });
    from = to;
  }
  return endOf(parts.map(({ tokens: own, speaker }) => ({ text: own.join(' '), speaker })));
}

/** Returns the text of a partial. Some models leave unstable words out of it: then the words are shown instead. */
export function partsOfPartial(turn: PartialTurn): SpokenText[] {
  const text = singleLine(turn.transcript);
  const spoken = turnWords(turn)
    .map((word) => word.text)
    .join(' ');
  const longer = letters(spoken) > letters(text) ? spoken : text;
  return endOf([{ text: longer, speaker: speakerName(turn.speaker_label) }]);
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
    if (text !== '') kept.push({ text: text.length > left ? `…${tailOf(text, left)}` : text, speaker });
    left -= text.length + (speaker?.length ?? 0) + PART_COST;
  }
  return kept.toReversed();
}

function tailOf(text: string, length: number): string {
  const end = text.slice(-length).replace(/^[\udc00-\udfff]/, '');
  const space = end.indexOf(' ');
  return space < 0 || space > length / 2 ? end : end.slice(space + 1);
}
