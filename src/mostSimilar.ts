/** Most edits between a name and its correction: a third of its length within these bounds; a longer distance is a guess. */
const MAX_EDITS = { short: 2, long: 3 };

/** The name that was probably meant: one that is written differently or goes on, or else the one with the fewest edits. */
export function mostSimilar(given: string, names: readonly string[]): string | undefined {
  const target = plain(given);
  if (target === '' || target.length > 100) return undefined; // the cost grows with the square
  let best: string | undefined;
  let fewest = Math.min(MAX_EDITS.long, Math.max(MAX_EDITS.short, Math.ceil(target.length / 3))) + 1;
  for (const name of names) {
    const candidate = plain(name);
    const edits = candidate.startsWith(target) ? 0 : distance(target, candidate);
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
