/** Longest slice, in UTF-16 code units: segmenting takes time quadratic in its length. */
const SLICE = 256;
/** How far from the end of a slice to look for a good place to cut, in code units. */
const LOOK_BACK = 64;

/** Characters that belong to the previous one: combining marks, joiners, low surrogates, parts of flags and emoji. */
const CONTINUES = /^(?:\p{M}|\u200c|\u200d|[\udc00-\udfff]|\p{Emoji_Modifier}|\p{Regional_Indicator})/u;
const ZERO_WIDTH_JOINER = '\u200d';

/**
 * Splits a text into slices of bounded length, between characters where possible. `Intl.Segmenter` takes quadratic time,
 * so long texts are segmented slice by slice.
 */
export function textSlices(text: string): string[] {
  const slices: string[] = [];
  let from = 0;
  while (text.length - from > SLICE) {
    const to = cutBefore(text, from + SLICE);
    slices.push(text.slice(from, to));
    from = to;
  }
  return [...slices, text.slice(from)];
}

/** Returns the last good place to cut before a position, or that position itself. */
function cutBefore(text: string, position: number): number {
  const isBoundary = (at: number): boolean =>
    text[at - 1] !== ZERO_WIDTH_JOINER && !CONTINUES.test(text.slice(at, at + 2));
  const earliest = position - LOOK_BACK;
  for (let at = position; at > earliest; at -= 1) if (text[at] === ' ') return at;
  for (let at = position; at > earliest; at -= 1) if (isBoundary(at)) return at;
  return /[\udc00-\udfff]/.test(text[position] ?? '') ? position - 1 : position;
}
