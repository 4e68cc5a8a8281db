/** Text that one speaker spoke in a turn. */
export interface TurnPart {
  readonly text: string;
  /** The label of the speaker, if known. */
  readonly speaker?: string;
  /** Number of the speaker, from 0; it selects the colour, the same for every viewer. */
  readonly speakerIndex?: number;
}

/** A turn as viewers see it. */
export interface ViewTurn {
  readonly order: number;
  readonly parts: readonly TurnPart[];
}

/** State of the transcription: not started, running, running on this device instead of the service, connection lost, over. */
export type Status = 'waiting' | 'live' | 'device' | 'reconnecting' | 'ended';

/** Everything a viewer shows. */
export interface ViewState {
  /** The latest finals, in the order they were spoken. */
  readonly turns: readonly ViewTurn[];
  readonly partial: ViewTurn | undefined;
  readonly status: Status;
}

/** What changed since the previous update of a viewer. */
export interface ViewUpdate extends ViewState {
  /** Whether this is the whole state rather than the changes. */
  readonly replacesAll: boolean;
  /** The first turn still shown; remove those before it. */
  readonly firstOrder: number;
}

/** The state before the first update. */
export const EMPTY_VIEW: ViewState = { turns: [], partial: undefined, status: 'waiting' };

/** Applies an update; unchanged turns stay the same objects. */
export function applyUpdate({ turns }: ViewState, update: ViewUpdate): ViewState {
  const { replacesAll, firstOrder, partial, status } = update;
  if (replacesAll) return { turns: update.turns, partial, status };
  const kept = new Map(turns.filter(({ order }) => order >= firstOrder).map((turn) => [turn.order, turn]));
  for (const turn of update.turns) kept.set(turn.order, turn);
  return { turns: [...kept.values()], partial, status };
}
