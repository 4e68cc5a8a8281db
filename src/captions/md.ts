import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { documentOperator } from './documentWriter.ts';
import type { DocumentWriter } from './documentWriter.ts';
import { singleLine } from './singleLine.ts';
import { speakerName } from './speakerName.ts';
import { timestamp } from './timestamp.ts';

/** Markdown: a paragraph per turn with its start time and speaker; a heading per chapter. */
export const MD: DocumentWriter = {
  header: '',
  turnWriter: () => (turn) => {
    const text = singleLine(turn.transcript);
    const start = turn.words[0]?.start;
    const time = start === undefined ? '' : `\`${seconds(start)}\` `;
    const speaker = speakerName(turn.speaker_label);
    return text && `${time}${speaker === undefined ? '' : `**${escaped(speaker)}:** `}${escaped(text)}\n\n`;
  },
  chapter: ({ atMs, title = '' }) => {
    const name = escaped(singleLine(title)).replaceAll('#', String.raw`\#`); // "#" can close a heading
    return `## ${seconds(Math.round(atMs))}${name && ` ${name}`}\n\n`;
  },
};

/**
 * Writes finals as Markdown (`.md`): a paragraph per turn, with its start time on the audio clock and its speaker.
 *
 * ```text
 * source  -f---g-|      f, g: final turns
 * md()    -a---b-|      a: "`00:00:00` **A:** Welcome.\n\n"
 * ```
 *
 * @see https://spec.commonmark.org/
 */
export function md(): OperatorFunction<FinalTurn, string> {
  return documentOperator(MD);
}

function seconds(ms: number): string {
  return timestamp(ms).slice(0, -'.000'.length);
}

/** Escapes the inline markup of CommonMark and GitHub. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>&~|$]/g, String.raw`\$&`);
}
