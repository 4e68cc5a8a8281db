import { COLUMNS, LEEWAY_MS, LONGEST_MS, SHORTEST_MS } from './habits.ts';
import type { Ruler } from './lines.ts';
import type { Stop, Unit } from './units.ts';

/** What it costs to end a cue after a sentence, a clause, a word; every cue costs 1, and up to 1 more for being empty. */
const BREAK_COST: Readonly<Record<Stop, number>> = { sentence: 0, clause: 2, word: 4 };
/** How many milliseconds short of the shortest time cost 1. */
const HASTE_MS = 500;

/** Tells where the cues end, as indexes after their last units, so that all of them together cost least. */
export function breaks(units: readonly Unit[], ruler: Ruler): number[] {
  const best = [{ cost: 0, from: 0 }];
  for (let to = 1; to <= units.length; to += 1) {
    let choice = { cost: Infinity, from: to - 1 };
    for (let from = to - 1; from >= 0; from -= 1) {
      const cost = (best[from]?.cost ?? 0) + costOf(units, ruler, from, to);
      if (cost === Infinity) break; // a longer cue would not do either
      if (cost < choice.cost) choice = { cost, from };
    }
    best.push(choice);
  }
  const ends: number[] = [];
  for (let to = units.length; to > 0; to = best[to]?.from ?? 0) ends.unshift(to);
  return ends;
}

function costOf(units: readonly Unit[], ruler: Ruler, from: number, to: number): number {
  const [first, last, next] = [units[from]!, units[to - 1]!, units[to]];
  const single = to - from === 1;
  if (!single && (parted(first, units[from + 1]!) || last.endMs - first.startMs > LONGEST_MS)) return Infinity;
  const layout = ruler.layOut(from, to, COLUMNS);
  if (!layout) return Infinity;
  const empty = Math.max(0, 1 - ruler.columns(from, to) / (2 * COLUMNS));
  const ending = next && !parted(last, next) ? BREAK_COST[last.stop] : 0;
  const haste = next ? Math.max(0, SHORTEST_MS - (next.startMs - first.startMs)) / HASTE_MS : 0;
  return 1 + empty ** 2 + ending + haste + layout.cost / 2;
}

/** Whether no cue may hold both: somebody else speaks, or it would tell what is said much later. */
function parted(unit: Unit, next: Unit): boolean {
  return unit.speaker !== next.speaker || next.startMs - unit.endMs >= LEEWAY_MS;
}
