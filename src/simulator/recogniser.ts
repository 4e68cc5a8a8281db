/** Something heard in the audio of one session. Times are milliseconds since the session's first audio byte. */
export interface Heard {
  /** From which point of the audio on this could be told. Never decreases from one to the next. */
  readonly atMs: number;
  /** Where its sound begins. */
  readonly startMs: number;
  /** Where its sound ends, or, of a word still being said, where it stands. */
  readonly endMs: number;
  /** What was heard: of a word still being said its beginning, perhaps nothing yet. */
  readonly text: string;
  /** Whether the word is over. A word that was begun always comes to its end, whole or cut. */
  readonly done: boolean;
  /** Who says it, where that is known. */
  readonly speaker?: string;
}

/**
 * What turns the audio of one session into words. It knows nothing of turns, messages or wall time: bytes in, words out,
 * by position in the audio. A real engine can stand here.
 */
export interface Recogniser {
  /** Takes the next bytes (16-bit signed little endian mono) in pieces of any length and tells what they brought. */
  push(bytes: Uint8Array): readonly Heard[];
  /** Tells what can be told only once no more audio follows. */
  end(): readonly Heard[];
  /** Up to where, in milliseconds, everything there is to tell has been told. */
  readonly settledMs: number;
}

/** Makes the recogniser of one session. `sampleRate` is in hertz, as the client declares it. */
export type RecogniserFactory = (sampleRate: number) => Recogniser;
