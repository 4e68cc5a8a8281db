import { inspect } from 'node:util';
import { isOn, optionsFromEnvironment } from './environment.ts';
import { rephrase } from './explainUsage.ts';
import { hideSecrets } from './secrets.ts';
import { printable } from './terminal/printable.ts';
import { UsageError } from './usageError.ts';

/** What to do about system errors, by code. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'check the path',
  EISDIR: 'give a file, not a directory',
  EACCES: 'check the permissions',
  EADDRINUSE: 'choose another --port, or 0 for a free one',
  ENOSPC: 'make room on the disk',
  EMFILE: 'this process may open too few files; raise the limit (ulimit -n)',
  ENFILE: 'the system has too many open files; close some programs',
};

/**
 * Prints an error to stderr: one line with what happened and what to do, followed by the stack with `--verbose`. Secrets
 * are replaced, and every line is free of control characters.
 *
 * @returns The exit code: 2 for wrong usage, else 1.
 */
export function reportFailure(error: unknown, args: readonly string[]): number {
  const verbose = args.includes('--verbose') || isOn(optionsFromEnvironment(['verbose'])['verbose'] ?? 'no');
  const lines = [`rxscribe: ${messageOf(error)}`, ...(verbose ? inspect(error).split('\n') : [])];
  process.stderr.write(hideSecrets(lines.map((line) => `${indented(line)}\n`).join('')));
  return isUsage(error) ? 2 : 1;
}

function indented(line: string): string {
  const [indent = ''] = /^ */.exec(line) ?? [];
  return indent + printable(line);
}

/** Errors of yargs are wrong usage, too; not all of them pass through its `fail`. */
function isUsage(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof Error && error.name === 'YError');
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isUsage(error)) return rephrase(error.message);
  const code = codeOf(error);
  const advice = code === 'EMFILE' || code === 'ENFILE' || 'syscall' in error ? ADVICE[code] : undefined;
  return advice ? `${error.message}; ${advice}` : error.message || error.name;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
