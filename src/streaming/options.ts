import type { StreamingSpeechModel, StreamingTranscriberParams } from 'assemblyai/streaming';
import type { ObservableInput } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import {
  unsupported,
  bool,
  checkOptionRules,
  isRecord,
  list,
  object,
  oneOf,
  range,
  describeValue,
  text,
  integer,
} from '../optionRules.ts';
import type { OptionRule } from '../optionRules.ts';
import { credentialOf } from './credential.ts';
import type { CredentialSettings, Secret } from './credential.ts';

export type { Secret } from './credential.ts';

/** The service's data zones. @see https://www.assemblyai.com/docs/streaming/endpoints-and-data-zones */
export type Region = 'us' | 'eu';

type Refused = 'channels' | 'channelAttribution';
type Redefined = 'apiKey' | 'token' | 'speechModel' | 'sampleRate' | 'encoding';
type SdkOptions = Readonly<Omit<StreamingTranscriberParams, Refused | Redefined>>;

/**
 * Options of `transcribe()`: every option of the SDK's transcriber under its name, and ours. What the service or the
 * SDK would ignore or refuse is refused when `transcribe()` is called.
 */
export interface TranscribeOptions extends SdkOptions {
  /** An API key, or a function that returns one; it is asked once per connection. */
  readonly apiKey?: Secret | undefined;
  /**
   * A temporary token instead of a key, or a function that returns one; it is asked once per connection. A string lets
   * sessions in for as long as it is fresh, 600 s at most, and the service may take it only once: to come back after a break,
   * give a function.
   */
  readonly token?: Secret | undefined;
  /**
   * The model. There is no default: the service's own has changed several times. `u3-pro`, which the SDK's type allows, is
   * not one that the service knows.
   */
  readonly speechModel: Exclude<StreamingSpeechModel, 'u3-pro'>;
  /** Samples per second of the audio, 8000 to 96000 Hz. */
  readonly sampleRate: number;
  /** Sample encoding, mono. Compressed encodings have no fixed length per millisecond and are refused. @defaultValue 'pcm_s16le' */
  readonly encoding?: 'pcm_s16le' | 'pcm_mulaw';
  /** The data zone that may process the audio; instead of `websocketBaseUrl`. @defaultValue the nearest */
  readonly region?: Region;
  /** Messages for the running session. Its errors and its completion do not touch the transcription. */
  readonly control?: ObservableInput<ControlMessage>;
  /**
   * How long a connection may take, up to the service's `Begin`, in milliseconds; before that, as long for the key or token
   * where a function returns it. @defaultValue 10000
   */
  readonly connectTimeout?: number;
  /**
   * How long a session may take to tell its last turns after its audio ended, in milliseconds; added to it is the time by
   * which the audio was sent faster than real time. @defaultValue 5000
   */
  readonly terminationTimeout?: number;
  /**
   * How fast recorded audio may be sent when there is more than 10 s of it to catch up with, in times real time. The
   * service closes a connection that sends too far ahead. @defaultValue 1.25
   * @see https://www.assemblyai.com/docs/streaming/message-sequence
   */
  readonly catchUpSpeed?: number;
  /** Whether to go on in a new session when one breaks. @defaultValue true */
  readonly reconnect?: boolean;
  /** How long the service may be out of reach before that is an error, in milliseconds; may be Infinity. @defaultValue 300000 */
  readonly maxOutage?: number;
  /** Within which time a connection that is open but dead is noticed, in milliseconds. @defaultValue 10000 */
  readonly stallTimeout?: number;
  /** How much audio is kept for sessions to come, in milliseconds; past it the oldest is given up. @defaultValue 300000 */
  readonly tapeLength?: number;
  /**
   * How long everything after the end of the audio may take, in milliseconds, reconnections included; added to it is the
   * length of the audio that the service had not heard yet, or not had the time to. Then the last
   * partial is ended as it is, and what was not transcribed is reported. @defaultValue 300000
   */
  readonly endTimeout?: number;
}

/** What a session needs to know, checked. */
export interface SessionSettings extends CredentialSettings {
  /** The SDK's parameters, without the credential. */
  readonly params: StreamingTranscriberParams;
  /** Query parameters that the SDK leaves out of the URL although they were asked for. */
  readonly extraQuery: Readonly<Record<string, string>>;
  readonly format: PcmFormat;
  /** Whether an unformatted final is followed by its formatted copy. */
  readonly awaitFormatted: boolean;
  /** Whether turns are told of before they end. */
  readonly hasPartials: boolean;
  readonly connectTimeout: number;
  readonly terminationTimeout: number;
  readonly catchUpSpeed: number;
  readonly reconnect: boolean;
  readonly maxOutage: number;
  readonly stallTimeout: number;
  readonly tapeLength: number;
  readonly endTimeout: number;
}

const URL_OF_REGION: Readonly<Record<Region, string>> = {
  us: 'wss://streaming.us.assemblyai.com/v3/ws',
  eu: 'wss://streaming.eu.assemblyai.com/v3/ws',
};

/** Names on the wire of the options whose falsy values the SDK drops (4.41.5), or for which it writes to the console. */
const WIRE_NAME = {
  formatTurns: 'format_turns',
  filterProfanity: 'filter_profanity',
  endOfTurnConfidenceThreshold: 'end_of_turn_confidence_threshold',
  maxTurnSilence: 'max_turn_silence',
  customerSupportAudioCapture: '_customer_support_audio_capture',
} as const;

/** Twelve days, in milliseconds: a timer takes twice as much, so that sums of two are safe. */
const LONGEST_MS = 2 ** 30;
const millis = integer(0, LONGEST_MS, 'ms');
const share = range(0, 1);
/** Whether it is well formed is looked at when it is used, and its value never shown. */
const secret: OptionRule = { accepts: () => true, expected: 'a key' };
const NO_RETRIES = unsupported('transcribe() decides when to connect again; see reconnect and maxOutage');

/** Every option and what it takes. Limits are the service's (docs, "Streaming API"). */
const RULES: Readonly<Record<keyof TranscribeOptions | keyof StreamingTranscriberParams, OptionRule>> = {
  apiKey: secret,
  token: secret,
  speechModel: oneOf(
    'u3-rt-pro',
    'u3-rt-pro-beta-1',
    'universal-3-5-pro',
    'universal-3-6',
    'universal-3-6-pro',
    'universal-streaming-english',
    'universal-streaming-multilingual',
    'whisper-rt',
  ),
  sampleRate: integer(8000, 96_000, 'Hz'),
  encoding: oneOf('pcm_s16le', 'pcm_mulaw'),
  region: oneOf('us', 'eu'),
  control: {
    accepts: (value) => typeof value === 'object' && value !== null,
    expected: 'an Observable of control messages',
  },
  websocketBaseUrl: {
    accepts: (value) => typeof value === 'string' && isAddress(value),
    expected: 'a wss:// address without a query',
  },
  connectTimeout: integer(1, LONGEST_MS, 'ms'),
  terminationTimeout: integer(1, LONGEST_MS, 'ms'),
  catchUpSpeed: range(1, Infinity, 'times real time'),
  reconnect: bool,
  maxOutage: range(0, Infinity, 'ms'),
  stallTimeout: integer(1, LONGEST_MS, 'ms'),
  tapeLength: integer(10_000, LONGEST_MS, 'ms'),
  endTimeout: integer(1, LONGEST_MS, 'ms'),
  maxConnectionRetries: NO_RETRIES,
  connectionRetryDelay: NO_RETRIES,
  endOfTurnConfidenceThreshold: share,
  minEndOfTurnSilenceWhenConfident: millis,
  minTurnSilence: millis,
  maxTurnSilence: millis,
  vadThreshold: share,
  formatTurns: bool,
  sessionHeartbeat: bool,
  acknowledgeSilence: bool,
  filterProfanity: bool,
  keyterms: list(100),
  keytermsPrompt: list(100),
  prompt: text(1750),
  agentContext: text(1750),
  languageCode: text(),
  languageCodes: list(10),
  languageDetection: bool,
  domain: oneOf('medical-v1'),
  inactivityTimeout: integer(5, 3600, 's'),
  speakerLabels: bool,
  maxSpeakers: integer(1, 10),
  speakerLabelsRevisionIntervalMs: integer(0, 86_400_000, 'ms'),
  voiceFocus: oneOf('near-field', 'far-field'),
  voiceFocusThreshold: share,
  continuousPartials: bool,
  interruptionDelay: integer(0, 1000, 'ms'),
  turnLeftPadMs: millis,
  customerSupportAudioCapture: bool,
  includePartialTurns: bool,
  redactPii: bool,
  redactPiiPolicies: list(100),
  redactPiiSub: oneOf('hash', 'entity_name'),
  mode: oneOf('max_accuracy', 'min_latency', 'balanced'),
  llmGateway: object,
  webhookUrl: text(),
  webhookAuthHeaderName: text(),
  webhookAuthHeaderValue: { ...text(), hidden: true },
  channels: unsupported('one transcription hears one mono channel; run one per channel and merge their turns'),
  channelAttribution: unsupported('one transcription hears one mono channel; run one per channel'),
};

/**
 * Checks the options of `transcribe()` and turns them into what a session needs.
 *
 * @throws {TypeError | RangeError} naming the option and its value (never a key's) and what it takes.
 */
export function checkOptions(options: TranscribeOptions): SessionSettings {
  if (!isRecord(options)) throw new TypeError(`options must be an object, not ${describeValue(options)}`);
  checkOptionRules(options, RULES);
  for (const name of ['speechModel', 'sampleRate'] as const) {
    if (options[name] === undefined) throw new TypeError(`${name} is missing; there is no default`);
  }
  onlyOne(options, 'region', 'websocketBaseUrl');
  onlyOne(options, 'minTurnSilence', 'minEndOfTurnSilenceWhenConfident');
  onlyOne(options, 'keytermsPrompt', 'keyterms');
  onlyOne(options, 'languageCodes', 'languageCode');
  if (options.voiceFocusThreshold !== undefined && options.voiceFocus === undefined) {
    throw new TypeError('voiceFocusThreshold needs voiceFocus');
  }

  const { sampleRate, encoding = 'pcm_s16le', speechModel, connectTimeout = 10_000 } = options;
  return {
    params: { ...sdkParams(options), connectTimeout },
    extraQuery: extraQuery(options),
    ...credentialOf(options),
    format: { sampleRate, encoding },
    awaitFormatted: options.formatTurns === true && speechModel.startsWith('universal-streaming-'),
    hasPartials: options.includePartialTurns ?? options.redactPii !== true,
    connectTimeout,
    terminationTimeout: options.terminationTimeout ?? 5000,
    catchUpSpeed: options.catchUpSpeed ?? 1.25,
    reconnect: options.reconnect ?? true,
    maxOutage: options.maxOutage ?? 300_000,
    stallTimeout: options.stallTimeout ?? 10_000,
    tapeLength: options.tapeLength ?? 300_000,
    endTimeout: options.endTimeout ?? 300_000,
  };
}

/** The SDK's own names for what was asked, deprecated spellings brought up to date (it warns of them on the console). */
function sdkParams(options: TranscribeOptions): StreamingTranscriberParams {
  const { apiKey, token, region, control, terminationTimeout, catchUpSpeed, customerSupportAudioCapture, ...rest } =
    options;
  // oxlint-disable-next-line typescript/no-deprecated -- what is deprecated is brought up to date here
  const { keyterms, languageCode, minEndOfTurnSilenceWhenConfident, ...params } = rest;
  return {
    ...params,
    ...(region && { websocketBaseUrl: URL_OF_REGION[region] }),
    ...(keyterms && { keytermsPrompt: keyterms }),
    ...(languageCode !== undefined && { languageCodes: [languageCode] }),
    ...(minEndOfTurnSilenceWhenConfident !== undefined && { minTurnSilence: minEndOfTurnSilenceWhenConfident }),
    encoding: params.encoding ?? 'pcm_s16le',
    maxConnectionRetries: 0,
  };
}

function extraQuery(options: TranscribeOptions): Record<string, string> {
  const asked = Object.entries(WIRE_NAME).filter(([name]) => options[name as keyof typeof WIRE_NAME] !== undefined);
  return Object.fromEntries(
    asked.map(([name, wireName]) => [wireName, String(options[name as keyof typeof WIRE_NAME])]),
  );
}

/** The SDK takes no other scheme, and drops a query. */
function isAddress(given: string): boolean {
  return URL.canParse(given) && new URL(given).protocol === 'wss:' && new URL(given).search === '';
}

function onlyOne(options: TranscribeOptions, a: keyof TranscribeOptions, b: keyof TranscribeOptions): void {
  if (options[a] !== undefined && options[b] !== undefined) throw new TypeError(`give ${a} or ${b}, not both`);
}
