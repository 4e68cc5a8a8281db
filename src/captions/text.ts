import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { documentOperator } from './documentWriter.ts';
import type { DocumentWriter } from './documentWriter.ts';
import { singleLine } from './singleLine.ts';
import { speakerName } from './speakerName.ts';

/** Plain text: one line per turn. */
export const TEXT: DocumentWriter = {
  header: '',
  turn: (turn, state) => {
    const speaker = speakerName(turn.speaker_label);
    const line = singleLine(turn.transcript);
    return [line && `${speaker === undefined ? '' : `${speaker}: `}${line}\n`, state];
  },
};

/**
 * Writes finals as plain text (`.txt`), one line per turn, as `A: Welcome.` where the speaker is known.
 *
 * ```text
 * source  -f---g-|      f, g: final turns
 * text()  -a---b-|      a: "Welcome.\n"
 * ```
 */
export function text(): OperatorFunction<FinalTurn, string> {
  return documentOperator(TEXT);
}
