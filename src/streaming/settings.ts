import type { StreamingTranscriberParams } from 'assemblyai/streaming';
import { credentialOf } from './credential.ts';
import type { CredentialSettings } from './credential.ts';
import { isUniversalStreaming } from './models.ts';
import type { ConnectionAgent, Region, TranscribeOptions } from './options.ts';
import type { RelaySettings, SuspensionSettings } from './relaySettings.ts';
import { SpeechInput } from './speechInput.ts';
import { checkTranscribeOptions, wireName } from './transcribeOptionRules.ts';

/** The checked settings of a transcription, with defaults. */
export interface SessionSettings extends CredentialSettings, RelaySettings {
  /** The SDK's parameters, without the credential. */
  readonly params: StreamingTranscriberParams;
  /** Query parameters that the SDK would leave out, or does not know. */
  readonly extraQuery: Readonly<Record<string, string>>;
  readonly agent: ConnectionAgent | undefined;
  /** Whether an unformatted final is followed by its formatted copy. */
  readonly awaitFormatted: boolean;
  readonly terminationTimeout: number;
}

const URL_OF_REGION: Readonly<Record<Region, string>> = {
  us: 'wss://streaming.us.assemblyai.com/v3/ws',
  eu: 'wss://streaming.eu.assemblyai.com/v3/ws',
};

/** Options that the SDK (4.41.5) does not know, drops when falsy, or writes to the console about. */
const SENT_BY_US = [
  'speechModel',
  'formatTurns',
  'filterProfanity',
  'endOfTurnConfidenceThreshold',
  'maxTurnSilence',
  'maxTurnDuration',
  'previousContextNTurns',
] as const;

/** Longest address that is tried, in characters: Node and many proxies accept 16 KB of headers, of which it is one. */
const LONGEST_ADDRESS = 15_000;

/**
 * Checks the options of `transcribe()` and returns the settings for its sessions.
 *
 * @throws {TypeError | RangeError} naming the option, its value (never a key's) and what it accepts.
 */
export function sessionSettings(options: TranscribeOptions): SessionSettings {
  checkTranscribeOptions(options);
  checkAddressLength(options);
  const { sampleRate, encoding = 'pcm_s16le', speechModel, connectTimeout = 10_000 } = options;
  return {
    params: { ...sdkParams(options), connectTimeout },
    extraQuery: extraQuery(options),
    agent: options.agent,
    ...credentialOf(options),
    format: { sampleRate, encoding },
    awaitFormatted: options.formatTurns === true && isUniversalStreaming(speechModel),
    hasPartials: options.includePartialTurns ?? options.redactPii !== true,
    connectTimeout,
    terminationTimeout: options.terminationTimeout ?? 15_000,
    catchUpSpeed: options.catchUpSpeed ?? 1.25,
    reconnect: options.reconnect ?? true,
    maxOutage: options.maxOutage ?? 300_000,
    stallTimeout: options.stallTimeout ?? 10_000,
    tapeLength: options.tapeLength ?? 300_000,
    endTimeout: options.endTimeout ?? 300_000,
    suspension: suspensionSettings(options),
    from: options.from,
  };
}

function suspensionSettings(options: TranscribeOptions): SuspensionSettings | undefined {
  const { suspendAfter, preRoll = 2000, detectSpeech, sampleRate, encoding = 'pcm_s16le' } = options;
  if (suspendAfter === undefined) return undefined;
  const format = { sampleRate, encoding };
  return { suspendAfter, preRoll, speechInput: (onFailure) => new SpeechInput(format, detectSpeech, onFailure) };
}

/** The settings with another `connectTimeout`; the SDK has its own copy of it. */
export function withConnectTimeout(settings: SessionSettings, connectTimeout: number): SessionSettings {
  return { ...settings, connectTimeout, params: { ...settings.params, connectTimeout } };
}

/** The SDK's parameters; deprecated names are replaced, because the SDK writes warnings about them to the console. */
function sdkParams(options: TranscribeOptions): StreamingTranscriberParams {
  const {
    apiKey,
    token,
    region,
    control,
    agent,
    from,
    fallback,
    terminationTimeout,
    catchUpSpeed,
    extraParams,
    suspendAfter,
    preRoll,
    detectSpeech,
    ...service
  } = options;
  const { speechModel, previousContextNTurns, maxTurnDuration, customerSupportAudioCapture, ...rest } = service;
  // oxlint-disable-next-line typescript/no-deprecated -- deprecated names are replaced here
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
  const { customerSupportAudioCapture: capture, extraParams = {} } = options;
  const given = SENT_BY_US.filter((name) => options[name] !== undefined);
  return {
    ...Object.fromEntries(given.map((name) => [wireName(name), String(options[name])])),
    ...(capture !== undefined && { _customer_support_audio_capture: String(capture) }),
    ...Object.fromEntries(Object.entries(extraParams).map(([name, value]) => [name, queryValue(value)])),
  };
}

function queryValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Every setting is part of the address, and a server or proxy refuses a long one without naming the cause. */
function checkAddressLength({
  apiKey,
  token,
  control,
  agent,
  from,
  fallback,
  detectSpeech,
  ...options
}: TranscribeOptions): void {
  const lengths = Object.entries(options).map(([name, value]) => {
    const { length } = new URLSearchParams({ [name]: queryValue(value) }).toString();
    return { name, length };
  });
  const total = lengths.reduce((sum, { length }) => sum + length, 0);
  if (total <= LONGEST_ADDRESS) return;
  const { name, length } = lengths.reduce((a, b) => (b.length > a.length ? b : a));
  throw new RangeError(
    `the options make an address of ${total} characters, ${LONGEST_ADDRESS} at most; shorten ${name}, which takes ${length}`,
  );
}
