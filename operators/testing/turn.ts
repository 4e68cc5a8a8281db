import type { FinalTurn, PartialTurn, Word } from '../events.ts';

/** The fields of a turn that tests usually set. */
export interface TurnOptions {
  /** Whether the turn is final. @defaultValue false */
  readonly final?: boolean;
  /** The number of the turn, `turn_order`. @defaultValue 0 */
  readonly order?: number;
  /** When its first word starts, in milliseconds. @defaultValue 0 */
  readonly start?: number;
  /** The label of its speaker, such as `A`. @defaultValue none */
  readonly speaker?: string;
  /** The number of its session. @defaultValue 0 */
  readonly session?: number;
}

/** Times of speech at about 150 words a minute, in milliseconds. */
const WORD_MS = 100;
const CHARACTER_MS = 60;
const PAUSE_MS = 40;
const SENTENCE_PAUSE_MS = 300;

/**
 * Creates a turn as `transcribe()` emits it, with words whose times fit the text.
 *
 * Spread the result to set any other field: `{ ...turn('Hola.', { final: true }), language_code: 'es' }`.
 *
 * @example
 * import { of } from 'rxjs';
 * import { finals } from 'rxscribe/operators';
 * import { turn } from 'rxscribe/testing';
 *
 * of(turn('Hello'), turn('Hello there.', { final: true }))
 *   .pipe(finals())
 *   .subscribe(({ transcript }) => console.log(transcript)); // Hello there.
 *
 * @param text The transcript; its words are separated by spaces.
 */
export function turn(text: string, options: TurnOptions & { readonly final: true }): FinalTurn;
export function turn(text: string, options?: TurnOptions & { readonly final?: false }): PartialTurn;
export function turn(text: string, options?: TurnOptions): PartialTurn | FinalTurn;
export function turn(text: string, options: TurnOptions = {}): PartialTurn | FinalTurn {
  const { final = false, order = 0, speaker, session = 0 } = options;
  return {
    type: 'Turn',
    session,
    turn_order: order,
    turn_is_formatted: true,
    end_of_turn: final,
    end_of_turn_confidence: final ? 1 : 0,
    isFinal: final,
    transcript: text,
    words: wordsOf(text, options),
    utterance: final ? text : '',
    ...(speaker !== undefined && { speaker_label: speaker }),
  };
}

function wordsOf(text: string, { final = false, start = 0, speaker }: TurnOptions): readonly Word[] {
  let at = start;
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const end = at + WORD_MS + CHARACTER_MS * word.length;
      const timed = { text: word, start: at, end, confidence: 0.9, word_is_final: final };
      at = end + (/[.?!]$/.test(word) ? SENTENCE_PAUSE_MS : PAUSE_MS);
      return speaker === undefined ? timed : { ...timed, speaker };
    });
}
