import type {
  AudioGap,
  Begin,
  ControlReceived,
  Heartbeat,
  LLMGatewayResponse,
  Reconnecting,
  Resumed,
  Silence,
  SpeakerRevision,
  SpeechStarted,
  Stats,
  Suspended,
  Termination,
  Warning,
} from '../events.ts';

/** The fields of an event that a test sets; the others have plausible values. */
export type Fields<Event> = { readonly [Name in Exclude<keyof Event, 'type'>]?: Event[Name] };

/** Creates a `Begin`: the start of a session. */
export function begin(fields: Fields<Begin> = {}): Begin {
  return {
    type: 'Begin',
    session: 0,
    id: '00000000-0000-4000-8000-000000000000',
    expires_at: 4_102_444_800, // in the year 2100
    ...fields,
  };
}

/** Creates a `Termination`: the normal end of a session. */
export function termination(fields: Fields<Termination> = {}): Termination {
  return { type: 'Termination', session: 0, ...fields };
}

/** Creates a `SpeechStarted`. */
export function speechStarted(fields: Fields<SpeechStarted> = {}): SpeechStarted {
  return { type: 'SpeechStarted', session: 0, timestamp: 0, ...fields };
}

/** Creates a `SpeakerRevision`: `speakerRevision({ revisions: [{ turn_order: 0, speaker_label: 'B' }] })`. */
export function speakerRevision(fields: Fields<SpeakerRevision> = {}): SpeakerRevision {
  return { type: 'SpeakerRevision', session: 0, revisions: [], ...fields };
}

/** Creates a `Heartbeat`. */
export function heartbeat(fields: Fields<Heartbeat> = {}): Heartbeat {
  return {
    type: 'Heartbeat',
    session: 0,
    total_audio_received_ms: 5000,
    total_duration_ms: 5000,
    realtime_factor: 1,
    max_speech_probability: 0,
    ...fields,
  };
}

/** Creates a `Silence`. */
export function silence(fields: Fields<Silence> = {}): Silence {
  return { type: 'Silence', session: 0, start_ms: 0, end_ms: 1000, ...fields };
}

/** Creates a `Warning`. */
export function warning(fields: Fields<Warning> = {}): Warning {
  return { type: 'Warning', session: 0, warning_code: 0, warning: 'something is wrong', ...fields };
}

/** Creates an `LLMGatewayResponse`. */
export function llmGatewayResponse(fields: Fields<LLMGatewayResponse> = {}): LLMGatewayResponse {
  return { type: 'LLMGatewayResponse', session: 0, turn_order: 0, transcript: '', data: {}, ...fields };
}

/** Creates a `Reconnecting`: the connection failed and will be retried. */
export function reconnecting(fields: Fields<Reconnecting> = {}): Reconnecting {
  return {
    type: 'Reconnecting',
    session: 0,
    attempt: 1,
    delayMs: 250,
    replayMs: 0,
    reason: 'the connection was lost',
    ...fields,
  };
}

/** Creates a `Suspended`: there was no speech for long, and nothing is open. */
export function suspended(fields: Fields<Suspended> = {}): Suspended {
  return { type: 'Suspended', session: 0, atMs: 0, ...fields };
}

/** Creates a `Resumed`: there is speech again. */
export function resumed(fields: Fields<Resumed> = {}): Resumed {
  return { type: 'Resumed', session: 0, atMs: 0, ...fields };
}

/** Creates an `AudioGap`: `audioGap({ startMs: 5000, endMs: 8000 })`. */
export function audioGap(fields: Fields<AudioGap> = {}): AudioGap {
  return { type: 'AudioGap', session: 0, startMs: 0, endMs: 1000, reason: 'tape-full', ...fields };
}

/** Creates a `ControlReceived`: `controlReceived({ atMs: 5000, message: { type: 'ForceEndpoint' } })`. */
export function controlReceived(fields: Fields<ControlReceived> = {}): ControlReceived {
  return { type: 'ControlReceived', session: 0, atMs: 0, message: { type: 'ForceEndpoint' }, ...fields };
}

/** Creates a `Stats`. Without other fields, all audio of `capturedMs` was sent and, except for `gapMs` and `skippedMs`, transcribed. */
export function stats(fields: Fields<Stats> = {}): Stats {
  const { capturedMs = 0, gapMs = 0, skippedMs = 0 } = fields;
  return {
    type: 'Stats',
    session: 0,
    capturedMs,
    sentMs: capturedMs - skippedMs,
    replayedMs: 0,
    transcribedMs: capturedMs - gapMs - skippedMs,
    gapMs,
    skippedMs,
    openMs: capturedMs - skippedMs,
    sessions: 1,
    reconnects: 0,
    finalDelayMs: undefined,
    ...fields,
  };
}
