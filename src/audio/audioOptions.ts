import { bool, checkOptionRules, isRecord, isIntegerWithin, oneOf, range, integer } from '../optionRules.ts';
import type { OptionRules } from '../optionRules.ts';

/** The format that every source emits. The options exist so that it can be stated; other values are refused. */
export interface DeliveredFormat {
  /** Channels of the output. Several channels are averaged, unless `channelMap` picks one. @defaultValue 1 */
  readonly channels?: 1;
  /** The encoding of a sample: 16-bit signed little-endian. @defaultValue 'int16' */
  readonly dtype?: 'int16';
}

/** The sample rates that decibri supports, in hertz. */
const RATE = integer(1000, 384_000, 'hertz');

/** Rules for the options that `microphone` and `audioFile` share. The ranges are those of decibri 5.7. */
export const CONDITIONING_RULES: OptionRules = {
  sampleRate: RATE,
  channels: {
    accepts: (value) => value === 1,
    expected: '1, because the output is mono (to use one of several channels, set channelMap to its index in brackets)',
  },
  dtype: { accepts: (value) => value === 'int16', expected: "'int16', because the output has 16-bit samples" },
  channelMap: {
    accepts: (value) => Array.isArray(value) && value.length === 1 && isIntegerWithin(value[0], 0, 65_535),
    expected: 'the index of one channel in brackets, such as [0]',
  },
  dcRemoval: bool,
  denoise: oneOf('fastenhancer-t'),
  highpass: oneOf(80, 100),
  agc: integer(-40, -3, 'dBFS'),
  limiter: range(-3, 0, 'dBFS'),
};

const VAD: OptionRules = {
  model: oneOf('silero', 'energy'),
  threshold: range(0, 1, 'score'),
  holdoffMs: range(0, Number.MAX_SAFE_INTEGER, 'milliseconds'),
  source: oneOf(0),
};

const AEC: OptionRules = {
  model: oneOf('tau'),
  tailMs: range(16, 500, 'milliseconds'),
  suppression: oneOf('conservative', 'off'),
  referenceSampleRate: RATE,
  referenceChannels: integer(1, 65_535, 'channels'),
};

/** Rules for all options of a recorder. */
export const CAPTURE_RULES: OptionRules = {
  ...CONDITIONING_RULES,
  channels: integer(1, 32),
  framesPerBuffer: integer(64, 65_536, 'samples'),
  device: { accepts: isDevice, expected: 'an index, part of a name, or { id }', numeric: true },
  vad: {
    accepts: (value) => value === false || typeof value === 'string' || isRecord(value),
    expected: "false, 'silero', 'energy', or an object with a model",
  },
  modelPath: { accepts: (value) => typeof value === 'string' && value !== '', expected: 'a path' },
  aec: {
    accepts: (value) => typeof value === 'string' || isRecord(value),
    expected: "'tau', or an object with a model",
  },
};

/** Checks each option of a recorder, then those that depend on the sample rate. */
export function checkRecorderOptions(options: { sampleRate?: number; vad?: unknown; aec?: unknown }): void {
  checkOptionRules(options, CAPTURE_RULES);
  checkMono(options);
  const { sampleRate = 16_000, vad, aec } = options;
  const detector = checkModelOption('vad', vad === false ? undefined : vad, VAD);
  if (detector === 'silero' && sampleRate !== 8000 && sampleRate !== 16_000) {
    throw new RangeError(`sampleRate must be 8000 or 16000 with vad 'silero', not ${sampleRate}`);
  }
  if (checkModelOption('aec', aec, AEC) !== undefined && !isIntegerWithin(sampleRate, 8000, 48_000)) {
    throw new RangeError(`sampleRate must be 8000 to 48000 with aec, not ${sampleRate}`);
  }
}

/** Options that cannot be used with several channels. */
const MONO_ONLY = ['channelMap', 'dcRemoval', 'denoise', 'highpass', 'agc', 'limiter'];

/** @throws {TypeError} when an option that works on mono is used with several channels. */
export function checkMono(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  const { channels = 1 } = given;
  if (channels === 1) return;
  const used = MONO_ONLY.find((name) => given[name] !== undefined && given[name] !== false);
  if (used) throw new TypeError(`${used} must be left out with channels ${String(channels)}, because it works on mono`);
}

/** Checks an option that is the name of a model or an object with one, and returns the name. */
export function checkModelOption(name: string, value: unknown, rules: OptionRules): unknown {
  if (value === undefined) {
    return undefined;
  }
  const settings = isRecord(value) ? value : { model: value };
  checkOptionRules({ ...settings, model: settings['model'] ?? null }, rules, `${name}.`);
  return settings['model'];
}

function isDevice(value: unknown): boolean {
  return (
    isIntegerWithin(value, 0, Number.MAX_SAFE_INTEGER) ||
    (typeof value === 'string' && value !== '') ||
    (isRecord(value) && typeof value['id'] === 'string' && value['id'] !== '')
  );
}
