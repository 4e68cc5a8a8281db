import { bool, checkOptionRules, isRecord, isIntegerWithin, oneOf, range, integer } from '../optionRules.ts';
import type { OptionRules } from '../optionRules.ts';

/** The format that every source delivers, for those who spell it out: anything else is refused. */
export interface DeliveredFormat {
  /** Channels delivered: any number is averaged into one, or one is picked by `channelMap`. @defaultValue 1 */
  readonly channels?: 1;
  /** How a sample is written. @defaultValue 'int16' */
  readonly dtype?: 'int16';
}

/** What decibri takes for the sample rate of a recorder or a file, in hertz. */
const RATE = integer(1000, 384_000, 'hertz');

/** The options that `microphone` and `audioFile` share. The ranges are those of decibri 5.7. */
export const CONDITIONING: OptionRules = {
  sampleRate: RATE,
  channels: {
    accepts: (value) => value === 1,
    expected: '1, since mono is what leaves (to take one channel of many, set channelMap to its index in brackets)',
  },
  dtype: { accepts: (value) => value === 'int16', expected: "'int16', since 16-bit samples are what leaves" },
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

/** The options that only a recorder has. */
export const CAPTURE: OptionRules = {
  ...CONDITIONING,
  framesPerBuffer: integer(64, 65_536, 'samples'),
  device: { accepts: isDevice, expected: 'an index, a part of a name, or { id }', numeric: true },
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

/** Checks the options of a recorder: each by itself, then those that depend on the sample rate. */
export function checkCapture(options: { sampleRate?: number; vad?: unknown; aec?: unknown }): void {
  checkOptionRules(options, CAPTURE);
  const { sampleRate = 16_000, vad, aec } = options;
  const detector = checkModel('vad', vad === false ? undefined : vad, VAD);
  if (detector === 'silero' && sampleRate !== 8000 && sampleRate !== 16_000) {
    throw new RangeError(`sampleRate must be 8000 or 16000 with vad 'silero', not ${sampleRate}`);
  }
  if (checkModel('aec', aec, AEC) !== undefined && !isIntegerWithin(sampleRate, 8000, 48_000)) {
    throw new RangeError(`sampleRate must be 8000 to 48000 with aec, not ${sampleRate}`);
  }
}

/** Checks an option that is the name of a model or an object with one, and gives that name. */
export function checkModel(name: string, value: unknown, rules: OptionRules): unknown {
  if (value === undefined) {
    return undefined;
  }
  const given = isRecord(value) ? value : { model: value };
  checkOptionRules({ ...given, model: given['model'] ?? null }, rules, `${name}.`);
  return given['model'];
}

function isDevice(value: unknown): boolean {
  return (
    isIntegerWithin(value, 0, Number.MAX_SAFE_INTEGER) ||
    (typeof value === 'string' && value !== '') ||
    (isRecord(value) && typeof value['id'] === 'string' && value['id'] !== '')
  );
}
