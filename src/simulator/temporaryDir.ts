import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'rxscribe-ca-';

/** A directory younger than this is kept even if no process of its number runs: it may belong to another container. */
const MIN_AGE_MS = 3_600_000;

/** Creates a temporary directory for an authority, and removes those of processes that were killed. */
export async function temporaryDir(): Promise<string> {
  await removeAbandoned().catch(() => undefined);
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const dir = join(tmpdir(), name);
    // oxlint-disable-next-line no-await-in-loop, no-restricted-globals -- there are few; file times are wall-clock times
    if (Date.now() - (await stat(dir)).mtimeMs > MIN_AGE_MS) await rm(dir, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
