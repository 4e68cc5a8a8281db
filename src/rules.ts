/** What one option accepts: a test, and its words for the message when the test fails. */
export interface Rule {
  readonly accepts: (value: unknown) => boolean;
  readonly expected: string;
  /** Whether a number belongs here, so that another number is out of its range. */
  readonly numeric?: boolean;
  /** Whether a value must not be shown, whatever is wrong with it. */
  readonly hidden?: boolean;
}

/** One rule per option name; an option without a rule does not exist. */
export type Rules = Readonly<Record<string, Rule>>;

/**
 * Checks options against their rules. An option that is `undefined` counts as not given.
 *
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when anything else is not accepted, or the option does not exist.
 */
export function checkRules(options: object, rules: Rules, prefix = ''): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) {
      throw new TypeError(`unknown option ${prefix}${name}, expected one of ${Object.keys(rules).join(', ')}`);
    }
    if (value !== undefined && !rule.accepts(value)) {
      const Refusal = rule.numeric && typeof value === 'number' ? RangeError : TypeError;
      const instead = rule.hidden ? '' : `, not ${shown(value)}`;
      throw new Refusal(`${prefix}${name} must be ${rule.expected}${instead}`);
    }
  }
}

/** True or false. */
export const bool: Rule = { accepts: (value) => typeof value === 'boolean', expected: 'true or false' };

/** An object of any kind. */
export const object: Rule = { accepts: isRecord, expected: 'an object' };

/** A string, not empty, of at most so many characters. */
export function text(most: number = Infinity): Rule {
  return {
    accepts: (value) => typeof value === 'string' && value !== '' && value.length <= most,
    expected: most === Infinity ? 'a string that is not empty' : `a string of 1 to ${most} characters`,
  };
}

/** A list of at most so many strings. */
export function list(most: number): Rule {
  return {
    accepts: (value) =>
      Array.isArray(value) && value.length <= most && value.every((item: unknown) => typeof item === 'string'),
    expected: `a list of at most ${most} strings`,
  };
}

/** Nothing at all, for a reason. */
export function absent(why: string): Rule {
  return { accepts: () => false, expected: `left out (${why})` };
}

/** A whole number within bounds, both included. */
export function whole(least: number, most: number, unit: string = ''): Rule {
  return {
    accepts: (value) => isWhole(value, least, most),
    expected: `a whole number from ${least} to ${most}${unit && ` (${unit})`}`,
    numeric: true,
  };
}

/** A number within bounds, both included. */
export function range(least: number, most: number, unit: string = ''): Rule {
  return {
    accepts: (value) => isWithin(value, least, most),
    expected: `a number from ${least} to ${most}${unit && ` (${unit})`}`,
    numeric: true,
  };
}

/** One of these values. */
export function oneOf(...values: readonly unknown[]): Rule {
  return {
    accepts: (value) => values.includes(value),
    expected: values.map(shown).join(values.length > 2 ? ', ' : ' or '),
    numeric: typeof values[0] === 'number',
  };
}

function isWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most;
}

export function isWhole(value: unknown, least: number, most: number): boolean {
  return isWithin(value, least, most) && Number.isInteger(value);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How much of a value is shown in a message, in characters. */
const SHOWN = 60;

/** A value as it is shown in a message: as it would be written, or described where that is long. */
export function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const written = JSON.stringify(value) ?? String(value);
  if (written.length <= SHOWN) return written;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'string' ? `a string of ${value.length} characters` : `${written.slice(0, SHOWN)}…`;
}
