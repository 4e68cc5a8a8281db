import type { RecognisedWord } from './recogniser.ts';

/** A message of the service, ready for JSON. The order of keys is the order on the wire. */
export type ServiceMessage = { readonly type: string } & Readonly<Record<string, unknown>>;

/** The label of a voice that is not identified yet. */
export const PENDING = 'PENDING';

/** Confidence of a speaker label. */
export const SPEAKER_CONFIDENCE = 0.9;

/** The content of a `Turn`. */
export interface TurnContent {
  readonly order: number;
  readonly formatted: boolean;
  readonly end: boolean;
  readonly transcript: string;
  readonly confidence: number;
  readonly words: readonly object[];
  readonly utterance: string;
  /** Fields that only some sessions have. */
  readonly extra?: object;
}

/** Writes a `Turn` as the service does, `type` last. */
export function turnMessage(turn: TurnContent): ServiceMessage {
  return {
    turn_order: turn.order,
    turn_is_formatted: turn.formatted,
    end_of_turn: turn.end,
    transcript: turn.transcript,
    end_of_turn_confidence: turn.confidence,
    words: turn.words,
    utterance: turn.utterance,
    ...turn.extra,
    type: 'Turn',
  };
}

/**
 * Writes a word as the service does. Its confidence is derived from its text, so the same word always has the same. With
 * speaker labels it has a speaker, and how sure that is unless the voice is not identified yet.
 */
export function wireWord({ startMs, endMs }: RecognisedWord, text: string, final: boolean, speaker?: string): object {
  const confidence = text.endsWith('~') ? 0.42 : Number((0.88 + ((text.length * 7) % 12) / 100).toFixed(2));
  const word = { start: Math.round(startMs), end: Math.round(endMs), text, confidence, word_is_final: final };
  if (speaker === undefined) return word;
  return speaker === PENDING ? { ...word, speaker } : { ...word, speaker, speaker_confidence: SPEAKER_CONFIDENCE };
}
