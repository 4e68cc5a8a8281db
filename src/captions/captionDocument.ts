import type { FinalTurn } from '../../operators/events.ts';
import { whole } from './format.ts';
import type { Format } from './format.ts';
import type { Mark } from './mark.ts';
import { MD } from './md.ts';
import { SRT } from './srt.ts';
import { TEXT } from './text.ts';
import { VTT } from './vtt.ts';

/** A kind of document made of final turns. */
export type DocumentFormat = 'text' | 'srt' | 'vtt' | 'md';

/** What else a document holds. */
export interface DocumentOptions {
  /** Moments that begin a chapter, in any order. @defaultValue none */
  readonly marks?: readonly Mark[];
}

/** What writes each kind. */
export const FORMATS: Readonly<Record<DocumentFormat, Format>> = { text: TEXT, srt: SRT, vtt: VTT, md: MD };

/**
 * Writes a whole document of the turns so far: the same text that the operator of that name emitted for them, had they
 * always been what they are now. Where speakers are corrected later, this is what to show or to keep.
 *
 * Marks become chapters: in Markdown a heading, `## 00:01:02 Title`; in WebVTT a comment, `NOTE chapter 00:01:02.000
 * Title`, which every player skips (chapters that a player lists are a track, and so a file, of their own). Each stands
 * before the first turn that ends after it: a moment marked while somebody speaks, before what they say. Text and SubRip
 * have no chapters.
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
export function captionDocument(
  turns: readonly FinalTurn[],
  format: DocumentFormat,
  { marks = [] }: DocumentOptions = {},
): string {
  if (!Object.hasOwn(FORMATS, format)) {
    throw new TypeError(`format must be 'text', 'srt', 'vtt' or 'md', not ${JSON.stringify(format)}`);
  }
  return whole(FORMATS[format], turns, marks);
}
