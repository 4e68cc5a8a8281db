import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** How many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** The end of a text that fits into so many columns, with `…` for what was cut from its left. */
export function endOf(text: string, columns: number): string {
  // a column holds one character, seldom more; this keeps a long turn from being measured whole
  const near = text.slice(-16 * columns);
  if (near.length === text.length && columnsOf(text) <= columns) return text;
  let end = '';
  let free = columns - 1;
  for (const segment of [...graphemes.segment(near)].map((part) => part.segment).toReversed()) {
    free -= stringWidth(segment);
    if (free < 0) break;
    end = segment + end;
  }
  return `…${end}`;
}
