import { columnsOf } from '../../captions/columnsOf.ts';
import { textSlices } from '../../captions/textSlices.ts';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Wraps a text at spaces, with line breaks instead of them. */
export function wrapText(text: string, columns: number): string {
  return wrap(text, columns)
    .map((line) => line.trimEnd())
    .join('\n');
}

/**
 * Wraps a text at spaces and returns its last lines, which keep every character. If the beginning is cut off, the first
 * line starts with `…`.
 *
 * @param columns Maximum width of a line, without the space it was wrapped at.
 * @param lines Maximum number of lines.
 */
export function lastLines(text: string, columns: number, lines: number): string[] {
  if (text === '') return [];
  // only the end of a long turn is measured: 16 UTF-16 code units for a column is more than real text has
  const tail = text.slice(-16 * columns * lines);
  const all = wrap(tail, columns);
  if (tail.length === text.length && all.length <= lines) return all;
  // any line may become the first, so each leaves room for the ellipsis
  const [first = '', ...rest] = wrap(tail, columns - 1).slice(-lines);
  return [`…${first}`, ...rest];
}

/** Wraps a text at spaces. The space stays at the end of its line, if necessary one column beyond the edge. */
function wrap(text: string, columns: number): string[] {
  const lines = [''];
  let free = columns;
  for (const word of text.split(/(?<= )/).flatMap((piece) => splitWide(piece, columns))) {
    const width = columnsOf(word.trimEnd());
    if (width > free && lines.at(-1) !== '') {
      lines.push('');
      free = columns;
    }
    lines[lines.length - 1] += word;
    free -= columnsOf(word);
  }
  return lines;
}

/** Splits a word wider than a line into graphemes. */
function splitWide(word: string, columns: number): string[] {
  if (columnsOf(word.trimEnd()) <= columns) return [word];
  return textSlices(word).flatMap((slice) => Array.from(graphemes.segment(slice), ({ segment }) => segment));
}
