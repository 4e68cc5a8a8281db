import type { Argv } from 'yargs';

/** Turns an error message of yargs, which may have several lines, into one line that says what to do. */
export function explainUsage(message: string, args: readonly string[], command: Argv): string {
  const [, unknown] = /^Unknown arguments?: (.*?)(?:, |$)/.exec(message) ?? [];
  return unknown === undefined ? rephrase(message) : explainUnknown(unknown, args, command);
}

/** Rewords the messages that need neither the arguments nor the command. */
export function rephrase(message: string): string {
  const [, flag, given, choices] = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(message) ?? [];
  if (flag !== undefined) return `--${flag} must be one of ${choices}, not ${given}`;
  const [, alone] = /^Not enough arguments following: (.*)/.exec(message) ?? [];
  if (alone !== undefined) return `--${alone} needs a value`;
  if (message.startsWith('Not enough non-option arguments')) return 'the path of the recording is missing; - is stdin';
  return message;
}

const COMMANDS = ['listen', 'file', 'devices', 'doctor', 'demo', 'models', 'serve'];

function explainUnknown(name: string, args: readonly string[], command: Argv): string {
  const token = args
    .map((arg) => arg.replace(/=.*/s, ''))
    .find((arg) => /^-+(no-)?/.test(arg) && withoutDashes(arg) === name);
  if (token !== undefined) return explainOption(token, command);
  if (args.find((arg) => !arg.startsWith('-')) !== name) return `unexpected argument ${name}`;
  if (/[./\\]/.test(name)) return `unknown command ${name}; did you mean rxscribe file ${name}?`;
  const near = nearest(name, COMMANDS);
  return `unknown command ${name}; ${near ? `did you mean ${near}?` : `the commands are ${COMMANDS.join(', ')}`}`;
}

function explainOption(token: string, command: Argv): string {
  if (/key$/i.test(token))
    return `unknown option ${token}; the key comes from ASSEMBLYAI_API_KEY, never from an argument`;
  const { key } = (command as unknown as { getOptions(): { key: Readonly<Record<string, unknown>> } }).getOptions();
  const near = nearest(
    withoutDashes(token),
    Object.keys(key).filter((name) => name.length > 1),
  );
  return `unknown option ${token}; ${near ? `did you mean --${near}?` : 'see --help'}`;
}

function withoutDashes(option: string): string {
  return option.replace(/^-+(no-)?/, '');
}

/** The candidate closest to a misspelt or unfinished word. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: candidate.startsWith(word) ? 0 : editDistance(word, candidate) }))
    .toSorted((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best && best.edits <= Math.min(3, Math.ceil(word.length / 2)) ? best.candidate : undefined;
}

/** The Levenshtein distance of two words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const letter of a) {
    const next = [(row[0] ?? 0) + 1];
    for (const [at, other] of Array.from(b).entries()) {
      next.push(Math.min((next[at] ?? 0) + 1, (row[at + 1] ?? 0) + 1, (row[at] ?? 0) + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
