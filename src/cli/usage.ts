import type { Argv } from 'yargs';

/** The program was called wrongly; the message says how to call it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs what checks options when it is called; a wrong option becomes wrong usage, under the flag people gave it by. */
export function checked<T>(build: () => T): T {
  try {
    return build();
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause;
    throw new UsageError(asFlags(cause.message), { cause });
  }
}

/** Flags whose names differ from the option behind them by more than spelling. */
const FLAG: Readonly<Record<string, string>> = {
  apiKey: 'ASSEMBLYAI_API_KEY',
  websocketBaseUrl: '--url',
  'give region or': 'give --region or',
  keytermsPrompt: '--keyterms',
  channelMap: '--channel',
};

/** Options that are flags under the same name; all others come by `--param`. */
const SAME =
  /^(speechModel|sampleRate|region|speakerLabels|languageCodes|speed|device|vad|denoise|highpass|agc|limiter|dcRemoval|framesPerBuffer|modelPath)\b/;

function asFlags(message: string): string {
  const [, unknown] = /^unknown option (\w+)/.exec(message) ?? [];
  if (unknown !== undefined) return `--param: there is no option ${unknown}`;
  const named = message.replace(
    SAME,
    (name) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
  return Object.entries(FLAG).reduce(
    (text, [name, flag]) => text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), flag),
    named,
  );
}

/** Turns what yargs has to say, in as many lines as it likes, into one line with a way out. */
export function explain(message: string, args: readonly string[], command: Argv): string {
  const [, unknown] = /^Unknown arguments?: (.*?)(?:, |$)/.exec(message) ?? [];
  return unknown === undefined ? rephrase(message) : explainUnknown(unknown, args, command);
}

/** The part of `explain` that takes nothing but the message. */
export function rephrase(message: string): string {
  const [, flag, given, choices] = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(message) ?? [];
  if (flag !== undefined) return `--${flag} must be one of ${choices}, not ${given}`;
  const [, alone] = /^Not enough arguments following: (.*)/.exec(message) ?? [];
  if (alone !== undefined) return `--${alone} needs a value`;
  if (message.startsWith('Not enough non-option arguments')) return 'the path of the recording is missing; - is stdin';
  return message;
}

const COMMANDS = ['listen', 'file', 'devices', 'doctor', 'demo', 'serve'];

function explainUnknown(name: string, args: readonly string[], command: Argv): string {
  const token = args.map((arg) => arg.replace(/=.*/s, '')).find((arg) => /^-+(no-)?/.test(arg) && bare(arg) === name);
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
    bare(token),
    Object.keys(key).filter((name) => name.length > 1),
  );
  return `unknown option ${token}; ${near ? `did you mean --${near}?` : 'see --help'}`;
}

function bare(option: string): string {
  return option.replace(/^-+(no-)?/, '');
}

/** The candidate that a typing error, or a word left half, may have meant. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, apart: candidate.startsWith(word) ? 0 : distance(word, candidate) }))
    .toSorted((a, b) => a.apart - b.apart);
  const [best] = ranked;
  return best && best.apart <= Math.min(3, Math.ceil(word.length / 2)) ? best.candidate : undefined;
}

/** How many letters to insert, drop or replace to turn one word into the other. */
function distance(a: string, b: string): number {
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
