import { defer, distinctUntilChanged, scan, skipWhile } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn, PartialTurn, SpeakerRevision, TranscriptionEvent, Turn } from './events.ts';

/** The transcript at one moment: what a user interface renders. */
export interface Transcript {
  /** The turns that ended, in the order they were spoken. */
  readonly turns: readonly FinalTurn[];
  /** The turn being spoken, which may still change; `undefined` between turns. */
  readonly partial: PartialTurn | undefined;
}

const EMPTY_TRANSCRIPT: Transcript = { turns: [], partial: undefined };

/**
 * Reduces the events of a transcription to the transcript so far, and emits it whenever it changes.
 *
 * A final with a `turn_order` already told replaces it (a formatted copy, say); a speaker revision relabels the turns
 * it names. States are immutable: what did not change is the same object as before. Cold; state per subscription.
 *
 * ```text
 * source        -p-q-f---r-|      p, q: partials of turn 0, f: its final, r: its speakers revised
 * transcript()  -a-b-c---d-|      a: [] p, b: [] q, c: [f], d: [f']
 * ```
 *
 * @example
 * import { audioFile, transcribe } from 'rxscribe';
 * import { bufferBytes, transcript } from 'rxscribe/operators';
 *
 * audioFile('talk.wav')
 *   .pipe(
 *     bufferBytes(3200),
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
 *     transcript(),
 *   )
 *   .subscribe(({ turns, partial }) => console.log(turns.length, partial?.transcript));
 */
export function transcript(): OperatorFunction<TranscriptionEvent, Transcript> {
  return (source) =>
    defer(() =>
      source.pipe(
        scan(reduce, EMPTY_TRANSCRIPT),
        skipWhile((state) => state === EMPTY_TRANSCRIPT),
        distinctUntilChanged(),
      ),
    );
}

function reduce(state: Transcript, event: TranscriptionEvent): Transcript {
  switch (event.type) {
    case 'Turn':
      return event.isFinal ? withFinal(state, event) : withPartial(state, event);
    case 'SpeakerRevision':
      return revised(state, event);
    case 'Termination':
      // a partial of a session that is over will get no final
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
    if (turn) turns = turns.with(at, { ...turn, ...(speaker_label !== undefined && { speaker_label }), words });
  }
  return turns === state.turns ? state : { ...state, turns };
}

/** Turns are told in order, so the one looked for is at the end, or after it. */
function indexOfTurn(turns: readonly Turn[], turnOrder: number): number {
  const at = turns.findLastIndex((turn) => turn.turn_order <= turnOrder);
  return turns[at]?.turn_order === turnOrder ? at : -1;
}
