import { existsSync } from 'node:fs';

/**
 * Reads `.env` of the working directory, if there is one; what the environment holds already stays. Who only asks for help
 * does not wait for it.
 */
export async function loadEnvFile(args: readonly string[]): Promise<void> {
  if (isHelp(args) || !existsSync('.env')) return;
  const { config } = await import('dotenv');
  const { error } = config({ quiet: true });
  if (error) process.stderr.write(`rxscribe: .env could not be read and is left out: ${error.message}\n`);
}

/** Whether all that is wanted is a text about the program. */
export function isHelp(args: readonly string[]): boolean {
  return args.at(-1) === 'help' || args.some((arg) => ['--help', '-h', '--version', '-V'].includes(arg));
}

/** The name of the variable that sets an option: `RXSCRIBE_SPEECH_MODEL` for `speech-model`. */
export function variableOf(option: string): string {
  return `RXSCRIBE_${option.toUpperCase().replaceAll('-', '_')}`;
}

/** The options among these that the environment sets. An empty variable sets nothing, and nothing stands in the way of help. */
export function fromEnvironment(options: readonly string[]): Record<string, string> {
  if (isHelp(process.argv)) return {};
  const set = options.map((option) => [option, process.env[variableOf(option)] ?? ''] as const);
  return Object.fromEntries(set.filter(([, value]) => value !== ''));
}

/** Whether a variable switches something on: everything does but `0`, `false`, `no` and `off`. */
export function isOn(value: string): boolean {
  return !['0', 'false', 'no', 'off'].includes(value.toLowerCase());
}
