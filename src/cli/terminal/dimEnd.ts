const DIM = '\u001b[2m';
const NOT_DIM = '\u001b[22m';

/** Dims the last `open` characters of a text split into lines. */
export function dimEnd(lines: readonly string[], open: number): string[] {
  let left = open;
  return lines
    .toReversed()
    .map((line) => {
      const dim = Math.min(left, line.length);
      left -= dim;
      const at = line.length - dim;
      return dim > 0 ? `${line.slice(0, at)}${DIM}${line.slice(at)}${NOT_DIM}` : line;
    })
    .toReversed();
}
