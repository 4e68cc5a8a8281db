import type { FinalTurn } from '../../operators/events.ts';
import { whole } from './format.ts';
import type { Format } from './format.ts';
import { MD } from './md.ts';
import { SRT } from './srt.ts';
import { TEXT } from './text.ts';
import { VTT } from './vtt.ts';

/** A kind of document made of final turns. */
export type DocumentFormat = 'text' | 'srt' | 'vtt' | 'md';

/** What writes each kind. */
export const FORMATS: Readonly<Record<DocumentFormat, Format>> = { text: TEXT, srt: SRT, vtt: VTT, md: MD };

/**
 * Writes a whole document of the turns so far: the same text that the operator of that name emitted for them, had they
 * always been what they are now. Where speakers are corrected later, this is what to show or to keep.
 *
 * @example
 * import { map } from 'rxjs';
 * import { audioFile, transcribe } from 'rxscribe';
 * import { captionDocument } from 'rxscribe/captions';
 * import { bufferBytes, transcript } from 'rxscribe/operators';
 *
 * audioFile('talk.wav')
 *   .pipe(
 *     bufferBytes(3200),
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
 *     transcript(),
 *     map(({ turns }) => captionDocument(turns, 'vtt')),
 *   )
 *   .subscribe((vtt) => console.log(vtt.length));
 *
 * @param turns Final turns in order, as `transcript()` tells them.
 * @param format What to write.
 * @throws {TypeError} when the format is none of the four.
 */
export function captionDocument(turns: readonly FinalTurn[], format: DocumentFormat): string {
  if (!Object.hasOwn(FORMATS, format)) {
    throw new TypeError(`format must be 'text', 'srt', 'vtt' or 'md', not ${JSON.stringify(format)}`);
  }
  return whole(FORMATS[format], turns);
}
