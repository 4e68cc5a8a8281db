import type { FinalTurn } from '../../operators/events.ts';
import { turnWords, validTime } from './turnWords.ts';

/** A chapter mark: a chapter begins at this moment. */
export interface Mark {
  /** Milliseconds since the first byte of audio. A mark without a valid time is ignored. */
  readonly atMs: number;
  /** The title of the chapter. @defaultValue none: the chapter is shown with its time only */
  readonly title?: string;
}

/** Places marks between turns as they arrive: each before the first turn that ends after it. */
export class MarkPlacer {
  /** Marks after the last turn, by time. */
  #waiting: Mark[] = [];

  /** Marks that follow the last turn so far. */
  get waiting(): readonly Mark[] {
    return this.#waiting;
  }

  constructor(marks: readonly Mark[] = []) {
    this.#waiting = marks.filter(({ atMs }) => validTime(atMs) !== undefined).toSorted((a, b) => a.atMs - b.atMs);
  }

  /**
   * Takes the marks that belong before the next turn. A mark within a turn refers to that turn, so it is placed before
   * it. A turn without times takes no marks.
   */
  before(turn: FinalTurn): readonly Mark[] {
    if (this.#waiting.length === 0) return [];
    const endMs = turnWords(turn).at(-1)?.endMs ?? -Infinity;
    const later = this.#waiting.findIndex(({ atMs }) => atMs >= endMs);
    return this.#waiting.splice(0, later < 0 ? this.#waiting.length : later);
  }
}

/** Returns turns and marks in the order of a document. */
export function placeMarks(turns: readonly FinalTurn[], marks: readonly Mark[]): readonly (FinalTurn | Mark)[] {
  if (marks.length === 0) return turns;
  const placer = new MarkPlacer(marks);
  return [...turns.flatMap((turn) => [...placer.before(turn), turn]), ...placer.waiting];
}
