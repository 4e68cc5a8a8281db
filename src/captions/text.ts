import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { pieces } from './format.ts';
import type { Format } from './format.ts';
import { plain } from './plain.ts';
import { speakerOf } from './speaker.ts';

/** Plain text: a line per turn. */
export const TEXT: Format = {
  header: '',
  writer: () => (turn) => {
    const speaker = speakerOf(turn.speaker_label);
    const said = plain(turn.transcript);
    return said && `${speaker === undefined ? '' : `${speaker}: `}${said}\n`;
  },
};

/**
 * Writes finals as plain text (`.txt`), a line per turn, as `A: Welcome.` where it is known who speaks.
 *
 * ```text
 * source  -f---g-|      f, g: final turns
 * text()  -a---b-|      a: "Welcome.\n"
 * ```
 */
export function text(): OperatorFunction<FinalTurn, string> {
  return pieces(TEXT);
}
