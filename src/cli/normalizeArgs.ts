import { statSync } from 'node:fs';

/** Rewrites arguments that yargs would misread. */
export function normalizeArgs(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  const operands = end < 0 ? [] : args.slice(end + 1);
  return [...options.flatMap(normalizeOption), ...operands.map(asOperand)];
}

function normalizeOption(arg: string, at: number, args: readonly string[]): string[] {
  // without a number, yargs would take the next argument, perhaps a path, as the number
  if ((arg === '--captions' || arg === '--follow') && !/^[\d.]+$/.test(args[at + 1] ?? '')) return [`${arg}=`];
  // without a directory, yargs would take the next argument, perhaps the path of a recording
  if ((arg === '--local' || arg === '--fallback') && !isDirectory(args[at + 1])) return [`${arg}=`];
  // yargs does not accept - as a value
  if ((arg === '-o' || arg === '--output') && args[at + 1] === '-') return ['--output=-'];
  return arg === '-' && /^(-o|--output)$/.test(args[at - 1] ?? '') ? [] : [arg];
}

/** Whether a value of `--local` or `--fallback` follows; one that is no file either is a directory that is missing, or the name of a model. */
function isDirectory(value: string | undefined): boolean {
  if (value === undefined || value.startsWith('-')) return false;
  return statSync(value, { throwIfNoEntry: false })?.isFile() !== true;
}

/** Marks an argument after `--` as a path, in case it starts with a dash. */
function asOperand(arg: string): string {
  return arg.startsWith('-') && arg !== '-' ? `./${arg}` : arg;
}
