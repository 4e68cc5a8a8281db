import type { LLMGatewayConfig, StreamingPiiPolicy } from 'assemblyai/streaming';
import type { ObservableInput } from 'rxjs';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { ControlMessage } from '../../operators/events.ts';
import type { Secret } from './credential.ts';
import type { SpeechModel } from './models.ts';
import type { Fallback } from './relaySettings.ts';
import type { DetectSpeech } from './speechInput.ts';

/** The service's data zones. @see https://www.assemblyai.com/docs/streaming/endpoints-and-data-zones */
export type Region = 'us' | 'eu';

/** An `Agent` of `node:http` or `node:https`, typed so that pages need no types of Node. */
export interface ConnectionAgent {
  destroy(): void;
}

/** A value of a query parameter; lists and objects are sent as JSON. */
export type ExtraParam = string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>;

/** How `transcribe()` connects, reconnects, and limits memory and time. */
export interface ConnectionOptions {
  /** An API key, or a function that returns one; the function is called once per connection. */
  readonly apiKey?: Secret | undefined;
  /**
   * A temporary token instead of a key, or a function that returns one, called once per connection. Pass a function in
   * production: a string opens sessions only until it expires, after 600 s at most, and maybe only once.
   */
  readonly token?: Secret | undefined;
  /** The data zone that may process the audio; instead of `websocketBaseUrl`. @defaultValue the nearest */
  readonly region?: Region;
  /** Address of the service, `wss://` without a query. @defaultValue `'wss://streaming.assemblyai.com/v3/ws'` */
  readonly websocketBaseUrl?: string;
  /**
   * An `Agent` of `node:https` for the connection, for example one for a proxy. Node only. @defaultValue
   * one for the proxy in `HTTPS_PROXY`, unless `NO_PROXY` names the host of the service
   */
  readonly agent?: ConnectionAgent;
  /**
   * Where an earlier process stopped, from `checkpoints()`. The source must start exactly at its `positionMs`; position,
   * numbering, sessions and totals continue there. @defaultValue the beginning
   */
  readonly from?: Checkpoint;
  /**
   * What recognises the audio on this device while the service is out of reach: `local({ model })` of `rxscribe/local`. The
   * service continues at the end of a turn when it answers again; `runsOn` of each `Begin` is where its session runs. It
   * needs `sampleRate: 16000` and `pcm_s16le`. Node only. @defaultValue none
   */
  readonly fallback?: Fallback;
  /** Messages for the running session. If it errors or completes, the transcription continues. */
  readonly control?: ObservableInput<ControlMessage>;
  /** Longest time from dialling to `Begin`, in milliseconds; also the longest time for a key or token function. @defaultValue 10000 */
  readonly connectTimeout?: number;
  /**
   * Longest time from the end of a session's audio to its `Termination`, in milliseconds. The time by which the audio was
   * sent faster than real time is added, and each late turn starts it again. @defaultValue 15000
   */
  readonly terminationTimeout?: number;
  /**
   * Speed at which audio is sent while more than 10 s of it is waiting, in times real time, at least 1. The service closes
   * a connection that sends too far ahead. @defaultValue 1.25
   * @see https://www.assemblyai.com/docs/streaming/message-sequence
   */
  readonly catchUpSpeed?: number;
  /** Whether to continue in a new session when one breaks. @defaultValue true */
  readonly reconnect?: boolean;
  /** Longest outage before the transcription fails, in milliseconds; may be `Infinity`. @defaultValue 300000 */
  readonly maxOutage?: number;
  /** Time within which a connection that is open but dead is noticed, in milliseconds. @defaultValue 10000 */
  readonly stallTimeout?: number;
  /** Audio kept for later sessions, in milliseconds, at least 10000; beyond it the oldest is dropped. @defaultValue 300000 */
  readonly tapeLength?: number;
  /**
   * Longest time from the end of the audio to the end of the transcription, in milliseconds, reconnections included. The
   * length of the audio that the service had not processed is added. After it, the last partial is emitted as a final, and
   * the rest as an `AudioGap`. @defaultValue 300000
   */
  readonly endTimeout?: number;
  /**
   * Time without speech after which the session ends, in milliseconds, at least 1000: the service bills sessions, not
   * speech. When speech begins, the next session opens and is sent the audio from `preRoll` before it. A session stays open
   * for at least 20 s. @defaultValue never
   */
  readonly suspendAfter?: number;
  /** Audio before the speech that a session opened by it is sent, in milliseconds, 0 to 5000. @defaultValue 2000 */
  readonly preRoll?: number;
  /**
   * Detects speech for `suspendAfter`: a function that is called with each frame and returns whether there is speech in it,
   * or an Observable that emits `true` when speech begins and `false` when it ends. All audio counts as speech until the
   * Observable emits, and after the function threw or the Observable failed. @defaultValue the level over the noise in four bands
   */
  readonly detectSpeech?: DetectSpeech;
}

/**
 * Settings of the service, under the SDK's names. rxscribe sets no defaults here: options you omit are not sent, so the
 * defaults of the service apply; those named below are its documented ones.
 *
 * "Pro" means `universal-3-5-pro`, `universal-3-6-pro` and `u3-rt-pro`.
 * @see https://www.assemblyai.com/docs/streaming/api-spec/streaming-websocket
 */
export interface ServiceOptions {
  /** The model. It has no default, because the service's own has changed several times; `universal-3-6-pro` is the current one. */
  readonly speechModel: SpeechModel;
  /** Sample rate of the audio, 8000 to 96000 Hz. */
  readonly sampleRate: number;
  /** Encoding of the samples, mono. Compressed encodings are refused: their length in time is unknown. @defaultValue `'pcm_s16le'` */
  readonly encoding?: 'pcm_s16le' | 'pcm_mulaw';
  /** Preset for silences and the delay of partials. Pro only. @defaultValue `'balanced'` */
  readonly mode?: 'max_accuracy' | 'min_latency' | 'balanced';
  /** Silence that ends a turn which reads as complete, in milliseconds, 50 to 10000. @defaultValue Pro: by `mode`; others: 400 */
  readonly minTurnSilence?: number;
  /** Silence that ends any turn, in milliseconds. @defaultValue Pro: by `mode`; others: 1280 */
  readonly maxTurnSilence?: number;
  /** Longest turn, in milliseconds. Pro only. @defaultValue 60000, or 10000 with `speakerLabels` */
  readonly maxTurnDuration?: number;
  /** Confidence from which a turn ends, 0 to 1. `universal-streaming-*` only. @defaultValue 0.4 */
  readonly endOfTurnConfidenceThreshold?: number;
  /** @deprecated Use `minTurnSilence`. */
  readonly minEndOfTurnSilenceWhenConfident?: number;
  /** Probability from which audio counts as speech, 0 to 1. @defaultValue Pro: 0.2, or 0.5 with `speakerLabels`; others: 0.4 */
  readonly vadThreshold?: number;
  /** Whether finals have punctuation and capitals. `universal-streaming-*` only; Pro always formats. @defaultValue false */
  readonly formatTurns?: boolean;
  /** Earliest partial after the start of speech, in milliseconds, 0 to 1000. Pro only. @defaultValue 500, or 0 with `mode: 'min_latency'` */
  readonly interruptionDelay?: number;
  /** Whether partials come about every second instead of every 3 seconds. Pro only. @defaultValue true, or false with `speakerLabels` */
  readonly continuousPartials?: boolean;
  /** Padding before a turn, in milliseconds. The service does not document it. */
  readonly turnLeftPadMs?: number;
  /** Whether the service sends partials. @defaultValue true, or false with `redactPii` */
  readonly includePartialTurns?: boolean;
  /** Names and terms that the model should prefer: at most 100, of up to 50 characters each. */
  readonly keytermsPrompt?: string[];
  /** @deprecated Use `keytermsPrompt`. */
  readonly keyterms?: string[];
  /** Instructions for the model, at most 1750 characters. Pro only. @defaultValue a prompt of the service */
  readonly prompt?: string;
  /** What your voice agent said, as context for the model; at most 1750 characters. Pro only. */
  readonly agentContext?: string;
  /** Number of earlier turns that the model uses as context, 0 to 100. Pro only. @defaultValue 5 */
  readonly previousContextNTurns?: number;
  /** Languages to expect, at most 10, for example `['en', 'es']`. Other languages are still recognised. Pro only. */
  readonly languageCodes?: string[];
  /** @deprecated Use `languageCodes`. */
  readonly languageCode?: string;
  /** Whether finals have `language_code` and `language_confidence`. @defaultValue false */
  readonly languageDetection?: boolean;
  /** Subject of the speech, for its vocabulary. */
  readonly domain?: 'medical-v1';
  /** Whether to label speakers. @defaultValue false */
  readonly speakerLabels?: boolean;
  /** Highest number of speakers, 1 to 10. */
  readonly maxSpeakers?: number;
  /**
   * Interval between `SpeakerRevision` events while the session runs, in milliseconds of audio. 0 sends one only at the
   * end; the service changes other values to 120000 to 300000. @defaultValue 0
   */
  readonly speakerLabelsRevisionIntervalMs?: number;
  /** Whether the speaker to transcribe is near the microphone or far from it. Pro only. */
  readonly voiceFocus?: 'near-field' | 'far-field';
  /** Strength of `voiceFocus`, 0 to 1. */
  readonly voiceFocusThreshold?: number;
  /** Whether profanity is filtered out of the text. @defaultValue false */
  readonly filterProfanity?: boolean;
  /** Whether personal data is redacted in finals. @defaultValue false */
  readonly redactPii?: boolean;
  /** What `redactPii` redacts, for example `['person_name']`. @defaultValue everything */
  readonly redactPiiPolicies?: StreamingPiiPolicy[];
  /** What replaces redacted text: `#` characters or the name of the policy. @defaultValue `'hash'` */
  readonly redactPiiSub?: 'hash' | 'entity_name';
  /** Whether the service sends a `Heartbeat` every 5 seconds. @defaultValue false */
  readonly sessionHeartbeat?: boolean;
  /** Whether the service reports `Silence` about once a second. Pro only. @defaultValue false */
  readonly acknowledgeSilence?: boolean;
  /** Time without audio or `KeepAlive` after which the service ends the session, in seconds, 5 to 3600. @defaultValue never */
  readonly inactivityTimeout?: number;
  /** A language model that answers each final with an `LLMGatewayResponse`. */
  readonly llmGateway?: LLMGatewayConfig;
  /** Address that the service posts the finals to after a session ends. */
  readonly webhookUrl?: string;
  /** Name of a header that the service sends to `webhookUrl`. */
  readonly webhookAuthHeaderName?: string;
  /** Value of that header. It is a secret: no error shows it. */
  readonly webhookAuthHeaderValue?: string;
  /** Whether the service records the audio. Only in agreement with AssemblyAI's support. @defaultValue false */
  readonly customerSupportAudioCapture?: boolean;
  /**
   * Query parameters that rxscribe does not know, under the service's names, for example `{ new_setting: true }`. They are
   * sent unchecked; the service ignores names it does not know.
   */
  readonly extraParams?: Readonly<Record<string, ExtraParam>>;
}

/**
 * Options of `transcribe()`: the settings of the service and how to connect to it. An option that the service or the SDK
 * would ignore or refuse throws when `transcribe()` is called.
 */
export interface TranscribeOptions extends ConnectionOptions, ServiceOptions {}
