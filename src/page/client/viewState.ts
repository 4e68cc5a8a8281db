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
  /** Language of the turn, such as `en`, if known. */
  readonly lang?: string;
  /** Start on the audio clock, in milliseconds, if known. */
  readonly startMs?: number;
}

/**
 * State of the transcription: not connected, without speech, running, running on this device instead of the service, muted,
 * connection lost, over, over because of an error.
 */
export type Status = 'waiting' | 'suspended' | 'live' | 'device' | 'paused' | 'reconnecting' | 'ended' | 'interrupted';

/** The name that is shown for each label of a speaker. */
export type SpeakerNames = Readonly<Record<string, string>>;

/** Everything a viewer shows. */
export interface ViewState {
  /** The latest finals, in the order they were spoken. */
  readonly turns: readonly ViewTurn[];
  readonly partial: ViewTurn | undefined;
  readonly status: Status;
  /** Whether turns have speakers, or will have. */
  readonly hasSpeakers: boolean;
  readonly speakerNames: SpeakerNames;
}

/** What changed since the previous update of a viewer. */
export interface ViewUpdate extends Omit<ViewState, 'speakerNames'> {
  /** Identifies the state after this update. */
  readonly version: string;
  /** Whether this is the whole state rather than the changes. */
  readonly replacesAll: boolean;
  /** The first turn still shown; remove those before it. */
  readonly firstOrder: number;
  /** Time since the text last changed, in milliseconds. */
  readonly quietMs: number;
  /** Absent if unchanged. */
  readonly speakerNames?: SpeakerNames;
}

/** The state before the first update. */
export const EMPTY_VIEW: ViewState = {
  turns: [],
  partial: undefined,
  status: 'waiting',
  hasSpeakers: false,
  speakerNames: {},
};

/** Applies an update; unchanged turns stay the same objects. */
export function applyUpdate(view: ViewState, update: ViewUpdate): ViewState {
  const { replacesAll, firstOrder, partial, status, hasSpeakers, speakerNames = view.speakerNames } = update;
  const known = replacesAll ? [] : view.turns.filter(({ order }) => order >= firstOrder);
  const kept = new Map(known.map((turn) => [turn.order, turn]));
  for (const turn of update.turns) kept.set(turn.order, turn);
  return { turns: [...kept.values()], partial, status, hasSpeakers, speakerNames };
}

/** Returns the name to show for a label. */
export function nameOf(label: string, names: SpeakerNames): string {
  return Object.hasOwn(names, label) ? names[label]! : label;
}
