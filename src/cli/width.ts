const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Blocks whose characters take two columns: East Asian scripts, full-width forms, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;

/** How many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += widthOf(segment);
  return columns;
}

/** The end of a text that fits into so many columns, with `…` for what was cut from its left. */
export function endOf(text: string, columns: number): string {
  // a column holds one character, seldom more; this keeps a long turn from being measured whole
  const near = text.slice(-16 * columns);
  if (near.length === text.length && columnsOf(text) <= columns) return text;
  let end = '';
  let free = columns - 1;
  for (const segment of [...graphemes.segment(near)].map((part) => part.segment).toReversed()) {
    free -= widthOf(segment);
    if (free < 0) break;
    end = segment + end;
  }
  return `…${end}`;
}

function widthOf(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}
