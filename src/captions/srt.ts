import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { cues } from './cues.ts';
import { documentOperator } from './documentWriter.ts';
import type { DocumentWriter } from './documentWriter.ts';
import { timestamp } from './timestamp.ts';
import { withoutLineBreakCodes } from './withoutLineBreakCodes.ts';

/** SubRip: numbered cues; the speaker is written where it changes. */
export const SRT: DocumentWriter = {
  header: '',
  turn: (turn, state, cuesOf = cues) => {
    const all = cuesOf(turn, { after: state.endMs, named: true, speaker: state.speaker });
    const blocks = all.map(({ startMs, endMs, lines }, index) => {
      const times = `${timestamp(startMs, ',')} --> ${timestamp(endMs, ',')}`;
      return `${state.cues + index + 1}\n${times}\n${withoutMarkup(lines.join('\n'))}\n\n`;
    });
    const last = all.at(-1);
    const after = last ? { cues: state.cues + all.length, endMs: last.endMs, speaker: last.speaker } : state;
    return [blocks.join(''), after];
  },
};

/**
 * Writes finals as SubRip subtitles (`.srt`): emits, per turn, the text to append to the file.
 *
 * Everything emitted so far is a complete document. Emitted text never changes: to follow corrected speakers and
 * replaced turns, write `captionDocument(turns, 'srt')` of the `transcript()` again, or use `captionFile`. Cold;
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
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
 *     turns(),
 *     finals(),
 *     srt(),
 *   )
 *   .subscribe((piece) => file.write(piece));
 *
 * @see https://en.wikipedia.org/wiki/SubRip
 */
export function srt(): OperatorFunction<FinalTurn, string> {
  return documentOperator(SRT);
}

/**
 * Replaces what players take for markup or times with similar characters, because SubRip has no escapes: tags, which may
 * have spaces after the `<`; times; the overrides of other formats, such as `{\an8}` and `{y:i}`; line breaks as in `\N`.
 */
function withoutMarkup(text: string): string {
  return withoutLineBreakCodes(text)
    .replaceAll('-->', '→')
    .replaceAll(/<(?!\s*[\d=<]|\s*$)/g, '‹')
    .replaceAll('{', '(')
    .replaceAll('}', ')');
}
