import { extname } from 'node:path';
import { EMPTY, defer, finalize } from 'rxjs';
import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { FORMATS } from './captionDocument.ts';
import type { DocumentFormat } from './captionDocument.ts';
import type { Mark } from './mark.ts';
import { EventPages, TurnPages } from './pages.ts';
import type { Page, Pages } from './pages.ts';
import { TextFile } from './textFile.ts';
import { tooSlow } from './writeFailure.ts';
import { Writing, written } from './writing.ts';
import type { FailureOptions, Steps } from './writing.ts';

/** What a file of captions can hold: a document of turns, or every event. */
export type CaptionFormat = DocumentFormat | 'ndjson';

/** How to write a file of captions. */
export interface CaptionFileOptions extends FailureOptions {
  /** What to write. @defaultValue what the extension says: `.txt`, `.ndjson` or `.jsonl`, `.srt`, `.vtt`, `.md` */
  readonly format?: CaptionFormat;
  /** Whether to overwrite a file that exists. @defaultValue false */
  readonly force?: boolean;
  /**
   * Moments to begin a chapter at, told at any time and in any order; their error ends them, and nothing else. Markdown
   * and WebVTT have chapters, as `captionDocument` describes them. @defaultValue none
   */
  readonly marks?: Observable<Mark>;
}

const EXTENSIONS: Readonly<Record<string, CaptionFormat>> = {
  '.txt': 'text',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.srt': 'srt',
  '.vtt': 'vtt',
  '.md': 'md',
};

/** The most that may wait for the disk, in characters: days of events. */
const MOST_WAITING = 64 * 2 ** 20;

/**
 * Writes the events that pass through into a file, as they happen, and passes them on unchanged.
 *
 * The file is a whole document after every turn and every mark, whatever happens to the program: they are appended, and
 * where something earlier changes (speakers corrected, text formatted, a turn told that ends before a mark) the file is
 * replaced by a new one in one step. It is made on subscription. A file that cannot be written disturbs neither the
 * stream nor other files: `onError` is told, once. On completion the file is closed before the stream completes, within
 * 2 s; after an error or `unsubscribe` it is closed in the background.
 *
 * ```text
 * source             -b-p-f---f-|         events
 * captionFile(path)  -b-p-f---f--|        the same; it completes once the file is closed
 * ```
 *
 * @example
 * import { audioFile, transcribe } from 'rxscribe';
 * import { captionFile } from 'rxscribe/files';
 * import { bufferBytes } from 'rxscribe/operators';
 *
 * audioFile('talk.wav')
 *   .pipe(
 *     bufferBytes(3200),
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
 *     captionFile('talk.srt'),
 *     captionFile('talk.ndjson', { onError: (error) => console.error(error.message) }),
 *   )
 *   .subscribe();
 *
 * @param path Where to write.
 * @returns An operator that fails with nothing but what its source fails with.
 * @throws {TypeError} when neither the options nor the extension tell the format.
 */
export function captionFile(
  path: string,
  options: CaptionFileOptions = {},
): MonoTypeOperatorFunction<TranscriptionEvent> {
  const { force = false, format = EXTENSIONS[extname(path).toLowerCase()], marks = EMPTY } = options;
  if (format === undefined || (format !== 'ndjson' && !Object.hasOwn(FORMATS, format))) {
    const known = Object.keys(EXTENSIONS).join(', ');
    throw new TypeError(`the format of ${JSON.stringify(path)} must be told by its extension (${known}) or by format`);
  }
  return (source) =>
    defer(() => {
      const pages: Pages = format === 'ndjson' ? new EventPages() : new TurnPages(FORMATS[format]);
      const file = new TextFile(path);
      const steps: Steps = {
        open: () => file.create(pages.take()?.text ?? '', force),
        next: () => {
          const page = pages.take();
          return page && write(file, page);
        },
        close: () => Promise.resolve(),
      };
      const writing = new Writing(path, steps, options);
      const marking = marks.subscribe({
        next: (mark) => {
          pages.mark(mark);
          writing.wake();
        },
        error: () => undefined,
      });
      return written(source, writing, (event) => {
        pages.put(event);
        if (pages.size > MOST_WAITING) writing.giveUp(tooSlow(pages.size));
      }).pipe(finalize(() => marking.unsubscribe()));
    });
}

function write(file: TextFile, { text, replaces }: Page): Promise<void> {
  return replaces ? file.replace(text) : file.append(text);
}
