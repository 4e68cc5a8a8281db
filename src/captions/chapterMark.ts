import type { FinalTurn } from '../../operators/events.ts';

/** A chapter mark: a chapter begins at this moment. */
export interface Mark {
  /** Milliseconds since the first byte of audio. */
  readonly atMs: number;
  /** The title of the chapter. @defaultValue none: the chapter is shown with its time only */
  readonly title?: string;
}

/** A document is a sequence of these. */
export type DocumentItem = FinalTurn | Mark;

/**
 * Places each mark before the first turn that ends after it. A mark within a turn refers to that turn, so it is
 * placed before it. Turns without times are skipped when placing a mark.
 */
export function placeMarks(turns: readonly FinalTurn[], marks: readonly Mark[]): readonly DocumentItem[] {
  if (marks.length === 0) return turns;
  const waiting = marks.toSorted((a, b) => a.atMs - b.atMs);
  const items = turns.flatMap((turn): DocumentItem[] => {
    const endMs = turn.words.at(-1)?.end ?? -Infinity;
    const later = waiting.findIndex(({ atMs }) => atMs >= endMs);
    return [...waiting.splice(0, later < 0 ? waiting.length : later), turn];
  });
  return [...items, ...waiting];
}
