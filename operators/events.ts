/** The session an event belongs to. */
interface FromSession {
  /** Number of the session: 0 for the first connection of a transcription, 1 for the next, and so on. */
  readonly session: number;
}

/** One word of a turn. */
export interface Word {
  /** The word, with its punctuation. On `universal-streaming-*` the last word of a partial may be only a part of one. */
  readonly text: string;
  /** Start on the audio clock, in whole milliseconds since the first byte of the transcription. */
  readonly start: number;
  /** End on the audio clock, in whole milliseconds since the first byte; never before `start`. */
  readonly end: number;
  /** How sure the model is of the word, 0 to 1. Absent if the model does not report it. */
  readonly confidence?: number;
  /** Whether the word can no longer change. Pro models set it on finals only. */
  readonly word_is_final: boolean;
  /** Label of the speaker: `A`, `B`, …, or `PENDING`. Only with the option `speakerLabels`. */
  readonly speaker?: string;
  /** How sure the model is of the speaker, 0 to 1. Absent if unknown. */
  readonly speaker_confidence?: number;
}

interface TurnFields extends FromSession {
  readonly type: 'Turn';
  /** Number of the turn, from 0. It continues across sessions, without holes. */
  readonly turn_order: number;
  /** Whether the text has punctuation and capitals. Do not use it to detect a final: use `isFinal`. */
  readonly turn_is_formatted: boolean;
  /** Whether the service ended the turn, as it was sent. `isFinal` is the better test: it is true once per turn. */
  readonly end_of_turn: boolean;
  /** How sure the model is that the turn ended, 0 to 1. Pro models send only 0 and 1. */
  readonly end_of_turn_confidence: number;
  /** The text of the turn so far. Each event replaces the text of the previous one. */
  readonly transcript: string;
  /** The words of the turn, in order of time. */
  readonly words: readonly Word[];
  /** The text of a phrase that ended in a pause, if the model sends it. */
  readonly utterance?: string | null;
  /** Language of the turn, for example `en`. Finals only, with the option `languageDetection`. */
  readonly language_code?: string;
  /** How sure the model is of the language, 0 to 1. Finals only, with the option `languageDetection`. */
  readonly language_confidence?: number;
  /** Label of the speaker: `A`, `B`, …, or `PENDING`. Only with the option `speakerLabels`; Pro models send it on finals. */
  readonly speaker_label?: string;
  /** How sure the model is of the speaker, 0 to 1. */
  readonly speaker_confidence?: number;
}

/** A turn that may still change: the next event with the same `turn_order` replaces it. */
export interface PartialTurn extends TurnFields {
  /** Always false: the turn may still change. */
  readonly isFinal: false;
}

/** A turn that ended. There is exactly one per `turn_order`, and its `transcript` is never empty. */
export interface FinalTurn extends TurnFields {
  /** Always true: the turn ended. */
  readonly isFinal: true;
}

/**
 * One utterance as the service reports it. Its times are on the audio clock (milliseconds since the first byte of the
 * transcription), and its `turn_order` continues across sessions. `isFinal` is true once it ended.
 */
export type Turn = PartialTurn | FinalTurn;

/** A session began: the service accepted it, or the model on this device is loaded. */
export interface Begin extends FromSession {
  readonly type: 'Begin';
  /** The service's id of the session, a UUID. */
  readonly id: string;
  /** When the service will end the session, in seconds since 1970; normally 3 hours from now. */
  readonly expires_at: number;
  /** The settings as the service understood them, for example `model`. Absent on old and self-hosted services. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Where this session recognises the audio. Only with the option `fallback`. */
  readonly runsOn?: 'service' | 'device';
}

/** The service ended a session normally. */
export interface Termination extends FromSession {
  readonly type: 'Termination';
  /** Audio that the session received, in seconds, if the service sends it. */
  readonly audio_duration_seconds?: number;
  /** Time from opening to end, in seconds, if the service sends it. The service bills this time. */
  readonly session_duration_seconds?: number;
}

/** Speech started. Pro models only, and only when text follows. */
export interface SpeechStarted extends FromSession {
  readonly type: 'SpeechStarted';
  /** Start of the speech on the audio clock, in milliseconds. */
  readonly timestamp: number;
  /** How sure the model is that this is speech, 0 to 1, if the service sends it. */
  readonly confidence?: number;
}

/** New speaker labels for one earlier turn. */
export interface SpeakerRevisionEntry {
  /** Number of the turn whose labels changed. */
  readonly turn_order: number;
  /** The new label of the turn. */
  readonly speaker_label?: string;
  /** The words of the turn with their new `speaker`; text and times are unchanged. Absent if only the turn is relabelled. */
  readonly words?: readonly Word[];
}

/** Corrected speaker labels for earlier turns. Only with the option `speakerLabels`. */
export interface SpeakerRevision extends FromSession {
  readonly type: 'SpeakerRevision';
  /** The turns whose labels changed. */
  readonly revisions: readonly SpeakerRevisionEntry[];
}

/** How much audio the session received. Every 5 seconds, only with the option `sessionHeartbeat`. */
export interface Heartbeat extends FromSession {
  readonly type: 'Heartbeat';
  /** Audio that this session received, in milliseconds. */
  readonly total_audio_received_ms: number;
  /** Age of this session, in milliseconds. */
  readonly total_duration_ms: number;
  /** Received audio per unit of time: above 1 is faster than real time, below 1 is slower. */
  readonly realtime_factor: number;
  /** Highest probability of speech, 0 to 1. */
  readonly max_speech_probability: number;
}

/** A stretch without speech. About once a second, only with the option `acknowledgeSilence`. */
export interface Silence extends FromSession {
  readonly type: 'Silence';
  /** Start of the stretch on the audio clock, in milliseconds. Stretches may overlap. */
  readonly start_ms: number;
  /** End of the stretch on the audio clock, in milliseconds. */
  readonly end_ms: number;
}

/** Something is wrong, but the session continues. */
export interface Warning extends FromSession {
  readonly type: 'Warning';
  /** Code of the service; 0 if the warning is from rxscribe. */
  readonly warning_code: number;
  /** What is wrong, in one line. */
  readonly warning: string;
}

/** The answer of a language model to a final. Only with the option `llmGateway`. */
export interface LLMGatewayResponse extends FromSession {
  readonly type: 'LLMGatewayResponse';
  /** Number of the turn that was answered. */
  readonly turn_order: number;
  /** The text that was sent to the model. */
  readonly transcript: string;
  /** The answer, in the form of a chat completion. */
  readonly data: unknown;
}

/**
 * The connection failed and will be retried. No audio is lost: what the next session needs is kept on the tape. The next
 * `Begin` reports that the connection is back.
 */
export interface Reconnecting {
  readonly type: 'Reconnecting';
  /** Number of the session that broke or could not be opened. */
  readonly session: number;
  /** Number of this attempt since the last healthy session, from 1. */
  readonly attempt: number;
  /** Time until the attempt, in milliseconds. */
  readonly delayMs: number;
  /** Audio that will be sent again, in milliseconds. */
  readonly replayMs: number;
  /** What happened, in one line. */
  readonly reason: string;
}

/**
 * There was no speech for `suspendAfter`, so the session has ended and nothing is open. The source is still recorded, but
 * only the pre-roll is kept. With the option `suspendAfter`, a transcription starts like this.
 */
export interface Suspended extends FromSession {
  readonly type: 'Suspended';
  /** Up to where the audio was sent, in milliseconds on the audio clock. */
  readonly atMs: number;
}

/** There is speech again: the next session opens. The audio from `atMs` of `Suspended` up to here was skipped. */
export interface Resumed extends FromSession {
  readonly type: 'Resumed';
  /** From where the next session is sent the audio, in milliseconds on the audio clock: the pre-roll before the speech. */
  readonly atMs: number;
}

/** Why a stretch of audio was not transcribed. */
export type AudioGapReason =
  /** An outage lasted longer than `tapeLength`, so the oldest audio was dropped. */
  | 'tape-full'
  /** Every session that received this audio failed, for `maxOutage`; the rest is transcribed. */
  | 'unprocessable'
  /** The service did not send its last turns within `endTimeout`. */
  | 'end-timeout'
  /** No process recorded: the earlier one had ended, and this one had not started. */
  | 'restart'
  /** The recorder delivered no audio, because its device was missing or silent. Silence takes its place. */
  | 'device'
  /** The transcription ended with an error. */
  | 'error';

/** A stretch of audio that was not transcribed. */
export interface AudioGap extends FromSession {
  readonly type: 'AudioGap';
  /** Start of the stretch on the audio clock, in milliseconds. */
  readonly startMs: number;
  /** End of the stretch on the audio clock, in milliseconds. */
  readonly endMs: number;
  /** Why the stretch was not transcribed. */
  readonly reason: AudioGapReason;
}

/** A control message was accepted. It applies to the audio from `atMs` on. */
export interface ControlReceived extends FromSession {
  readonly type: 'ControlReceived';
  /** Its place on the audio clock, in milliseconds. */
  readonly atMs: number;
  /** The message. It may contain keyterms or a prompt. */
  readonly message: ControlMessage;
}

/**
 * Totals of the transcription so far. Emitted with each final, every 10 s of audio without one, and as the last event,
 * where `capturedMs = transcribedMs + gapMs + skippedMs`.
 */
export interface Stats extends FromSession {
  readonly type: 'Stats';
  /** Audio received from the source, in milliseconds. */
  readonly capturedMs: number;
  /** Audio sent to the service, in milliseconds, replays included. */
  readonly sentMs: number;
  /** Audio sent more than once, in milliseconds. */
  readonly replayedMs: number;
  /** Audio that was transcribed and need not be sent again, in milliseconds; without gaps and skipped audio. */
  readonly transcribedMs: number;
  /** Audio in gaps, in milliseconds. */
  readonly gapMs: number;
  /** Audio that was skipped as silence while suspended, in milliseconds. Speech that was not detected is part of it. */
  readonly skippedMs: number;
  /** How long sessions were open, in milliseconds: what the service bills. Sessions that overlap count separately. */
  readonly openMs: number;
  /** Number of sessions that began; 0 if none was opened. */
  readonly sessions: number;
  /** Number of times a connection broke or failed and was retried. */
  readonly reconnects: number;
  /** Time from receiving the last word's audio to emitting its final, in milliseconds; `undefined` before the first final. */
  readonly finalDelayMs: number | undefined;
}

/** Everything `transcribe()` emits; `type` identifies the event. */
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
  | Suspended
  | Resumed
  | AudioGap
  | ControlReceived
  | Stats;

/** Ends the open turn now; its final follows about 270 ms later. */
export interface ForceEndpoint {
  readonly type: 'ForceEndpoint';
}

/** Resets the timer of the option `inactivityTimeout`. */
export interface KeepAlive {
  readonly type: 'KeepAlive';
}

/**
 * Changes the configuration for the audio that follows. Fields that are left out stay as they are. The service does not
 * confirm a change; an invalid value ends the session.
 */
export interface UpdateConfiguration {
  readonly type: 'UpdateConfiguration';
  /** Preset for silences and delay. Pro models only. */
  readonly mode?: 'max_accuracy' | 'min_latency' | 'balanced';
  /** Silence after which a turn that reads as complete ends, in milliseconds. */
  readonly min_turn_silence?: number | null;
  /** Silence after which any turn ends, in milliseconds. */
  readonly max_turn_silence?: number | null;
  /** @deprecated Use `min_turn_silence`. */
  readonly min_end_of_turn_silence_when_confident?: number;
  /** Confidence from which a turn ends, 0 to 1. `universal-streaming-*` only. */
  readonly end_of_turn_confidence_threshold?: number;
  /** Probability from which audio counts as speech, 0 to 1. */
  readonly vad_threshold?: number;
  /** Whether finals have punctuation and capitals. `universal-streaming-*` only. */
  readonly format_turns?: boolean;
  /** Words that the model should prefer, at most 100. Replaces the list; an empty one clears it. */
  readonly keyterms_prompt?: readonly string[] | null;
  /** Instructions for the model, at most 1750 characters; empty clears them. Pro models only. */
  readonly prompt?: string | null;
  /** What your voice agent said, as context for the model; at most 1750 characters. Pro models only. */
  readonly agent_context?: string;
  /** Languages to expect, at most 10; an empty list clears them. From the next turn; Pro models only. */
  readonly language_codes?: readonly string[];
  /** Whether profanity is filtered out of the text. */
  readonly filter_profanity?: boolean;
  /** Earliest time of a partial after the start of speech, in milliseconds, 0 to 1000. Pro models only. */
  readonly interruption_delay?: number;
  /** Whether partials come about every second instead of every 3 seconds. Pro models only. */
  readonly continuous_partials?: boolean;
  /** Padding before a turn, in milliseconds. The service does not document it. */
  readonly turn_left_pad_ms?: number;
  /** Whether the service sends a `Heartbeat` every 5 seconds. */
  readonly session_heartbeat?: boolean;
  /** Whether the service reports `Silence` about once a second. Pro models only. */
  readonly acknowledge_silence?: boolean;
}

/** A message for the running session: end the open turn now, change the configuration, or prevent an inactivity timeout. */
export type ControlMessage = ForceEndpoint | UpdateConfiguration | KeepAlive;
