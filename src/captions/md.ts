import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { clock, pieces } from './format.ts';
import type { Format } from './format.ts';
import { plain } from './plain.ts';
import { speakerOf } from './speaker.ts';

/** Markdown: a paragraph per turn, with when it began and who speaks; a heading per chapter. */
export const MD: Format = {
  header: '',
  writer: () => (turn) => {
    const text = plain(turn.transcript);
    const start = turn.words[0]?.start;
    const time = start === undefined ? '' : `\`${seconds(start)}\` `;
    const speaker = speakerOf(turn.speaker_label);
    return text && `${time}${speaker === undefined ? '' : `**${escaped(speaker)}:** `}${escaped(text)}\n\n`;
  },
  chapter: ({ atMs, title = '' }) => {
    const name = escaped(plain(title)).replaceAll('#', String.raw`\#`); // which may end a heading
    return `## ${seconds(Math.round(atMs))}${name && ` ${name}`}\n\n`;
  },
};

/**
 * Writes finals as Markdown (`.md`): a paragraph per turn, with when it began on the audio clock and who speaks.
 *
 * ```text
 * source  -f---g-|      f, g: final turns
 * md()    -a---b-|      a: "`00:00:00` **A:** Welcome.\n\n"
 * ```
 *
 * @see https://spec.commonmark.org/
 */
export function md(): OperatorFunction<FinalTurn, string> {
  return pieces(MD);
}

function seconds(ms: number): string {
  return clock(ms).slice(0, -'.000'.length);
}

/** Escapes what CommonMark, or the Markdown of GitHub, takes for markup within a line. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>&~|$]/g, String.raw`\$&`);
}
