import type { BreakQuality, Segment } from './breakOpportunities.ts';

/** Cost of breaking a line there. Lines whose lengths differ by a full line cost 1. */
const BREAK_COST: Readonly<Record<BreakQuality, number>> = { sentence: 0, clause: 0.2, word: 0.6 };

/** Where segments break into two lines, if they do, and how good that is: 0 is best. */
export interface LineBreak {
  readonly cost: number;
  /** The first segment of the second line; `undefined` when one line holds all. */
  readonly at: number | undefined;
}

const ONE_LINE: LineBreak = { cost: 0, at: undefined };

/** Measures runs of segments, including the spaces between them, and breaks them into lines. */
export class LineLayout {
  readonly #sums: number[] = [0];
  readonly #segments: readonly Segment[];

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
    for (const segment of segments) {
      this.#sums.push((this.#sums.at(-1) ?? 0) + Number(segment.spaced) + segment.columns);
    }
  }

  /** Returns the width of the segments `from` to `to` (exclusive) in one line, in columns. */
  columns(from: number, to: number): number {
    const sum = (this.#sums[to] ?? 0) - (this.#sums[from] ?? 0);
    return sum - Number(this.#segments[from]?.spaced ?? false);
  }

  /** Finds the best break into at most two lines; `undefined` when they do not fit. A single segment always fits. */
  breakLine(from: number, to: number, columns: number): LineBreak | undefined {
    if (to - from === 1 || this.columns(from, to) <= columns) return ONE_LINE;
    let [bestCost, bestAt] = [Infinity, 0];
    for (let at = to - 1; at > from; at -= 1) {
      const lower = this.columns(at, to);
      if (lower > columns) break;
      const upper = this.columns(from, at);
      if (upper > columns) continue;
      const cost = BREAK_COST[this.#segments[at - 1]?.breakAfter ?? 'word'] + Math.abs(upper - lower) / columns;
      if (cost <= bestCost) [bestCost, bestAt] = [cost, at];
    }
    return bestAt === 0 ? undefined : { cost: bestCost, at: bestAt };
  }

  /** Returns the lines of segments that fit. */
  lines(from: number, to: number, columns: number): string[] {
    const at = this.breakLine(from, to, columns)?.at;
    return at === undefined ? [this.#text(from, to)] : [this.#text(from, at), this.#text(at, to)];
  }

  #text(from: number, to: number): string {
    return this.#segments
      .slice(from, to)
      .map(({ text, spaced }) => (spaced ? ` ${text}` : text))
      .join('')
      .trimStart();
  }
}
