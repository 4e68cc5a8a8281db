import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The package with the executable of a Node that has node:sqlite, for Linux. */
const PACKAGE = `node-linux-${process.arch}`;
const VERSION = '22.23.3';
/** Where tests keep it: a directory that `npm ci` removes. */
const DIRECTORY = join(process.cwd(), 'node_modules', '.cache', 'rxscribe', 'node-22');

/**
 * The path of a Node that has node:sqlite: this one, or one that npm downloads the first time. `undefined` on systems other
 * than Linux with an older Node.
 */
export async function nodeWithSqlite(): Promise<string | undefined> {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  if (process.platform !== 'linux') return undefined;
  const path = join(DIRECTORY, 'node_modules', PACKAGE, 'bin', 'node');
  if (!existsSync(path)) {
    const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
    await run('npm', ['install', '--prefix', DIRECTORY, ...options, `${PACKAGE}@${VERSION}`]);
  }
  return path;
}
