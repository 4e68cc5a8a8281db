/** A word of one session, complete or in progress. Times are milliseconds since the session's first audio byte. */
export interface RecognisedWord {
  /** The position in the audio at which this was recognised. It never decreases from one word to the next. */
  readonly atMs: number;
  /** Where its sound begins. */
  readonly startMs: number;
  /** Where its sound ends; for a word in progress, where it ends so far. */
  readonly endMs: number;
  /** The text; for a word in progress its beginning, which may be empty. */
  readonly text: string;
  /** Whether the word is complete. Every word that was started is completed later, whole or cut. */
  readonly done: boolean;
  /** The speaker, if known. */
  readonly speaker?: string;
}

/**
 * Recognises the words in the audio of one session. It knows nothing of turns, messages or wall time: bytes go in, words
 * come out, positioned in the audio. It is synchronous: `push` must return all that the bytes bring. An engine that
 * answers later is a `SpeechEngine`.
 */
export interface Recogniser {
  /** Accepts the next bytes (16-bit signed little endian mono), any number, and returns the words recognised in them. */
  push(bytes: Uint8Array): readonly RecognisedWord[];
  /** Completes the words in progress that can be split, for `ForceEndpoint`. Audio that follows starts new ones. */
  flush?(): readonly RecognisedWord[];
  /** Returns the words that can only be recognised once no more audio follows. */
  end(): readonly RecognisedWord[];
  /** The position, in milliseconds, up to which all words have been returned. */
  readonly settledMs: number;
}

/** Creates the recogniser of one session. `sampleRate` is in hertz, as the client declares it. */
export type RecogniserFactory = (sampleRate: number) => Recogniser;
