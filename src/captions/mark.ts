import type { FinalTurn } from '../../operators/events.ts';

/** A moment somebody marked: a chapter begins there. */
export interface Mark {
  /** Milliseconds since the first byte of audio. */
  readonly atMs: number;
  /** What the chapter is called. @defaultValue its time alone */
  readonly title?: string;
}

/** What documents are made of. */
export type Part = FinalTurn | Mark;

/**
 * Puts marks in their places: each before the first turn that ends after it. Whoever marks a moment means what is being
 * said, so a mark within a turn stands before that turn. Turns without times have no mark before them but one that belongs
 * before an earlier turn.
 */
export function arranged(turns: readonly FinalTurn[], marks: readonly Mark[]): readonly Part[] {
  if (marks.length === 0) return turns;
  const waiting = marks.toSorted((a, b) => a.atMs - b.atMs);
  const parts = turns.flatMap((turn): Part[] => {
    const endMs = turn.words.at(-1)?.end ?? -Infinity;
    const later = waiting.findIndex(({ atMs }) => atMs >= endMs);
    return [...waiting.splice(0, later < 0 ? waiting.length : later), turn];
  });
  return [...parts, ...waiting];
}
