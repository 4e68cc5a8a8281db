import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { cues } from './cues.ts';
import { documentOperator } from './documentWriter.ts';
import type { DocumentWriter } from './documentWriter.ts';
import { singleLine } from './singleLine.ts';
import { timestamp } from './timestamp.ts';
import { withoutLineBreakCodes } from './withoutLineBreakCodes.ts';

/** WebVTT: the speaker is a voice span; a chapter is a comment. */
export const VTT: DocumentWriter = {
  header: 'WEBVTT\n\n',
  turn: (turn, state, cuesOf = cues) => {
    const all = cuesOf(turn, { after: state.endMs });
    const blocks = all.map(({ startMs, endMs, lines, speaker }) => {
      const voice = speaker === undefined ? '' : `<v ${escaped(speaker)}>`;
      return `${timestamp(startMs)} --> ${timestamp(endMs)}\n${voice}${lines.map(escaped).join('\n')}\n\n`;
    });
    return [blocks.join(''), { ...state, endMs: all.at(-1)?.endMs ?? state.endMs }];
  },
  chapter: ({ atMs, title = '' }) => {
    const name = escaped(singleLine(title));
    return `NOTE chapter ${timestamp(Math.round(atMs))}${name && ` ${name}`}\n\n`;
  },
};

/**
 * Writes finals as WebVTT captions (`.vtt`): emits the header, then, per turn, the text to append to the file.
 *
 * Everything emitted so far is a complete document, even the header alone. Emitted text never changes: to follow
 * corrected speakers and replaced turns, write `captionDocument(turns, 'vtt')` of the `transcript()` again, or use
 * `captionFile`. Cold; state per subscription.
 *
 * ```text
 * source  -f---g-|      f, g: final turns
 * vtt()   hf---g-|      h: "WEBVTT\n\n", f: "00:00:00.500 --> 00:00:01.700\n<v A>Welcome.\n\n"
 * ```
 *
 * @see https://www.w3.org/TR/webvtt1/
 */
export function vtt(): OperatorFunction<FinalTurn, string> {
  return documentOperator(VTT);
}

/** Escapes markup. Without a `>` there is no `-->` either. ffmpeg would take `\N` for a line break. */
function escaped(text: string): string {
  return withoutLineBreakCodes(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
