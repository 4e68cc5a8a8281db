/** Most edits between a name and its correction, per 4 characters; a longer distance is a guess. */
const EDITS_PER_CHARACTER = 1 / 4;

/** The name that was probably meant: one that differs by case or underscores, or else by the fewest edits. */
export function mostSimilar(given: string, names: readonly string[]): string | undefined {
  if (given.length > 100) return undefined; // the cost grows with the square
  const target = plain(given);
  let best: string | undefined;
  let fewest = Math.floor(target.length * EDITS_PER_CHARACTER) + 1;
  for (const name of names) {
    const edits = distance(target, plain(name));
    if (edits < fewest) [best, fewest] = [name, edits];
  }
  return best;
}

function plain(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}

/** Levenshtein distance: insertions, deletions and replacements. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
