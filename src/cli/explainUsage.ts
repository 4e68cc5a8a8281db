import type { Argv } from 'yargs';
import { mostSimilar } from '../mostSimilar.ts';

/** Turns an error message of yargs, which may have several lines, into one line that says what to do. */
export function explainUsage(
  message: string,
  args: readonly string[],
  command: Argv,
  commandNames: readonly string[],
): string {
  const [, unknown] = /^Unknown arguments?: (.*?)(?:, |$)/.exec(message) ?? [];
  if (args[0] === 'rooms' && message.startsWith('Not enough non-option arguments'))
    return 'the name of the room is missing';
  return unknown === undefined ? rephrase(message) : explainUnknown(unknown, args, command, commandNames);
}

/** Rewords the messages that need neither the arguments nor the command. */
export function rephrase(message: string): string {
  const [, flag, given, choices] = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(message) ?? [];
  if (flag !== undefined) return `--${flag} must be one of ${choices}, not ${given}`;
  const [, alone] = /^Not enough arguments following: (.*)/.exec(message) ?? [];
  if (alone !== undefined) return `--${alone} needs a value`;
  if (message.startsWith('Not enough non-option arguments')) {
    return 'the path is missing: a recording for file (- is stdin), or the folder of a run for resume';
  }
  return message;
}

function explainUnknown(name: string, args: readonly string[], command: Argv, commandNames: readonly string[]): string {
  const token = args
    .map((arg) => arg.replace(/=.*/s, ''))
    .find((arg) => /^-+(no-)?/.test(arg) && withoutDashes(arg) === name);
  if (token !== undefined) return explainOption(token, command);
  if (args.find((arg) => !arg.startsWith('-')) !== name) return `unexpected argument ${name}`;
  if (/[./\\]/.test(name)) return `unknown command ${name}; did you mean rxscribe file ${name}?`;
  const near = mostSimilar(name, commandNames);
  return `unknown command ${name}; ${near ? `did you mean ${near}?` : `the commands are ${commandNames.join(', ')}`}`;
}

function explainOption(token: string, command: Argv): string {
  if (/key$/i.test(token))
    return `unknown option ${token}; the key comes from ASSEMBLYAI_API_KEY, never from an argument`;
  const { key } = (command as unknown as { getOptions(): { key: Readonly<Record<string, unknown>> } }).getOptions();
  const near = mostSimilar(
    withoutDashes(token),
    Object.keys(key).filter((name) => name.length > 1),
  );
  return `unknown option ${token}; ${near ? `did you mean --${near}?` : 'see --help'}`;
}

function withoutDashes(option: string): string {
  return option.replace(/^-+(no-)?/, '');
}
