import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { cuesOnce } from './cuesOnce.ts';
import { clock, pieces } from './format.ts';
import type { Format } from './format.ts';

/** SubRip: numbered cues; who speaks is written where somebody else spoke before. */
export const SRT: Format = {
  header: '',
  writer: () => {
    let [count, after] = [0, 0];
    let speaker: string | undefined;
    return (turn) => {
      let text = '';
      for (const cue of cuesOnce(turn, { after, named: true, speaker })) {
        ({ endMs: after, speaker } = cue);
        count += 1;
        text += `${count}\n${clock(cue.startMs, ',')} --> ${clock(after, ',')}\n${cue.lines.map(harmless).join('\n')}\n\n`;
      }
      return text;
    };
  },
};

/**
 * Writes finals as SubRip subtitles (`.srt`): emits, per turn, the text to append to the file.
 *
 * Whatever was emitted so far is a whole document. What is written does not change later: to follow corrected speakers
 * and replaced turns, write `captionDocument(turns, 'srt')` of the `transcript()` again, or use `captionFile`. Cold;
 * numbering starts with each subscription.
 *
 * ```text
 * source  -f---g-|      f, g: final turns
 * srt()   -1---2-|      1: "1\n00:00:00,500 --> 00:00:01,700\nWelcome.\n\n"
 * ```
 *
 * @example
 * import { createWriteStream } from 'node:fs';
 * import { audioFile, transcribe } from 'rxscribe';
 * import { srt } from 'rxscribe/captions';
 * import { bufferBytes, finals, turns } from 'rxscribe/operators';
 *
 * const file = createWriteStream('talk.srt');
 * audioFile('talk.wav')
 *   .pipe(
 *     bufferBytes(3200),
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
 *     turns(),
 *     finals(),
 *     srt(),
 *   )
 *   .subscribe((piece) => file.write(piece));
 *
 * @see https://en.wikipedia.org/wiki/SubRip
 */
export function srt(): OperatorFunction<FinalTurn, string> {
  return pieces(SRT);
}

/** SubRip knows no escapes: what players would take for markup, or for times, is written with look-alikes. */
function harmless(line: string): string {
  return line
    .replaceAll('-->', '→')
    .replaceAll(/<(?=[/a-z])/gi, '‹')
    .replaceAll(/\{(?=\\)/g, '(');
}
