import { existsSync } from 'node:fs';

/** Reads `.env` in the working directory, unless only help is requested. Variables that are already set stay. */
export async function loadEnvFile(args: readonly string[]): Promise<void> {
  if (isHelp(args) || !existsSync('.env')) return;
  const { config } = await import('dotenv');
  const { error } = config({ quiet: true });
  if (error) process.stderr.write(`rxscribe: cannot read .env, continuing without it: ${error.message}\n`);
}

/** Whether only help or the version is requested. */
export function isHelp(args: readonly string[]): boolean {
  return args.at(-1) === 'help' || args.some((arg) => ['--help', '-h', '--version', '-V'].includes(arg));
}

/** The variable that sets an option: `RXSCRIBE_SPEECH_MODEL` for `speech-model`. */
export function variableName(option: string): string {
  return `RXSCRIBE_${option.toUpperCase().replaceAll('-', '_')}`;
}

/** The options that the environment sets. Empty variables are ignored, and all are ignored for help. */
export function optionsFromEnvironment(options: readonly string[]): Record<string, string> {
  if (isHelp(process.argv)) return {};
  const set = options.map((option) => [option, process.env[variableName(option)] ?? ''] as const);
  return Object.fromEntries(set.filter(([, value]) => value !== ''));
}

/** Whether a variable means yes: anything except `0`, `false`, `no` and `off`. */
export function isOn(value: string): boolean {
  return !['0', 'false', 'no', 'off'].includes(value.toLowerCase());
}
