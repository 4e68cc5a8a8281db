import type { StreamingTranscriberParams } from 'assemblyai/streaming';
import { isObservable } from 'rxjs';
import {
  bool,
  checkOptionRules,
  describeValue,
  integer,
  isRecord,
  list,
  object,
  oneOf,
  range,
  text,
  unsupported,
} from '../optionRules.ts';
import type { OptionRule } from '../optionRules.ts';
import { KNOWN_MODELS, isUniversalStreaming } from './models.ts';
import type { TranscribeOptions } from './options.ts';

/** Twelve days, in milliseconds: half of a timer's range, so that sums of two are safe. */
const LONGEST_MS = 2 ** 30;
const millis = integer(0, LONGEST_MS, 'ms');
const share = range(0, 1);
/** A credential is checked when it is used, and never shown. */
const secret: OptionRule = { accepts: () => true, expected: 'a key' };
const NO_RETRIES = unsupported('transcribe() decides when to connect again; see reconnect and maxOutage');
const MONO = unsupported('a transcription has one channel; run one per channel and merge their turns');

/** Every option and what it accepts. Limits are the service's (docs, "Streaming API"). */
const RULES: Readonly<Record<keyof TranscribeOptions | keyof StreamingTranscriberParams, OptionRule>> = {
  apiKey: secret,
  token: secret,
  speechModel: text(100),
  sampleRate: integer(8000, 96_000, 'Hz'),
  encoding: oneOf('pcm_s16le', 'pcm_mulaw'),
  region: oneOf('us', 'eu'),
  websocketBaseUrl: {
    accepts: (value) => typeof value === 'string' && isAddress(value),
    expected: 'a wss:// address without a query',
  },
  agent: {
    accepts: (value) => isRecord(value) && typeof value['addRequest'] === 'function',
    expected: 'an Agent of node:https',
  },
  from: { accepts: isCheckpoint, expected: 'a checkpoint of checkpoints()', hidden: true },
  fallback: {
    accepts: (value) => isRecord(value) && typeof value['start'] === 'function',
    expected: 'what local() of rxscribe/local returns',
  },
  control: {
    accepts: (value) => typeof value === 'object' && value !== null,
    expected: 'an Observable of control messages',
  },
  connectTimeout: integer(1, LONGEST_MS, 'ms'),
  terminationTimeout: integer(1, LONGEST_MS, 'ms'),
  catchUpSpeed: range(1, Infinity, 'times real time'),
  reconnect: bool,
  maxOutage: range(0, Infinity, 'ms'),
  stallTimeout: integer(1, LONGEST_MS, 'ms'),
  tapeLength: integer(10_000, LONGEST_MS, 'ms'),
  endTimeout: integer(1, LONGEST_MS, 'ms'),
  suspendAfter: integer(1000, LONGEST_MS, 'ms'),
  preRoll: integer(0, 5000, 'ms'),
  detectSpeech: {
    accepts: (value) => typeof value === 'function' || isObservable(value),
    expected: 'a function or an Observable',
  },
  maxConnectionRetries: NO_RETRIES,
  connectionRetryDelay: NO_RETRIES,
  mode: oneOf('max_accuracy', 'min_latency', 'balanced'),
  minTurnSilence: millis,
  maxTurnSilence: millis,
  maxTurnDuration: integer(1, LONGEST_MS, 'ms'),
  endOfTurnConfidenceThreshold: share,
  minEndOfTurnSilenceWhenConfident: millis,
  vadThreshold: share,
  formatTurns: bool,
  interruptionDelay: integer(0, 1000, 'ms'),
  continuousPartials: bool,
  turnLeftPadMs: millis,
  includePartialTurns: bool,
  keytermsPrompt: list(100),
  keyterms: list(100),
  prompt: text(1750),
  agentContext: text(1750),
  previousContextNTurns: integer(0, 100, 'turns'),
  languageCodes: list(10),
  languageCode: text(),
  languageDetection: bool,
  domain: oneOf('medical-v1'),
  speakerLabels: bool,
  maxSpeakers: integer(1, 10),
  speakerLabelsRevisionIntervalMs: integer(0, 86_400_000, 'ms'),
  voiceFocus: oneOf('near-field', 'far-field'),
  voiceFocusThreshold: share,
  filterProfanity: bool,
  redactPii: bool,
  redactPiiPolicies: list(100),
  redactPiiSub: oneOf('hash', 'entity_name'),
  sessionHeartbeat: bool,
  acknowledgeSilence: bool,
  inactivityTimeout: integer(5, 3600, 's'),
  llmGateway: object,
  webhookUrl: text(),
  webhookAuthHeaderName: text(),
  webhookAuthHeaderValue: { ...text(), hidden: true },
  customerSupportAudioCapture: bool,
  extraParams: object,
  channels: MONO,
  channelAttribution: MONO,
};

const CHECKPOINT_NUMBERS = [
  'positionMs',
  'turnOrder',
  'session',
  'sentMs',
  'replayedMs',
  'gapMs',
  'reconnects',
] as const;

/** Checkpoints of earlier versions lack these. */
const NEWER_NUMBERS = ['skippedMs', 'openMs'] as const;

function isCheckpoint(value: unknown): boolean {
  if (!isRecord(value) || !Array.isArray(value['gaps']) || !Array.isArray(value['controls'])) return false;
  const isAmount = (amount: unknown): boolean => Number.isFinite(amount) && Number(amount) >= 0;
  return (
    CHECKPOINT_NUMBERS.every((name) => isAmount(value[name])) &&
    NEWER_NUMBERS.every((name) => isAmount(value[name] ?? 0))
  );
}

/** Options that the service refuses with `universal-streaming-*` models (seen live: error 3006). */
const PRO_ONLY = ['mode', 'prompt'] as const;

/**
 * Checks the options of `transcribe()`, each by its rule and all of them for contradictions.
 *
 * @throws {TypeError | RangeError} naming the option, its value (never a key's) and what it accepts.
 */
export function checkTranscribeOptions(options: TranscribeOptions): void {
  if (!isRecord(options)) throw new TypeError(`options must be an object, not ${describeValue(options)}`);
  const { speechModel, sampleRate, voiceFocus, voiceFocusThreshold, extraParams = {} } = options;
  checkOptionRules(options, RULES, '', 'extraParams sends parameters that rxscribe does not know');
  if (speechModel === undefined) {
    throw new TypeError(`speechModel is missing; there is no default: choose one of ${KNOWN_MODELS.join(', ')}`);
  }
  if (sampleRate === undefined) throw new TypeError('sampleRate is missing; there is no default');
  onlyOne(options, 'region', 'websocketBaseUrl');
  onlyOne(options, 'minTurnSilence', 'minEndOfTurnSilenceWhenConfident');
  onlyOne(options, 'keytermsPrompt', 'keyterms');
  onlyOne(options, 'languageCodes', 'languageCode');
  if (voiceFocusThreshold !== undefined && voiceFocus === undefined) {
    throw new TypeError('voiceFocusThreshold needs voiceFocus');
  }
  if (options.fallback) checkFallback(options);
  const idle = (['preRoll', 'detectSpeech'] as const).find((name) => options[name] !== undefined);
  if (idle && options.suspendAfter === undefined) throw new TypeError(`${idle} needs suspendAfter`);
  const refused = PRO_ONLY.find((name) => options[name] !== undefined);
  if (refused && isUniversalStreaming(speechModel)) {
    throw new TypeError(`${refused} does not work with ${speechModel}; use universal-3-6-pro, or omit ${refused}`);
  }
  for (const [name, value] of Object.entries(extraParams)) checkExtraParam(name, value);
}

function checkFallback({ fallback, sampleRate, encoding, reconnect }: TranscribeOptions): void {
  if (reconnect === false)
    throw new TypeError('fallback needs reconnect: without it, nothing follows a broken session');
  if (fallback && (sampleRate !== fallback.sampleRate || encoding === 'pcm_mulaw')) {
    throw new TypeError(`fallback needs sampleRate ${fallback.sampleRate} and encoding 'pcm_s16le'`);
  }
}

/** A parameter that has an option must use it, because rxscribe relies on what the option says. */
function checkExtraParam(name: string, value: unknown): void {
  const option = Object.keys(RULES).find((known) => wireName(known) === name);
  if (option) throw new TypeError(`extraParams.${name} has an option of its own; use ${option}`);
  if (typeof value === 'string' || Number.isFinite(value) || typeof value === 'boolean') return;
  try {
    if (value !== null && typeof value === 'object' && JSON.stringify(value) !== undefined) return;
  } catch {
    // a cycle or a BigInt
  }
  throw new TypeError(`extraParams.${name} must be a string, a number, a boolean, a list or an object`);
}

/** The service's name of an option. */
export function wireName(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The SDK accepts no other scheme, and drops a query. */
function isAddress(given: string): boolean {
  return URL.canParse(given) && new URL(given).protocol === 'wss:' && new URL(given).search === '';
}

function onlyOne(options: TranscribeOptions, a: keyof TranscribeOptions, b: keyof TranscribeOptions): void {
  if (options[a] !== undefined && options[b] !== undefined) throw new TypeError(`give ${a} or ${b}, not both`);
}
