/** Returns the canonical text of a value, or what is wrong with it in the words of the service. */
export type Check = (value: string) => Checked;

/** `at` is the position of a wrong list item. */
export type Checked = { readonly value: string } | { readonly error: string; readonly at?: number };

const TRUE = new Set(['true', '1', 'yes', 'on', 't', 'y']);
const FALSE = new Set(['false', '0', 'no', 'off', 'f', 'n']);

export const anything: Check = (value) => ({ value });

/** A boolean in any form that pydantic reads, such as Python's `True`. */
export const boolean: Check = (value) => {
  const lower = value.toLowerCase();
  if (TRUE.has(lower)) return { value: 'true' };
  if (FALSE.has(lower)) return { value: 'false' };
  return { error: 'Input should be a valid boolean, unable to interpret input' };
};

/** A number from 0 to 1. */
export const fraction: Check = (value) => {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isNaN(number)) return { error: 'Input should be a valid number, unable to parse string as a number' };
  return inRange(value, number, 0, 1);
};

export const json: Check = (value) => (parse(value) === undefined ? { error: 'Value error, Invalid JSON' } : { value });

export function oneOf(values: readonly string[]): Check {
  return (value) => (values.includes(value) ? { value } : { error: `Input should be ${alternatives(values)}` });
}

export function integer(min: number, max: number): Check {
  return (value) => (isInteger(value) ? inRange(value, Number(value), min, max) : { error: noInteger(value) });
}

/** An integer that is accepted from 0 to `max` and clamped to `least`..`most`; 0 stays 0. */
export function clampedInteger(max: number, least: number, most: number): Check {
  return (value) => {
    const checked = integer(0, max)(value);
    const clamped = Math.min(most, Math.max(least, Number(value)));
    return 'error' in checked || Number(value) === 0 ? checked : { value: String(clamped) };
  };
}

/** Rates have a text of their own. */
export const sampleRate: Check = (value) => {
  if (!isInteger(value)) return { error: noInteger(value) };
  if (Number(value) < 8000) return { error: 'Value error, sample_rate must be at least 8,000 Hz' };
  return Number(value) > 96_000 ? { error: 'Value error, sample_rate must be at most 96,000 Hz' } : { value };
};

export function encoding(values: readonly string[]): Check {
  return (value) => (values.includes(value) ? { value } : { error: `'${value}' is not a valid Encoding` });
}

export function text(name: string, max: number): Check {
  return (value) => {
    const { length } = Array.from(value);
    if (length <= max) return { value };
    return { error: `Value error, ${name} exceeds maximum length of ${max} characters (got ${length})` };
  };
}

/** A JSON list of strings. */
export function list(max: number): Check {
  return (value) => {
    const items = strings(value);
    if (items === undefined) return { error: 'Value error, Invalid JSON array' };
    return items.length <= max ? { value } : { error: `Value error, Max ${max} items` };
  };
}

/** A JSON list of codes, or one bare code. */
export function codes(known: readonly string[]): Check {
  return (value) => {
    const items = strings(value) ?? [value];
    if (items.length > 10) return { error: 'Value error, Max 10 items' };
    const at = items.findIndex((item) => !known.includes(item));
    if (at >= 0) return { error: `Input should be ${alternatives(known)}`, at };
    if (items.includes('multi') && items.length > 1) return { error: "Value error, 'multi' must be the only code" };
    return { value: JSON.stringify(items) };
  };
}

/** The texts of pydantic for a number out of range. */
export function inRange(value: string, number: number, min: number, max: number): Checked {
  if (number < min) return { error: `Input should be greater than or equal to ${min}` };
  return number > max ? { error: `Input should be less than or equal to ${max}` } : { value };
}

function isInteger(value: string): boolean {
  return /^[+-]?\d+$/.test(value.trim());
}

function noInteger(value: string): string {
  return `Value error, invalid literal for int() with base 10: '${value}'`;
}

/** `'a', 'b' or 'c'`. */
function alternatives(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  return [quoted.slice(0, -1).join(', '), quoted.at(-1)].filter(Boolean).join(' or ');
}

function strings(value: string): string[] | undefined {
  const items = parse(value);
  return Array.isArray(items) && items.every((item) => typeof item === 'string') ? items : undefined;
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}
