import type { Parameters } from './parameters.ts';
import type { ServiceMessage } from './serviceMessage.ts';

/** Recognises any speech in the audio of one session, instead of the words of known recordings. */
export interface SpeechEngine {
  /** Accepts the next audio, 16-bit signed little endian mono. */
  push(pcm: Uint8Array): void;
  /** Ends the open turn now. */
  forceEndpoint(): void;
  /** No more audio follows: sends the rest, then calls `complete`. */
  end(): void;
  /** Ends at once; nothing is called any more. */
  close(): void;
}

/** What an engine needs of its session. */
export interface EngineSession {
  /** Hertz, as the client declares it. */
  readonly sampleRate: number;
  /** The parameters of the address, checked. */
  readonly parameters: Parameters;
  readonly send: (message: ServiceMessage) => void;
  readonly complete: () => void;
  /** Ends the session, so that the client may connect again. */
  readonly fail: () => void;
}

/** Creates the engine of one session. */
export type SpeechEngineFactory = (session: EngineSession) => SpeechEngine;
