import type { ArgumentsCamelCase, Argv, Options } from 'yargs';
import { optionsFromEnvironment, isOn } from '../environment.ts';
import { UsageError } from '../usageError.ts';

type Kebab<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `-${Lowercase<First>}`}${Kebab<Rest>}`
  : Name;

/** One declaration per flag, under its name on the command line: `sample-rate` for `sampleRate`. */
export type Declarations<Flags> = { readonly [Name in keyof Flags & string as Kebab<Name>]-?: Options };

/** A command: its flags with examples, and its handler. */
export interface Command<Flags> {
  readonly builder: (command: Argv<object>) => Argv<Flags>;
  readonly handler: (flags: ArgumentsCamelCase<Flags>) => Promise<void>;
}

/** The flags of every command. */
export interface CommonFlags {
  readonly verbose: boolean;
}

export const COMMON: Declarations<CommonFlags> = {
  verbose: { type: 'boolean', default: false, describe: 'Print the stack of an error' },
};

/** Puts flags under a heading of the help. */
export function inGroup<Flags>(group: string, declarations: Declarations<Flags>): Declarations<Flags> {
  const entries = Object.entries(declarations as Readonly<Record<string, Options>>);
  return Object.fromEntries(entries.map(([name, options]) => [name, { ...options, group }])) as Declarations<Flags>;
}

/** Declares the flags of a command. `RXSCRIBE_<OPTION>` sets a flag that no argument sets. */
export function declareFlags<Flags>(command: Argv<object>, declarations: Declarations<Flags>): Argv<Flags> {
  const options = declarations as Readonly<Record<string, Options>>;
  const environment = Object.entries(optionsFromEnvironment(Object.keys(options)));
  const config = environment.map(([name, value]) => [name, options[name]?.type === 'boolean' ? isOn(value) : value]);
  return command
    .options(options)
    .config(Object.fromEntries(config) as object)
    .check((flags) => checkValues(flags, options)) as unknown as Argv<Flags>;
}

/** Rejects an empty value, and a repeated option, which yargs turns into an array. */
function checkValues(flags: object, options: Readonly<Record<string, Options>>): true {
  for (const [name, value] of Object.entries(flags)) {
    if (value === '' && options[name]?.requiresArg) throw new UsageError(`--${name} needs a value`);
    if (Array.isArray(value) && options[name] && !options[name].array && !options[name].coerce) {
      throw new UsageError(`--${name} is given more than once`);
    }
  }
  return true;
}

/** Returns a coercion to a number that also accepts the given names of numbers. */
export function number(flag: string, names: Readonly<Record<string, number>> = {}): (value: unknown) => number {
  return (value) => {
    const parsed = names[String(value).toLowerCase()] ?? (value === '' ? Number.NaN : Number(value));
    if (Number.isNaN(parsed)) throw new UsageError(`--${flag} must be a number, not ${JSON.stringify(value)}`);
    return parsed;
  };
}

/** Coerces a comma-separated list: `a,b`. */
export function list(value: string): string[] {
  const given: unknown = value;
  const texts = Array.isArray(given) ? given : [given];
  return texts
    .flatMap((text) => String(text).split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
