import { mostSimilar } from './mostSimilar.ts';

/** What one option accepts: a test, and the text for the message when the test fails. */
export interface OptionRule {
  readonly accepts: (value: unknown) => boolean;
  readonly expected: string;
  /** Whether the option is a number; a number that is not accepted is then a `RangeError`. */
  readonly numeric?: boolean;
  /** Whether the value is a secret, so that no message may show it. */
  readonly hidden?: boolean;
}

/** One rule per option name; an option without a rule does not exist. */
export type OptionRules = Readonly<Record<string, OptionRule>>;

/**
 * Checks options against their rules. An option that is `undefined` counts as omitted.
 *
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when anything else is not accepted, or the option does not exist.
 * @param prefix Put before each name in a message.
 * @param hint What else to do about an unknown option.
 */
export function checkOptionRules(options: object, rules: OptionRules, prefix = '', hint = ''): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) throw unknownOption(name, rules, prefix, hint);
    if (value !== undefined && !rule.accepts(value)) {
      const Refusal = rule.numeric && typeof value === 'number' ? RangeError : TypeError;
      const instead = rule.hidden ? '' : `, not ${describeValue(value)}`;
      throw new Refusal(`${prefix}${name} must be ${rule.expected}${instead}`);
    }
  }
}

/** The most names that a message lists. */
const MOST_LISTED = 20;

function unknownOption(name: string, rules: OptionRules, prefix: string, hint: string): TypeError {
  const names = Object.keys(rules);
  const similar = mostSimilar(name, names);
  const unknown = `unknown option ${prefix}${name}`;
  if (similar) return new TypeError(`${unknown}; did you mean ${prefix}${similar}?`);
  if (names.length <= MOST_LISTED) return new TypeError(`${unknown}, expected one of ${names.join(', ')}`);
  return new TypeError(hint ? `${unknown}; ${hint}` : unknown);
}

/** True or false. */
export const bool: OptionRule = { accepts: (value) => typeof value === 'boolean', expected: 'true or false' };

/** An object of any kind. */
export const object: OptionRule = { accepts: isRecord, expected: 'an object' };

/** A string, not empty, of at most so many characters. */
export function text(most: number = Infinity): OptionRule {
  return {
    accepts: (value) => typeof value === 'string' && value !== '' && value.length <= most,
    expected: most === Infinity ? 'a string that is not empty' : `a string of 1 to ${most} characters`,
  };
}

/** A list of at most so many strings. */
export function list(most: number): OptionRule {
  return {
    accepts: (value) =>
      Array.isArray(value) && value.length <= most && value.every((item: unknown) => typeof item === 'string'),
    expected: `a list of at most ${most} strings`,
  };
}

/** An option that is not supported here, and why. */
export function unsupported(why: string): OptionRule {
  return { accepts: () => false, expected: `left out (${why})` };
}

/** An integer within bounds, both included. */
export function integer(least: number, most: number, unit: string = ''): OptionRule {
  return {
    accepts: (value) => isIntegerWithin(value, least, most),
    expected: `a whole number from ${least} to ${most}${unit && ` (${unit})`}`,
    numeric: true,
  };
}

/** A number within bounds, both included. */
export function range(least: number, most: number, unit: string = ''): OptionRule {
  return {
    accepts: (value) => isWithin(value, least, most),
    expected: `a number from ${least} to ${most}${unit && ` (${unit})`}`,
    numeric: true,
  };
}

/** One of these values. */
export function oneOf(...values: readonly unknown[]): OptionRule {
  return {
    accepts: (value) => values.includes(value),
    expected: values.map(describeValue).join(values.length > 2 ? ', ' : ' or '),
    numeric: typeof values[0] === 'number',
  };
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

/** Whether a value is an integer within bounds, both included. */
export function isIntegerWithin(value: unknown, least: number, most: number): boolean {
  return isWithin(value, least, most) && Number.isInteger(value);
}

/** Whether a value is an object, but not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The longest value shown in full in a message, in characters. */
const LONGEST_SHOWN = 60;

/** A value as shown in a message: as JSON, or a description if that is long. */
export function describeValue(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const json = jsonOf(value) ?? String(value);
  if (json.length <= LONGEST_SHOWN) return json;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'string' ? `a string of ${value.length} characters` : `${json.slice(0, LONGEST_SHOWN)}…`;
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return typeof value === 'object' ? 'an object with a cycle or a BigInt' : undefined;
  }
}
