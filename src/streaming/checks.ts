/** Throws when a value is not one that an option takes; names the option and the value. */
export type Check = (name: string, value: unknown) => void;

/** True or false. */
export const bool: Check = (name, value) => {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false, not ${show(value)}`);
};

/** A string, not empty, of at most so many characters. */
export const text =
  (maxLength: number = Infinity): Check =>
  (name, value) => {
    if (typeof value !== 'string') throw new TypeError(`${name} must be a string, not ${show(value)}`);
    if (value === '') throw new RangeError(`${name} is empty; leave it out instead`);
    if (value.length > maxLength) {
      throw new RangeError(`${name} has ${value.length} characters; the service takes at most ${maxLength}`);
    }
  };

/** One of these strings. */
export const oneOf =
  (...values: readonly string[]): Check =>
  (name, value) => {
    if (typeof value !== 'string' || !values.includes(value)) {
      throw new RangeError(`${name} must be one of ${values.join(', ')}, not ${show(value)}`);
    }
  };

/** A number within bounds, both included. */
export const numeric =
  (min: number, max: number, unit: string = '', whole: boolean = true): Check =>
  (name, value) => {
    if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${show(value)}`);
    if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
      const kind = whole ? 'a whole number' : 'a number';
      throw new RangeError(`${name} must be ${kind} from ${min} to ${max}${unit && ` ${unit}`}, not ${value}`);
    }
  };

/** A list of at most so many strings. */
export const list =
  (max: number): Check =>
  (name, value) => {
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
      throw new TypeError(`${name} must be a list of strings, not ${show(value)}`);
    }
    if (value.length > max) {
      throw new RangeError(`${name} has ${value.length} entries; the service takes at most ${max}`);
    }
  };

/** An object of any kind. */
export const object: Check = (name, value) => {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} must be an object, not ${show(value)}`);
};

/** Nothing at all, for a reason. */
export const unsupported =
  (why: string): Check =>
  (name) => {
    throw new TypeError(`${name}: ${why}`);
  };

/** A value as it is shown in a message. */
export function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'a list' : String(value);
}
