import { columnsOf } from '../../captions/columnsOf.ts';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The end of a text in so many lines of so many columns, broken between words where that is possible. Where something was
 * cut from its left, it begins with `…`. But for that the lines hold the characters of the text, each of them.
 */
export function lastLines(text: string, columns: number, lines: number): string[] {
  if (text === '') return [];
  // a column holds one character, seldom more; this keeps a long turn from being measured whole
  const near = text.slice(-16 * columns * lines);
  const all = wrapped(near, columns);
  if (near.length === text.length && all.length <= lines) return all;
  // room for the mark in every line, so that it does not matter which one will be the first
  const [first = '', ...rest] = wrapped(near, columns - 1).slice(-lines);
  return [`…${first}`, ...rest];
}

/** Breaks a text into lines; the space at which a line is broken stays at its end, one column over the edge if need be. */
function wrapped(text: string, columns: number): string[] {
  const lines = [''];
  let free = columns;
  for (const word of text.split(/(?<= )/).flatMap((piece) => broken(piece, columns))) {
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

/** A word, in parts where it is wider than a line. */
function broken(word: string, columns: number): string[] {
  if (columnsOf(word.trimEnd()) <= columns) return [word];
  return [...graphemes.segment(word)].map(({ segment }) => segment);
}
