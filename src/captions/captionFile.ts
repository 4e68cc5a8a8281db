import { EMPTY, defer, finalize } from 'rxjs';
import type { MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { CAPTION_EXTENSIONS, CAPTION_FORMATS, formatOfPath } from './captionFormats.ts';
import type { CaptionFormat } from './captionFormats.ts';
import { DOCUMENT_WRITERS } from './documentWriters.ts';
import type { Mark } from './chapterMark.ts';
import { FileWriter, writeThrough } from './fileWriter.ts';
import type { FailureOptions } from './fileWriter.ts';
import { DocumentUpdates, EventUpdates } from './fileUpdates.ts';
import type { FileUpdates } from './fileUpdates.ts';
import { TextFile } from './textFile.ts';
import { diskTooSlow } from './writeFailure.ts';

/** How to write a caption file. */
export interface CaptionFileOptions extends FailureOptions {
  /** What to write. @defaultValue by extension: `.txt`, `.ndjson` or `.jsonl`, `.srt`, `.vtt`, `.md` */
  readonly format?: CaptionFormat;
  /** Whether to overwrite a file that exists. @defaultValue false */
  readonly force?: boolean;
  /**
   * Chapter marks, at any time and in any order. An error ends the marks and nothing else. Markdown and WebVTT have
   * chapters, as `captionDocument` describes them. @defaultValue none
   */
  readonly marks?: Observable<Mark>;
}

/** Most that may wait in memory for the disk, in characters: days of events. */
const MAX_WAITING = 64 * 2 ** 20;

/**
 * Writes the events that pass through into a file, as they happen, and passes them on unchanged.
 *
 * The file is a complete document after every turn and every mark. New text is appended; when something earlier changes
 * (corrected speakers, formatted text, a turn before a mark), the file is replaced in one step. A kill can cut only the
 * turn that is being appended: Linux may end the write at a multiple of 4096 bytes. Memory is bounded:
 * corrections reach back eight hours of speech, beyond the start of any session, and a file that was removed is created
 * again with those hours. The file is created on subscription. A file that cannot be written affects neither the stream nor other files: `onError` is called, and
 * writing is retried while the stream goes on and once at its end. A file that someone else replaced or changed is left
 * alone. On completion the file is closed before the stream completes, within 2 s; after an error or `unsubscribe` it
 * is closed in the background.
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
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
 *     captionFile('talk.srt'),
 *     captionFile('talk.ndjson', { onError: (error) => console.error(error.message) }),
 *   )
 *   .subscribe();
 *
 * @param path Where to write.
 * @returns An operator that errors only when its source does.
 * @throws {TypeError} when neither the options nor the extension name a format.
 */
export function captionFile(
  path: string,
  options: CaptionFileOptions = {},
): MonoTypeOperatorFunction<TranscriptionEvent> {
  const { force = false, format = formatOfPath(path), marks = EMPTY } = options;
  if (format === undefined || !Object.hasOwn(CAPTION_FORMATS, format)) {
    const known = CAPTION_EXTENSIONS.join(', ');
    throw new TypeError(`${JSON.stringify(path)} has no known extension (${known}): choose one, or pass format`);
  }
  const document = DOCUMENT_WRITERS[format];
  return (source) =>
    defer(() => {
      const updates: FileUpdates = document ? new DocumentUpdates(document) : new EventUpdates();
      const writer = new FileWriter(path, new TextFile(path, updates, force), options);
      const addMark = (mark: Mark): void => {
        try {
          updates.mark(mark);
        } catch (error) {
          writer.report(error);
        }
        writer.wake();
      };
      const marking = marks.subscribe({ next: addMark, error: () => undefined });
      return writeThrough(source, writer, (event) => {
        updates.apply(event);
        if (updates.size > MAX_WAITING) writer.giveUp(diskTooSlow(updates.size));
      }).pipe(finalize(() => marking.unsubscribe()));
    });
}
