/** What one voice said of a turn. */
export interface Part {
  readonly text: string;
  /** The label of who speaks, where that is known. */
  readonly speaker?: string;
  /** Which of the speakers that is, from 0: decides the colour, the same one for every viewer. */
  readonly voice?: number;
}

/** A turn as it is shown. */
export interface Said {
  readonly order: number;
  readonly parts: readonly Part[];
}

/** How the transcription goes: not begun, going on, its connection lost for now, over. */
export type Going = 'waiting' | 'live' | 'reconnecting' | 'ended';

/** What a viewer shows. */
export interface Shown {
  /** The turns that ended, the last ones, in the order they were spoken. */
  readonly turns: readonly Said[];
  readonly partial: Said | undefined;
  readonly going: Going;
}

/** What changed since a viewer was told last. */
export interface Update extends Shown {
  /** Whether this is all there is, instead of what changed. */
  readonly fresh: boolean;
  /** The first turn still kept; those before it are to be forgotten. */
  readonly from: number;
}

/** What is shown before anything was told. */
export const NOTHING: Shown = { turns: [], partial: undefined, going: 'waiting' };

/** Applies an update; turns that did not change are the same objects as before. */
export function merged({ turns }: Shown, { fresh, from, partial, going, ...changed }: Update): Shown {
  if (fresh) return { turns: changed.turns, partial, going };
  const kept = new Map(turns.filter(({ order }) => order >= from).map((said) => [said.order, said]));
  for (const said of changed.turns) kept.set(said.order, said);
  return { turns: [...kept.values()], partial, going };
}
