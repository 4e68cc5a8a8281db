import type {
  BeginEvent,
  HeartbeatEvent,
  LLMGatewayResponseEvent,
  SilenceEvent,
  SpeakerRevisionEvent,
  SpeechStartedEvent,
  StreamingForceEndpoint,
  StreamingKeepAlive,
  StreamingUpdateConfiguration,
  StreamingWord,
  TerminationEvent,
  TurnEvent,
  WarningEvent,
} from 'assemblyai/streaming';

/**
 * Which connection an event came from: 0 for the first session of a transcription, 1 for the next, and so on.
 */
interface FromSession {
  readonly session: number;
}

/** One word; `start` and `end` are milliseconds on the audio clock. */
export type Word = StreamingWord & { readonly speaker_confidence?: number };

interface TurnFields extends Omit<TurnEvent, 'words'>, FromSession {
  readonly words: readonly Word[];
  /** The text of the phrase at a detected pause, where the model sends it. */
  readonly utterance?: string | null;
  readonly speaker_confidence?: number;
}

/** A turn that may still change: the next event with the same `turn_order` replaces it. */
export interface PartialTurn extends TurnFields {
  readonly isFinal: false;
}

/** A turn that ended. There is exactly one per `turn_order`, and it is never empty. */
export interface FinalTurn extends TurnFields {
  readonly isFinal: true;
}

/**
 * One utterance as the service reports it. Its times are on the audio clock (milliseconds since the first byte of the
 * transcription) and its `turn_order` runs on over reconnections. `isFinal` says whether it ended; `end_of_turn` stays
 * as the service sent it.
 */
export type Turn = PartialTurn | FinalTurn;

/** The service accepted a session. `configuration` is what it understood, where it says so. */
export type Begin = BeginEvent & FromSession & { readonly configuration?: Readonly<Record<string, unknown>> };

/** The service ended a session as asked. Both durations are whole seconds, where the service sends them. */
export type Termination = Partial<TerminationEvent> & { readonly type: 'Termination' } & FromSession;

/** Speech began; `timestamp` is milliseconds on the audio clock. */
export type SpeechStarted = SpeechStartedEvent & FromSession & { readonly confidence?: number };

/** Corrected speaker labels for earlier turns, to be applied by `turn_order`. */
export type SpeakerRevision = SpeakerRevisionEvent & FromSession;

/** How much audio the session received, in milliseconds of that session; sent with `sessionHeartbeat`. */
export type Heartbeat = HeartbeatEvent & FromSession;

/** A silent stretch in milliseconds on the audio clock; sent with `acknowledgeSilence`. */
export type Silence = SilenceEvent & FromSession;

/** Something is off but the session goes on. `warning_code` is 0 where the notice is ours and not the service's. */
export type Warning = WarningEvent & FromSession;

/** The language model's answer to a final turn; sent with `llmGateway`. */
export type LLMGatewayResponse = LLMGatewayResponseEvent & FromSession;

/** Everything `transcribe()` emits, told apart by `type`. */
export type TranscriptionEvent =
  Begin | Turn | SpeechStarted | Termination | SpeakerRevision | Heartbeat | Silence | Warning | LLMGatewayResponse;

/** A message for the running session: end the open turn now, change its configuration, or keep it from timing out. */
export type ControlMessage = StreamingForceEndpoint | StreamingUpdateConfiguration | StreamingKeepAlive;
