/** A kind of document made of final turns. */
export type DocumentFormat = 'text' | 'srt' | 'vtt' | 'md';

/** What a caption file can hold: a document of final turns, or every event. */
export type CaptionFormat = DocumentFormat | 'ndjson';

/**
 * The extensions of every caption format, in lower case; the first one is used for new files. A new format is a file with its
 * `DocumentWriter`, a name above, and an entry here and in `documentWriters`.
 */
export const CAPTION_FORMATS: Readonly<Record<CaptionFormat, readonly [string, ...string[]]>> = {
  text: ['.txt'],
  ndjson: ['.ndjson', '.jsonl'],
  srt: ['.srt'],
  vtt: ['.vtt'],
  md: ['.md'],
};

/** The extensions of all caption formats, such as `.srt`. */
export const CAPTION_EXTENSIONS: readonly string[] = Object.values(CAPTION_FORMATS).flat();

/** Returns the format that the extension of a path selects, in upper or lower case. */
export function formatOfPath(path: string): CaptionFormat | undefined {
  const [extension] = /\.[^./\\]+$/.exec(path.toLowerCase()) ?? [];
  const formats = Object.keys(CAPTION_FORMATS) as CaptionFormat[];
  return formats.find((format) => CAPTION_FORMATS[format].some((one) => one === extension));
}
