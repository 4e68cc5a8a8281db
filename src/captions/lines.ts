import type { Stop, Unit } from './units.ts';

/** What a break in a worse place costs, next to lines of unequal length: a whole line of difference costs 1. */
const BREAK_COST: Readonly<Record<Stop, number>> = { sentence: 0, clause: 0.2, word: 0.6 };

/** Where to break units into two lines, if at all, and how far that is from a good picture: 0 is best. */
export interface Layout {
  readonly cost: number;
  /** The first unit of the lower line; `undefined` when one line holds all. */
  readonly at: number | undefined;
}

/** Measures stretches of units, the spaces between them included. */
export class Ruler {
  readonly #sums: number[] = [0];
  readonly #units: readonly Unit[];

  constructor(units: readonly Unit[]) {
    this.#units = units;
    for (const unit of units) this.#sums.push((this.#sums.at(-1) ?? 0) + Number(unit.spaced) + unit.columns);
  }

  /** How many columns the units from one up to, not including, another take in one line. */
  columns(from: number, to: number): number {
    const sum = (this.#sums[to] ?? 0) - (this.#sums[from] ?? 0);
    return sum - Number(this.#units[from]?.spaced ?? false);
  }

  /**
   * Lays units out in one line, or in two broken at the best place; `undefined` when they do not fit. A single unit
   * always does.
   */
  layOut(from: number, to: number, columns: number): Layout | undefined {
    if (to - from === 1 || this.columns(from, to) <= columns) return { cost: 0, at: undefined };
    let best: Layout | undefined;
    for (let at = from + 1; at < to; at += 1) {
      const upper = this.columns(from, at);
      const lower = this.columns(at, to);
      if (upper > columns) break;
      const cost = BREAK_COST[this.#units[at - 1]?.stop ?? 'word'] + Math.abs(upper - lower) / columns;
      if (lower <= columns && cost < (best?.cost ?? Infinity)) best = { cost, at };
    }
    return best;
  }

  /** The lines of units that fit. */
  lines(from: number, to: number, columns: number): string[] {
    const at = this.layOut(from, to, columns)?.at;
    return at === undefined ? [this.#text(from, to)] : [this.#text(from, at), this.#text(at, to)];
  }

  #text(from: number, to: number): string {
    return this.#units
      .slice(from, to)
      .map(({ text, spaced }) => (spaced ? ` ${text}` : text))
      .join('')
      .trimStart();
  }
}
