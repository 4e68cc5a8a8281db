const DIM = '\u001b[2m';
const NOT_DIM = '\u001b[22m';

export function dim(text: string): string {
  return `${DIM}${text}${NOT_DIM}`;
}

/** Dims the last `open` characters of a text split into lines. */
export function dimEnd(lines: readonly string[], open: number): string[] {
  let left = open;
  return lines
    .toReversed()
    .map((line) => {
      const count = Math.min(left, line.length);
      left -= count;
      const at = line.length - count;
      return count > 0 ? `${line.slice(0, at)}${dim(line.slice(at))}` : line;
    })
    .toReversed();
}
