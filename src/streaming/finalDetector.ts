import type { PartialTurn } from '../../operators/events.ts';

/** A turn as the service sends it. */
export type RawTurn = Omit<PartialTurn, 'isFinal' | 'session'>;
/** A turn of one session, with the service's own numbers and clock. */
export type SessionTurn = RawTurn & { readonly isFinal: boolean };

/**
 * Decides which message of a turn is its final, for one session.
 *
 * The models differ: some send one formatted final, some an unformatted one and then its formatted copy, some an empty
 * one at the end. Here each `turn_order` gets at most one `isFinal` turn, never an empty one, and nothing after it. If the
 * service never ends a turn that has words, the next turn or `flush` ends it; its `end_of_turn` then stays false.
 */
export class FinalDetector {
  readonly #awaitFormatted: boolean;
  /** The current turn: not ended yet, or ended and waiting for its formatted copy. */
  #open: RawTurn | undefined;
  #closedUpTo = -1;

  /** @param awaitFormatted Whether an unformatted final is followed by its formatted copy. */
  constructor(awaitFormatted: boolean) {
    this.#awaitFormatted = awaitFormatted;
  }

  /** Whether a turn ended and only its formatted copy is missing. */
  get awaitsCopy(): boolean {
    return this.#open?.end_of_turn === true;
  }

  /** Accepts a turn message; returns the turns to emit, in order. */
  accept(message: RawTurn): SessionTurn[] {
    if (message.turn_order <= this.#closedUpTo) return [];
    const emitted = this.#open && message.turn_order > this.#open.turn_order ? this.flush() : [];
    const turn = withText(message);
    if (turn.transcript === '') {
      if (turn.end_of_turn && !this.awaitsCopy) this.#close(turn.turn_order);
    } else if (turn.end_of_turn && (turn.turn_is_formatted || !this.#awaitFormatted)) {
      this.#close(turn.turn_order);
      emitted.push({ ...turn, isFinal: true });
    } else if (!this.awaitsCopy) {
      this.#open = turn;
      emitted.push({ ...turn, isFinal: false });
    }
    return emitted;
  }

  /** Ends the current turn, if there is one, with its latest text. */
  flush(): SessionTurn[] {
    const turn = this.#open;
    if (!turn) return [];
    this.#close(turn.turn_order);
    return [{ ...turn, isFinal: true }];
  }

  #close(turnOrder: number): void {
    this.#open = undefined;
    this.#closedUpTo = turnOrder;
  }
}

/** Some models leave `transcript` empty until a word is final; the text is then made of the words. */
function withText(turn: RawTurn): RawTurn {
  return turn.transcript === '' && turn.words.length > 0
    ? { ...turn, transcript: turn.words.map((word) => word.text).join(' ') }
    : turn;
}
