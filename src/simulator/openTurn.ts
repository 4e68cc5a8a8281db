import type { RecognisedWord } from './recogniser.ts';

/** The turn in progress. */
export interface OpenTurn {
  readonly order: number;
  readonly startMs: number;
  /** Words that are complete. */
  readonly words: RecognisedWord[];
  /** The word in progress. */
  currentWord: RecognisedWord | undefined;
  /** How many messages of this turn were sent. */
  messagesSent: number;
  /** How many words were sent as part of an utterance. */
  wordsUttered: number;
  /** Whether the present silence already caused a message. */
  paused: boolean;
  /** When the next partial is due, in milliseconds of audio. */
  nextPartialMs: number;
}

/** What remains of a turn after its end. */
export type EndedTurn = Pick<OpenTurn, 'order' | 'words'>;
