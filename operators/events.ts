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

/**
 * The connection is lost and will be tried again. Nothing is lost by it: what the next session has to hear is kept. The
 * next `Begin` says that it is back.
 */
export interface Reconnecting {
  readonly type: 'Reconnecting';
  /** The session that was lost, or could not be opened. */
  readonly session: number;
  /** Which attempt since the last healthy session this will be, from 1. */
  readonly attempt: number;
  /** Milliseconds until the attempt. */
  readonly delayMs: number;
  /** Milliseconds of audio that will be sent again. */
  readonly replayMs: number;
  /** What happened, in a line. */
  readonly reason: string;
}

/** Why a stretch of audio was never transcribed. */
export type AudioGapReason =
  /** An outage lasted longer than the tape is. */
  | 'tape-full'
  /** The service did not tell its last turns in the time given for the end. */
  | 'end-timeout'
  /** The recorder delivered nothing: its device was away, or silent without an error. Silence stands in for it. */
  | 'device'
  /** The transcription ended with an error. */
  | 'error';

/** A stretch of audio that was never transcribed, in milliseconds on the audio clock. */
export interface AudioGap extends FromSession {
  readonly type: 'AudioGap';
  readonly startMs: number;
  readonly endMs: number;
  readonly reason: AudioGapReason;
}

/**
 * The accounts of the transcription so far, told with each final and, last of all, at the end:
 * `capturedMs = transcribedMs + gapMs` then.
 */
export interface Stats extends FromSession {
  readonly type: 'Stats';
  /** Milliseconds of audio that came in. */
  readonly capturedMs: number;
  /** Milliseconds of audio that were sent, repetitions included. */
  readonly sentMs: number;
  /** Milliseconds of audio that were sent again. */
  readonly replayedMs: number;
  /** Milliseconds of audio, from the beginning, that no session will have to hear again and that are in no gap. */
  readonly transcribedMs: number;
  /** Milliseconds of audio in gaps. */
  readonly gapMs: number;
  /** How many sessions there were, the present one included. */
  readonly sessions: number;
  /** How many times the connection was lost or could not be made, and was tried again. */
  readonly reconnects: number;
  /** How far behind the audio the latest final was told, in milliseconds from when the end of its last word came in. */
  readonly finalDelayMs: number | undefined;
}

/** Everything `transcribe()` emits, told apart by `type`. */
export type TranscriptionEvent =
  | Begin
  | Turn
  | SpeechStarted
  | Termination
  | SpeakerRevision
  | Heartbeat
  | Silence
  | Warning
  | LLMGatewayResponse
  | Reconnecting
  | AudioGap
  | Stats;

/** A message for the running session: end the open turn now, change its configuration, or keep it from timing out. */
export type ControlMessage = StreamingForceEndpoint | StreamingUpdateConfiguration | StreamingKeepAlive;
