import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { cuesOnce } from './cuesOnce.ts';
import { clock, pieces } from './format.ts';
import type { Format } from './format.ts';
import { plain } from './plain.ts';

/** WebVTT: who speaks is marked up as a voice; a comment per chapter. */
export const VTT: Format = {
  header: 'WEBVTT\n\n',
  writer: () => {
    let after = 0;
    return (turn) => {
      let text = '';
      for (const { startMs, endMs, lines, speaker } of cuesOnce(turn, { after })) {
        after = endMs;
        const voice = speaker === undefined ? '' : `<v ${escaped(speaker)}>`;
        text += `${clock(startMs)} --> ${clock(endMs)}\n${voice}${lines.map(escaped).join('\n')}\n\n`;
      }
      return text;
    };
  },
  chapter: ({ atMs, title = '' }) => {
    const name = escaped(plain(title));
    return `NOTE chapter ${clock(Math.round(atMs))}${name && ` ${name}`}\n\n`;
  },
};

/**
 * Writes finals as WebVTT captions (`.vtt`): emits the header, then, per turn, the text to append to the file.
 *
 * Whatever was emitted so far is a whole document, the header alone as well. What is written does not change later: to
 * follow corrected speakers and replaced turns, write `captionDocument(turns, 'vtt')` of the `transcript()` again, or
 * use `captionFile`. Cold; state per subscription.
 *
 * ```text
 * source  -f---g-|      f, g: final turns
 * vtt()   hf---g-|      h: "WEBVTT\n\n", f: "00:00:00.500 --> 00:00:01.700\n<v A>Welcome.\n\n"
 * ```
 *
 * @see https://www.w3.org/TR/webvtt1/
 */
export function vtt(): OperatorFunction<FinalTurn, string> {
  return pieces(VTT);
}

/** With no `>` left there is no `-->` either. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
