import type { PartialTurn, Warning, Word } from '../../operators/events.ts';

/** A turn as the service sends it. */
export type RawTurn = Omit<PartialTurn, 'isFinal' | 'session'>;
/** The same, whose number is missing if it was invalid. */
export type ReceivedTurn = Omit<RawTurn, 'turn_order'> & { readonly turn_order?: number };
/** A turn of one session, with the service's own numbers and clock. */
export type SessionTurn = RawTurn & { readonly isFinal: boolean };
type SessionWarning = Omit<Warning, 'session'>;

/**
 * Decides which message of a turn is its final, for one session.
 *
 * The models differ: some send one formatted final, some an unformatted one and then its formatted copy, some an empty
 * one at the end. Here each turn gets at most one `isFinal`, never an empty one. If the service never ends a turn that has
 * words, the next turn or `flush` ends it; its `end_of_turn` then stays false.
 *
 * A final whose number is missing, or not higher than the last one, is judged by its position: words after the end of the
 * last final are new, and emitted as a turn; the rest repeats what was emitted, and is dropped with a warning.
 */
export class FinalDetector {
  readonly #awaitFormatted: boolean;
  /** The current turn: not ended yet, or ended and waiting for its formatted copy. */
  #open: RawTurn | undefined;
  #closedUpTo = -1;
  #upToMs = 0;
  /** The text of the last final; its letters and digits are compared if it, or the next one, has no words. */
  #lastText = '';
  #lastHasPosition = true;

  /** @param awaitFormatted Whether an unformatted final is followed by its formatted copy. */
  constructor(awaitFormatted: boolean) {
    this.#awaitFormatted = awaitFormatted;
  }

  /** Whether a turn ended and only its formatted copy is missing. */
  get awaitsCopy(): boolean {
    return this.#open?.end_of_turn === true;
  }

  /** The end of the last final, in milliseconds of the session. */
  get upToMs(): number {
    return this.#upToMs;
  }

  /** Accepts a turn message; returns the events to emit, in order. */
  accept(message: ReceivedTurn): (SessionTurn | SessionWarning)[] {
    const turn = withText(message);
    if (!hasNumber(turn)) {
      if (!turn.end_of_turn) return this.#progress({ ...turn, turn_order: this.#current });
    } else if (turn.turn_order > this.#closedUpTo) {
      const ended = this.#open && turn.turn_order > this.#open.turn_order ? this.flush() : [];
      return [...ended, ...this.#progress(turn)];
    }
    // a repeated partial says nothing new: the final has its text
    return turn.end_of_turn && turn.transcript !== '' ? this.#judge(turn) : [];
  }

  /** Ends the current turn, if there is one, with its latest text. */
  flush(): SessionTurn[] {
    const turn = this.#open;
    return turn ? [this.#close(withAllWords(turn))] : [];
  }

  get #current(): number {
    return this.#open?.turn_order ?? this.#closedUpTo + 1;
  }

  #progress(turn: RawTurn): SessionTurn[] {
    if (turn.transcript === '') {
      if (turn.end_of_turn && !this.awaitsCopy) this.#forget(turn.turn_order);
    } else if (turn.end_of_turn && (turn.turn_is_formatted || !this.#awaitFormatted)) {
      return [this.#close(turn)];
    } else if (!this.awaitsCopy) {
      this.#open = turn;
      return [{ ...turn, isFinal: false }];
    }
    return [];
  }

  /** Decides by position whether a final under an unexpected number is new. */
  #judge(turn: ReceivedTurn): (SessionTurn | SessionWarning)[] {
    const turn_order = turn.turn_order ?? this.#current;
    const hasPosition = turn.words.length > 0 && this.#lastHasPosition;
    const words = hasPosition ? turn.words.filter(({ start }) => start >= this.#upToMs) : turn.words;
    const isNew = hasPosition ? words.length > 0 : lettersOf(turn.transcript) !== lettersOf(this.#lastText);
    if (!isNew) {
      const text = 'the service sent a final again; its words were emitted before, so it was dropped';
      return [{ type: 'Warning', warning_code: 0, warning: `${text} (turn_order ${turn_order})` }];
    }
    const isWhole = words.length === turn.words.length;
    const rest = { ...turn, turn_order, words, transcript: isWhole ? turn.transcript : textOf(words) };
    const open = this.#open;
    const place = open && turn.turn_order !== undefined ? placeOf(open.words, words) : 'same';
    const ended = place === 'before' ? this.flush() : [];
    const final = this.#close(rest);
    if (place === 'after') this.#open = open;
    return [...ended, final];
  }

  #close(turn: RawTurn): SessionTurn {
    this.#forget(turn.turn_order);
    this.#upToMs = Math.max(this.#upToMs, turn.words.at(-1)?.end ?? 0);
    this.#lastText = turn.transcript;
    this.#lastHasPosition = turn.words.length > 0;
    return { ...turn, isFinal: true };
  }

  #forget(turnOrder: number): void {
    this.#open = undefined;
    this.#closedUpTo = turnOrder;
  }
}

function hasNumber(turn: ReceivedTurn): turn is RawTurn {
  return turn.turn_order !== undefined;
}

/** Where the words of one turn are in relation to those of another; without words, after them. */
function placeOf(words: readonly Word[], others: readonly Word[]): 'before' | 'same' | 'after' {
  const [first, last] = [words[0], words.at(-1)];
  const [start, end] = [others[0]?.start, others.at(-1)?.end];
  if (!first || !last || start === undefined || end === undefined || first.start >= end) return 'after';
  return last.end <= start ? 'before' : 'same';
}

/** Some models leave `transcript` empty until a word is final; the text is then made of the words. */
function withText(turn: ReceivedTurn): ReceivedTurn {
  return turn.transcript === '' && turn.words.length > 0 ? { ...turn, transcript: textOf(turn.words) } : turn;
}

/** Some models leave the last word out of the `transcript` of a partial while it may change; a final has all words. */
export function withAllWords<T extends RawTurn>(turn: T): T {
  const certain = turn.words.filter((word) => word.word_is_final);
  const lacksWords = certain.length < turn.words.length && lettersOf(textOf(certain)) === lettersOf(turn.transcript);
  return lacksWords ? { ...turn, transcript: textOf(turn.words) } : turn;
}

function textOf(words: readonly Word[]): string {
  return words.map((word) => word.text).join(' ');
}

/** A text without case, punctuation and spaces, which differ between a final and its formatted copy. */
function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}
