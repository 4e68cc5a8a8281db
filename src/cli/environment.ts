import { readFileSync, statSync } from 'node:fs';

/** The key of the service. */
export const KEY_VARIABLE = 'ASSEMBLYAI_API_KEY';

/** Largest `.env` that is read, in bytes. */
const MAX_BYTES = 2 ** 20;

/**
 * Settings of a `.env` that comes with its own key only. Otherwise a downloaded folder could send the user's key or words
 * elsewhere, or overwrite the user's files.
 */
const NEED_KEY_OF_FILE = new Set(['url', 'param', 'captions-host', 'captions-embed', 'force', 'dir'].map(variableName));

/** Settings from `.env`. They stay out of `process.env`, so that no child process inherits them. */
let fileSettings: Readonly<Record<string, string>> = {};

/**
 * Reads `.env` in the working directory, unless only help is requested. Of its variables, only the key and `RXSCRIBE_*`
 * are used, and only if they are not set in the environment.
 */
export async function loadEnvFile(args: readonly string[]): Promise<void> {
  if (isHelp(args)) return;
  const text = readEnvFile();
  if (text === undefined) return;
  const { parse } = await import('dotenv');
  const ours = Object.entries(parse(text)).filter(([name]) => name === KEY_VARIABLE || name.startsWith('RXSCRIBE_'));
  const trusted = process.env[KEY_VARIABLE] === undefined && ours.some(([name]) => name === KEY_VARIABLE);
  const ignored = trusted ? [] : ours.filter(([name, value]) => value !== '' && isIgnored(name)).map(([name]) => name);
  if (ignored.length > 0) {
    process.stderr.write(`rxscribe: ignoring ${ignored.join(', ')} of .env, because the key is not from that file\n`);
  }
  fileSettings = Object.fromEntries(ours.filter(([name]) => !ignored.includes(name)));
}

function isIgnored(name: string): boolean {
  return NEED_KEY_OF_FILE.has(name) && process.env[name] === undefined;
}

function readEnvFile(): string | undefined {
  try {
    const stats = statSync('.env', { throwIfNoEntry: false });
    if (!stats?.isFile()) return undefined;
    if (stats.size > MAX_BYTES) throw new Error('it is larger than 1 MB');
    return readFileSync('.env', 'utf8');
  } catch (error) {
    process.stderr.write(`rxscribe: cannot read .env, continuing without it: ${(error as Error).message}\n`);
    return undefined;
  }
}

/** The value of a variable: from the environment, else from `.env`. */
export function setting(name: string): string | undefined {
  return process.env[name] ?? (Object.hasOwn(fileSettings, name) ? fileSettings[name] : undefined);
}

/** Whether only help or the version is requested. */
export function isHelp(args: readonly string[]): boolean {
  return args.at(-1) === 'help' || args.some((arg) => ['--help', '-h', '--version', '-V'].includes(arg));
}

/** The variable that sets an option: `RXSCRIBE_SPEECH_MODEL` for `speech-model`. */
export function variableName(option: string): string {
  return `RXSCRIBE_${option.toUpperCase().replaceAll('-', '_')}`;
}

/** The options that variables set. Empty variables are ignored, and all are ignored for help. */
export function optionsFromEnvironment(options: readonly string[]): Record<string, string> {
  if (isHelp(process.argv)) return {};
  const set = options.map((option) => [option, setting(variableName(option)) ?? ''] as const);
  return Object.fromEntries(set.filter(([, value]) => value !== ''));
}

/** Whether a variable means yes: anything except `0`, `false`, `no` and `off`. */
export function isOn(value: string): boolean {
  return !['0', 'false', 'no', 'off'].includes(value.toLowerCase());
}
