import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { CAPTION_EXTENSIONS } from '../../captions/captionFormats.ts';
import type { OutputFlags } from '../flags/outputFlags.ts';
import { UsageError } from '../usageError.ts';

/** The outputs that are files: `-` is stdout, which `--format` writes anyway. */
export function outputPaths(output: readonly string[]): string[] {
  return output.filter((path) => path !== '-');
}

/**
 * Checks that the output files can be created. Creates nothing.
 *
 * @param input The path of the recording that is read, if there is one.
 * @throws {UsageError} if a file exists, is the input, is given twice, has an unsupported extension, or its folder is
 * missing or cannot be written to.
 */
export function checkOutputs({ output = [], record, saveDir, force }: OutputFlags, input?: string): void {
  const files = outputPaths(output);
  for (const path of files) checkExtension(path);
  const paths = [...files, ...(record === undefined ? [] : [record])];
  if (new Set(paths.map((path) => resolve(path))).size < paths.length) throw new UsageError('a file is given twice');
  for (const path of paths) {
    if (input !== undefined && isSameFile(path, input)) throw new UsageError(`${path} is the recording that is read`);
    if (!force && existsSync(path)) throw new UsageError(`${path} exists; --force overwrites it`);
    checkFolder(path, dirname(resolve(path)));
  }
  if (saveDir !== undefined) checkFolder(saveDir, nearestExisting(resolve(saveDir)));
}

/** Whether two paths lead to one file, by links too. */
function isSameFile(a: string, b: string): boolean {
  const [one, two] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false, bigint: true }));
  return one !== undefined && two !== undefined && one.dev === two.dev && one.ino === two.ino;
}

function checkExtension(path: string): void {
  if (CAPTION_EXTENSIONS.includes(extname(path).toLowerCase())) return;
  const advice = /\.wav$/i.test(path) ? '--record writes audio' : 'the extension selects the format';
  const known = `${CAPTION_EXTENSIONS.slice(0, -1).join(', ')} or ${CAPTION_EXTENSIONS.at(-1)}`;
  throw new UsageError(`--output takes ${known}, not ${JSON.stringify(path)}; ${advice}`);
}

function checkFolder(path: string, folder: string): void {
  const problem = problemOf(folder);
  if (problem !== undefined) throw new UsageError(`cannot write ${path}: ${problem}`);
}

function problemOf(folder: string): string | undefined {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) return `the folder ${folder} does not exist`;
  if (!stats.isDirectory()) return `${folder} is not a folder`;
  try {
    accessSync(folder, constants.W_OK);
    return undefined;
  } catch {
    return `the folder ${folder} cannot be written to`;
  }
}

/** The path itself or its nearest ancestor that exists; the folders below can be created. */
function nearestExisting(path: string): string {
  const parent = dirname(path);
  return existsSync(path) || parent === path ? path : nearestExisting(parent);
}
