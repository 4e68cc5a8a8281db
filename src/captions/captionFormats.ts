import type { DocumentWriter } from './documentWriter.ts';
import { MD } from './md.ts';
import { SRT } from './srt.ts';
import { TEXT } from './text.ts';
import { VTT } from './vtt.ts';

/** A kind of document made of final turns. */
export type DocumentFormat = 'text' | 'srt' | 'vtt' | 'md';

/** What a caption file can hold: a document of final turns, or every event. */
export type CaptionFormat = DocumentFormat | 'ndjson';

interface FormatEntry {
  /** Extensions that select the format, in lower case; the first one is used for new files. */
  readonly extensions: readonly [string, ...string[]];
  /** Writes its documents; `undefined` for a file of events. */
  readonly document: DocumentWriter | undefined;
}

/** Every caption format. A new format is a file with its `DocumentWriter`, a name above and an entry here. */
export const CAPTION_FORMATS: Readonly<Record<CaptionFormat, FormatEntry>> = {
  text: { extensions: ['.txt'], document: TEXT },
  ndjson: { extensions: ['.ndjson', '.jsonl'], document: undefined },
  srt: { extensions: ['.srt'], document: SRT },
  vtt: { extensions: ['.vtt'], document: VTT },
  md: { extensions: ['.md'], document: MD },
};

/** The extensions of all caption formats, such as `.srt`. */
export const CAPTION_EXTENSIONS: readonly string[] = Object.values(CAPTION_FORMATS).flatMap(
  ({ extensions }) => extensions,
);

/** Returns the format that the extension of a path selects, in upper or lower case. */
export function formatOfPath(path: string): CaptionFormat | undefined {
  const [extension] = /\.[^./\\]+$/.exec(path.toLowerCase()) ?? [];
  const formats = Object.keys(CAPTION_FORMATS) as CaptionFormat[];
  return formats.find((format) => CAPTION_FORMATS[format].extensions.some((one) => one === extension));
}
