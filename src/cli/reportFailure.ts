import { inspect } from 'node:util';
import { fromEnvironment, isOn } from './environment.ts';
import { printable } from './terminal/printable.ts';
import { UsageError, rephrase } from './usage.ts';

/** What to do about errors of the system, by their code. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'check the path',
  EISDIR: 'give a file, not a directory',
  EACCES: 'check the permissions',
  EADDRINUSE: 'choose another --port, or 0 for a free one',
  ENOSPC: 'make room on the disk',
};

/**
 * Tells an error on stderr: one line with what happened and what to do, and with `--verbose` the stack below it. Neither
 * holds the key, whatever the error carries.
 *
 * @returns The exit code: 2 for wrong usage, else 1.
 */
export function report(error: unknown, args: readonly string[]): number {
  const verbose = args.includes('--verbose') || isOn(fromEnvironment(['verbose'])['verbose'] ?? 'no');
  const stack = verbose ? `${inspect(error)}\n` : '';
  process.stderr.write(withoutKey(`rxscribe: ${printable(messageOf(error))}\n${stack}`));
  return isUsage(error) ? 2 : 1;
}

/** What yargs finds wrong is wrong usage too; not all of it passes its `fail`. */
function isUsage(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof Error && error.name === 'YError');
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isUsage(error)) return rephrase(error.message);
  const advice = 'syscall' in error && 'code' in error ? ADVICE[String(error.code)] : undefined;
  return advice ? `${error.message}; ${advice}` : error.message || error.name;
}

function withoutKey(text: string): string {
  const key = process.env['ASSEMBLYAI_API_KEY']?.trim();
  // a few letters are no key, and stand in many words
  return key && key.length >= 8 ? text.replaceAll(key, '[key]') : text;
}
