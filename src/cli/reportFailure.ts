import { inspect } from 'node:util';
import { optionsFromEnvironment, isOn } from './environment.ts';
import { printable } from './terminal/printable.ts';
import { rephrase } from './explainUsage.ts';
import { UsageError } from './usageError.ts';

/** What to do about system errors, by code. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'check the path',
  EISDIR: 'give a file, not a directory',
  EACCES: 'check the permissions',
  EADDRINUSE: 'choose another --port, or 0 for a free one',
  ENOSPC: 'make room on the disk',
};

/**
 * Prints an error to stderr: one line with what happened and what to do, followed by the stack with `--verbose`. The key
 * is replaced wherever it occurs.
 *
 * @returns The exit code: 2 for wrong usage, else 1.
 */
export function reportFailure(error: unknown, args: readonly string[]): number {
  const verbose = args.includes('--verbose') || isOn(optionsFromEnvironment(['verbose'])['verbose'] ?? 'no');
  const stack = verbose ? `${inspect(error)}\n` : '';
  process.stderr.write(withoutKey(`rxscribe: ${printable(messageOf(error))}\n${stack}`));
  return isUsage(error) ? 2 : 1;
}

/** Errors of yargs are wrong usage, too; not all of them pass through its `fail`. */
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
  // a very short value is no key and may occur in ordinary words
  return key && key.length >= 8 ? text.replaceAll(key, '[key]') : text;
}
