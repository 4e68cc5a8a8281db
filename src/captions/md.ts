import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { documentOperator } from './documentWriter.ts';
import type { DocumentWriter } from './documentWriter.ts';
import { singleLine } from './singleLine.ts';
import { speakerName } from './speakerName.ts';
import { timestamp } from './timestamp.ts';
import { turnWords } from './turnWords.ts';

/** Markdown: a paragraph per turn with its start time and speaker; a heading per chapter. */
export const MD: DocumentWriter = {
  header: '',
  turn: (turn, state) => {
    const text = singleLine(turn.transcript);
    const start = turnWords(turn)[0]?.startMs;
    const time = start === undefined ? '' : `\`${seconds(start)}\` `;
    const speaker = speakerName(turn.speaker_label);
    const prefix = `${time}${speaker === undefined ? '' : `**${escaped(speaker)}:** `}`;
    return [text && `${prefix}${prefix === '' ? escapedStart(text) : escaped(text)}\n\n`, state];
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

/** Escapes also what makes a heading, list, rule or setext underline at the start of a paragraph. */
function escapedStart(text: string): string {
  return escaped(text).replace(/^(\d{0,9})([-+#=.)])/, String.raw`$1\$2`);
}
