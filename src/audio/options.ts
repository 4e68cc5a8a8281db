/** The format that every source delivers, for those who spell it out: anything else is refused. */
export interface DeliveredFormat {
  /** Channels delivered: any number is averaged into one, or one is picked by `channelMap`. @defaultValue 1 */
  readonly channels?: 1;
  /** How a sample is written. @defaultValue 'int16' */
  readonly dtype?: 'int16';
}

/** What one option accepts: a test, and its words for the message when the test fails. */
export interface Rule {
  readonly accepts: (value: unknown) => boolean;
  readonly expected: string;
  /** Whether a number belongs here, so that another number is out of its range. */
  readonly numeric?: boolean;
}

/** One rule per option name; an option without a rule does not exist. */
export type Rules = Readonly<Record<string, Rule>>;

/** What decibri takes for the sample rate of a recorder or a file, in hertz. */
const RATE = whole(1000, 384_000, 'hertz');

/** The options that `microphone` and `audioFile` share. The ranges are those of decibri 5.7. */
export const CONDITIONING: Rules = {
  sampleRate: RATE,
  channels: {
    accepts: (value) => value === 1,
    expected: '1, since mono is what leaves (to take one channel of many, set channelMap to its index in brackets)',
  },
  dtype: { accepts: (value) => value === 'int16', expected: "'int16', since 16-bit samples are what leaves" },
  channelMap: {
    accepts: (value) => Array.isArray(value) && value.length === 1 && isWhole(value[0], 0, 65_535),
    expected: 'the index of one channel in brackets, such as [0]',
  },
  dcRemoval: { accepts: (value) => typeof value === 'boolean', expected: 'true or false' },
  denoise: oneOf('fastenhancer-t'),
  highpass: oneOf(80, 100),
  agc: whole(-40, -3, 'dBFS'),
  limiter: range(-3, 0, 'dBFS'),
};

const VAD: Rules = {
  model: oneOf('silero', 'energy'),
  threshold: range(0, 1, 'score'),
  holdoffMs: range(0, Number.MAX_SAFE_INTEGER, 'milliseconds'),
  source: oneOf(0),
};

const AEC: Rules = {
  model: oneOf('tau'),
  tailMs: range(16, 500, 'milliseconds'),
  suppression: oneOf('conservative', 'off'),
  referenceSampleRate: RATE,
  referenceChannels: whole(1, 65_535, 'channels'),
};

/** The options that only a recorder has. */
export const CAPTURE: Rules = {
  ...CONDITIONING,
  framesPerBuffer: whole(64, 65_536, 'samples'),
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

/**
 * Checks options against their rules. An option that is `undefined` counts as not given.
 *
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when anything else is not accepted, or the option does not exist.
 */
export function checkOptions(options: object, rules: Rules, prefix = ''): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) {
      throw new TypeError(`unknown option ${prefix}${name}, expected one of ${Object.keys(rules).join(', ')}`);
    }
    if (value !== undefined && !rule.accepts(value)) {
      const Refusal = rule.numeric && typeof value === 'number' ? RangeError : TypeError;
      throw new Refusal(`${prefix}${name} must be ${rule.expected}, got ${shown(value)}`);
    }
  }
}

/** Checks the options of a recorder: each by itself, then those that depend on the sample rate. */
export function checkCapture(options: { sampleRate?: number; vad?: unknown; aec?: unknown }): void {
  checkOptions(options, CAPTURE);
  const { sampleRate = 16_000, vad, aec } = options;
  const detector = checkModel('vad', vad === false ? undefined : vad, VAD);
  if (detector === 'silero' && sampleRate !== 8000 && sampleRate !== 16_000) {
    throw new RangeError(`sampleRate must be 8000 or 16000 with vad 'silero', got ${sampleRate}`);
  }
  if (checkModel('aec', aec, AEC) !== undefined && !isWhole(sampleRate, 8000, 48_000)) {
    throw new RangeError(`sampleRate must be 8000 to 48000 with aec, got ${sampleRate}`);
  }
}

/** Checks an option that is the name of a model or an object with one, and gives that name. */
function checkModel(name: string, value: unknown, rules: Rules): unknown {
  if (value === undefined) {
    return undefined;
  }
  const given = isRecord(value) ? value : { model: value };
  checkOptions({ ...given, model: given['model'] ?? null }, rules, `${name}.`);
  return given['model'];
}

function whole(least: number, most: number, unit: string): Rule {
  return {
    accepts: (value) => isWhole(value, least, most),
    expected: `a whole number from ${least} to ${most} (${unit})`,
    numeric: true,
  };
}

function range(least: number, most: number, unit: string): Rule {
  return {
    accepts: (value) => isWithin(value, least, most),
    expected: `a number from ${least} to ${most} (${unit})`,
    numeric: true,
  };
}

function oneOf(...values: readonly unknown[]): Rule {
  return {
    accepts: (value) => values.includes(value),
    expected: values.map(shown).join(' or '),
    numeric: typeof values[0] === 'number',
  };
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return isWithin(value, least, most) && Number.isInteger(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDevice(value: unknown): boolean {
  return (
    isWhole(value, 0, Number.MAX_SAFE_INTEGER) ||
    (typeof value === 'string' && value !== '') ||
    (isRecord(value) && typeof value['id'] === 'string' && value['id'] !== '')
  );
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}
