import type { FinalTurn } from '../../operators/events.ts';
import type { DocumentFormat } from './captionFormats.ts';
import { DOCUMENT_WRITERS } from './documentWriters.ts';
import type { Mark } from './chapterMark.ts';
import { writeDocument } from './documentWriter.ts';

/** What else a document contains. */
export interface DocumentOptions {
  /** Chapter marks, in any order. @defaultValue none */
  readonly marks?: readonly Mark[];
}

/**
 * Writes a complete document of the turns so far.
 *
 * The text is the same as the operator of that name emits, but it is written from the current state of the turns: use it
 * where speakers are corrected later.
 *
 * Marks become chapters: in Markdown a heading, `## 00:01:02 Title`; in WebVTT a comment, `NOTE chapter 00:01:02.000
 * Title`, which players ignore. Each stands before the first turn that ends after it. Text and SubRip have no chapters.
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
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
 *     transcript(),
 *     map(({ turns }) => captionDocument(turns, 'vtt')),
 *   )
 *   .subscribe((vtt) => console.log(vtt.length));
 *
 * @param turns Final turns in order, as `transcript()` emits them.
 * @param format `'text'`, `'srt'`, `'vtt'` or `'md'`.
 * @throws {TypeError} when the format is none of these.
 */
export function captionDocument(
  turns: readonly FinalTurn[],
  format: DocumentFormat,
  { marks = [] }: DocumentOptions = {},
): string {
  const writer = Object.hasOwn(DOCUMENT_WRITERS, format) ? DOCUMENT_WRITERS[format] : undefined;
  if (!writer) throw new TypeError(`format must be ${known()}, not ${JSON.stringify(format)}`);
  return writeDocument(writer, turns, marks);
}

/** The names of the document formats, for people. */
function known(): string {
  const names = Object.entries(DOCUMENT_WRITERS).flatMap(([name, writer]) => (writer ? [`'${name}'`] : []));
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
