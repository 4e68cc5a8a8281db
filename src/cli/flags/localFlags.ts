import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isOn, optionsFromEnvironment } from '../environment.ts';
import { UsageError } from '../usageError.ts';
import { inGroup } from './declareFlags.ts';
import type { Declarations } from './declareFlags.ts';
import { SERVICE } from './serviceFlags.ts';
import type { ServiceFlags } from './serviceFlags.ts';

/** The flags of every command that can recognise on this device. */
export interface LocalFlags {
  /** Directory or name of the model; empty for the default one, `undefined` for the service. */
  readonly local?: string;
}

export const LOCAL: Declarations<LocalFlags> = inGroup('Recognition:', {
  local: {
    type: 'string',
    coerce: (value: unknown) => modelOf(value, 'local'),
    describe: 'Recognise on this device, without the service and a key: the directory of a model, see rxscribe models',
  },
});

/** The flag of commands that use the service, and this device only while the service is out of reach. */
export interface FallbackFlags {
  /** Directory or name of the model; empty for the default one. */
  readonly fallback?: string;
}

export const FALLBACK: Declarations<FallbackFlags> = inGroup('Recognition:', {
  fallback: {
    type: 'string',
    coerce: (value: unknown) => modelOf(value, 'fallback'),
    describe: 'Recognise on this device while the service is out of reach: the directory of a model, as for --local',
  },
});

/** Why a flag has no effect on this device. */
const CLOUD_ONLY: Readonly<Partial<Record<keyof ServiceFlags, string>>> = {
  speechModel: 'the model is the directory that --local names',
  sampleRate: 'models on this device take 16000 Hz',
  url: 'no service is used',
  region: 'no service is used',
  keyterms: 'models on this device do not take words to expect',
  speakerLabels: 'models on this device do not distinguish speakers',
  languageCodes: 'the language is that of the model',
  reconnect: 'there is no connection',
  suspendAfter: 'nothing is billed',
  price: 'nothing is billed',
  param: 'it sets options of the service',
};

/** @throws {UsageError} if an argument has no effect together with `--local`. Variables for the service are ignored. */
export function rejectCloudFlags(flags: Partial<ServiceFlags>): void {
  const declared: Readonly<Record<string, { readonly default?: unknown }>> = SERVICE;
  for (const [name, reason] of Object.entries(CLOUD_ONLY)) {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const value = flags[name as keyof ServiceFlags];
    if (value === undefined || value === declared[flag]?.default) continue;
    if (flag in optionsFromEnvironment([flag])) continue;
    throw new UsageError(`--${name === 'reconnect' ? 'no-reconnect' : flag} has no effect with --local: ${reason}`);
  }
}

/** A variable may also mean yes or no. */
export function modelOf(value: unknown, flag: string): string | undefined {
  if (Array.isArray(value)) throw new UsageError(`--${flag} is given more than once`);
  const text = String(value);
  if (['true', 'yes', 'on', '1'].includes(text.toLowerCase())) return '';
  if (value === undefined || (text !== '' && !isOn(text))) return undefined;
  return text !== '' && existsSync(text) ? resolve(text) : text; // a run may be continued from another directory
}
