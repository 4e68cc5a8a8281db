import type { ArgumentsCamelCase, Argv, Options } from 'yargs';
import { fromEnvironment, isOn } from '../environment.ts';
import { UsageError } from '../usage.ts';

type Kebab<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `-${Lowercase<First>}`}${Kebab<Rest>}`
  : Name;

/** One declaration per flag; the flag `sampleRate` is declared, and typed by people, as `sample-rate`. */
export type Declarations<Flags> = { readonly [Name in keyof Flags & string as Kebab<Name>]-?: Options };

/** What a command's file holds: its flags with examples, and what it does. */
export interface Command<Flags> {
  readonly builder: (command: Argv<object>) => Argv<Flags>;
  readonly handler: (flags: ArgumentsCamelCase<Flags>) => Promise<void>;
}

/** Flags that every command has. */
export interface CommonFlags {
  readonly verbose: boolean;
}

export const COMMON: Declarations<CommonFlags> = {
  verbose: { type: 'boolean', default: false, describe: 'Show the stack of an error' },
};

/** Declares the flags of a command, and lets `RXSCRIBE_<OPTION>` set those that no argument sets. */
export function declare<Flags>(command: Argv<object>, declarations: Declarations<Flags>): Argv<Flags> {
  const options = declarations as Readonly<Record<string, Options>>;
  const environment = Object.entries(fromEnvironment(Object.keys(options)));
  const config = environment.map(([name, value]) => [name, options[name]?.type === 'boolean' ? isOn(value) : value]);
  return command
    .options(options)
    .config(Object.fromEntries(config) as object)
    .check((flags) => givenOnce(flags, options)) as unknown as Argv<Flags>;
}

/** yargs makes a list of an option that is repeated. */
function givenOnce(flags: object, options: Readonly<Record<string, Options>>): true {
  for (const [name, value] of Object.entries(flags)) {
    if (Array.isArray(value) && options[name] && !options[name].array && !options[name].coerce) {
      throw new UsageError(`--${name} is given more than once`);
    }
  }
  return true;
}

/** Makes a coercion that takes a number, and the names of numbers that are not written in digits. */
export function number(flag: string, names: Readonly<Record<string, number>> = {}): (value: unknown) => number {
  return (value) => {
    const read = names[String(value).toLowerCase()] ?? (value === '' ? Number.NaN : Number(value));
    if (Number.isNaN(read)) throw new UsageError(`--${flag} must be a number, not ${JSON.stringify(value)}`);
    return read;
  };
}

/** Takes a list written with commas: `a,b`. */
export function list(value: string): string[] {
  const given: unknown = value;
  const texts = Array.isArray(given) ? given : [given];
  return texts
    .flatMap((text) => String(text).split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
