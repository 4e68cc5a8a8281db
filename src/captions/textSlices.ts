/** Longest slice for `Intl.Segmenter`, in UTF-16 code units: segmenting takes time quadratic in its length. */
const SLICE = 256;

/** Characters that belong to the previous one: combining marks, joiners, low surrogates, parts of flags and emoji. */
const CONTINUES = /^(?:\p{M}|\u200c|\u200d|[\udc00-\udfff]|\p{Emoji_Modifier}|\p{Regional_Indicator})/u;
const ZERO_WIDTH_JOINER = '\u200d';

/**
 * Splits a text into slices of bounded length, between characters where possible. `Intl.Segmenter` takes quadratic time,
 * so long texts are segmented slice by slice.
 *
 * @param length The longest slice, in UTF-16 code units.
 */
export function textSlices(text: string, length: number = SLICE): string[] {
  const slices: string[] = [];
  let from = 0;
  while (text.length - from > length) {
    const to = cutBefore(text, from + length, from + Math.ceil(0.75 * length));
    slices.push(text.slice(from, to));
    from = to;
  }
  slices.push(text.slice(from));
  return slices;
}

/** Returns the last good place to cut, at a position or not far before it, or that position itself. */
function cutBefore(text: string, position: number, earliest: number): number {
  const isBoundary = (at: number): boolean =>
    text[at - 1] !== ZERO_WIDTH_JOINER && !CONTINUES.test(text.slice(at, at + 2));
  for (let at = position; at > earliest; at -= 1) if (text[at] === ' ') return at;
  for (let at = position; at > earliest; at -= 1) if (isBoundary(at)) return at;
  return /[\udc00-\udfff]/.test(text[position] ?? '') ? position - 1 : position;
}
