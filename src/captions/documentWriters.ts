import type { CaptionFormat } from './captionFormats.ts';
import type { DocumentWriter } from './documentWriter.ts';
import { MD } from './md.ts';
import { SRT } from './srt.ts';
import { TEXT } from './text.ts';
import { VTT } from './vtt.ts';

/**
 * What writes the documents of each format; `undefined` for a file of events. Apart from `CAPTION_FORMATS`, so that the command
 * line can offer the formats without loading what writes them.
 */
export const DOCUMENT_WRITERS: Readonly<Record<CaptionFormat, DocumentWriter | undefined>> = {
  text: TEXT,
  ndjson: undefined,
  srt: SRT,
  vtt: VTT,
  md: MD,
};
