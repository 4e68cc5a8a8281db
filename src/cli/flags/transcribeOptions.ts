import type { TranscribeOptions } from '../../streaming/options.ts';
import { KEY_VARIABLE, setting } from '../environment.ts';
import type { ServiceFlags } from './serviceFlags.ts';
import { UsageError } from '../usageError.ts';

/** Options that `--param` does not set, and what to use instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  apiKey: 'set ASSEMBLYAI_API_KEY in the environment',
  token: 'set ASSEMBLYAI_API_KEY in the environment',
  control: 'the command line has no control messages',
  encoding: 'the command line sends pcm_s16le',
  speechModel: 'use --speech-model',
  sampleRate: 'use --sample-rate',
  websocketBaseUrl: 'use --url',
  region: 'use --region',
  keyterms: 'use --keyterms',
  keytermsPrompt: 'use --keyterms',
  speakerLabels: 'use --speaker-labels',
  languageCodes: 'use --language-codes',
  reconnect: 'use --no-reconnect',
  suspendAfter: 'use --suspend-after',
  detectSpeech: 'the command line chooses it',
};

/** Stands for a missing key until all other options are validated. */
const NO_KEY = 'no-key';

/** Path of the streaming endpoint, added to an address without a path. */
const STREAM_PATH = '/v3/ws';

/**
 * Builds the options of `transcribe()` from the flags and the environment; `transcribe()` validates them.
 * A missing key is left to `checkKeyIsSet`, so that other mistakes are reported first.
 *
 * @throws {UsageError} if a `--param` is malformed or has a flag of its own.
 */
export function transcribeOptions(flags: ServiceFlags): TranscribeOptions {
  const { speechModel, sampleRate, url, region, keyterms, speakerLabels, languageCodes, reconnect, param = [] } = flags;
  checkCost(flags);
  const { suspendAfter } = flags;
  const options = {
    apiKey: setting(KEY_VARIABLE)?.trim() || NO_KEY,
    speechModel,
    sampleRate,
    reconnect,
    ...(url !== undefined && { websocketBaseUrl: withPath(url) }),
    ...(region !== undefined && { region }),
    ...(keyterms !== undefined && { keytermsPrompt: keyterms }),
    ...(speakerLabels !== undefined && { speakerLabels }),
    ...(languageCodes !== undefined && { languageCodes }),
    ...(suspendAfter !== undefined && { suspendAfter: Math.round(1000 * suspendAfter) }),
    ...Object.fromEntries(param.map(parameter)),
  };
  return options as TranscribeOptions;
}

function checkCost({ suspendAfter = 1, price = 0 }: ServiceFlags): void {
  if (!(suspendAfter >= 1 && suspendAfter <= 86_400)) {
    throw new UsageError(`--suspend-after must be 1 to 86400 seconds, not ${suspendAfter}`);
  }
  if (!(price >= 0 && price < Infinity)) throw new UsageError(`--price must be a price of an hour, not ${price}`);
}

export function isKeySet(): boolean {
  return Boolean(setting(KEY_VARIABLE)?.trim());
}

/** @throws {UsageError} if the key is missing. */
export function checkKeyIsSet(): void {
  if (isKeySet()) return;
  throw new UsageError(
    'no API key; get one at https://www.assemblyai.com/dashboard and set ASSEMBLYAI_API_KEY in the environment or in a ' +
      '.env file, or try rxscribe demo, which needs none',
  );
}

function withPath(url: string): string {
  return URL.canParse(url) && new URL(url).pathname === '/' ? new URL(STREAM_PATH, url).href : url;
}

function parameter(text: string): readonly [string, unknown] {
  const [, name, value] = /^\s*(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError('--param takes name=value, such as --param maxTurnSilence=800');
  }
  if (Object.hasOwn(ELSEWHERE, name)) throw new UsageError(`--param does not set ${name}; ${ELSEWHERE[name]}`);
  return [name, parsed(value)];
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
