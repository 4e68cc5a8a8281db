import type { FinalTurn, PartialTurn, SpeakerRevision, TranscriptionEvent, Turn, Word } from './events.ts';

/** The transcript at one moment: what a user interface renders. */
export interface Transcript {
  /** The finals so far, in the order of their audio. */
  readonly turns: readonly FinalTurn[];
  /** The turn in progress, which may still change; `undefined` between turns. */
  readonly partial: PartialTurn | undefined;
}

/** The transcript before the first event. */
export const EMPTY_TRANSCRIPT: Transcript = { turns: [], partial: undefined };

/**
 * Applies one event to a transcript. Pure: returns a new transcript, or the same object if nothing changed.
 *
 * A final whose `turn_order` is already there replaces that turn. A speaker revision relabels the turns it names. A turn
 * that did not change stays the same object, so a caller can compare turns by identity. A caller that keeps only the last
 * turns may shorten `turns` between two calls.
 */
export function reduceTranscript(state: Transcript, event: TranscriptionEvent): Transcript {
  switch (event.type) {
    case 'Turn':
      return event.isFinal ? withFinal(state, event) : withPartial(state, event);
    case 'SpeakerRevision':
      return revised(state, event);
    case 'Termination':
      // the session is over, so its partial will get no final
      return state.partial?.session === event.session ? { ...state, partial: undefined } : state;
    default:
      return state;
  }
}

function withFinal({ turns, partial }: Transcript, final: FinalTurn): Transcript {
  const at = indexOfTurn(turns, final.turn_order);
  return {
    turns: at < 0 ? [...turns, final] : turns.with(at, final),
    partial: partial && partial.turn_order <= final.turn_order ? undefined : partial,
  };
}

function withPartial(state: Transcript, partial: PartialTurn): Transcript {
  return indexOfTurn(state.turns, partial.turn_order) < 0 ? { ...state, partial } : state;
}

function revised(state: Transcript, { revisions }: SpeakerRevision): Transcript {
  let { turns } = state;
  for (const { turn_order, speaker_label, words } of revisions) {
    const at = indexOfTurn(turns, turn_order);
    const turn = turns[at];
    if (turn) turns = turns.with(at, relabelled(turn, speaker_label, words));
  }
  return turns === state.turns ? state : { ...state, turns };
}

/** The words of a revision have new speakers only; a list of another length would change the text, so it is ignored. */
function relabelled(turn: FinalTurn, label: string | undefined, words: readonly Word[] | undefined): FinalTurn {
  return {
    ...turn,
    ...(label !== undefined && { speaker_label: label }),
    ...(words?.length === turn.words.length && { words }),
  };
}

/** Searches from the end, because turns come in order. */
function indexOfTurn(turns: readonly Turn[], turnOrder: number): number {
  const at = turns.findLastIndex((turn) => turn.turn_order <= turnOrder);
  return turns[at]?.turn_order === turnOrder ? at : -1;
}
