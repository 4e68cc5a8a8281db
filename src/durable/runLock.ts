import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFailure } from '../captions/writeFailure.ts';
import { TranscriptionError } from '../errors.ts';

/** Who holds a folder. */
interface Holder {
  readonly pid: number;
  /** Distinguishes processes that have the same pid one after the other, where the system reports it. */
  readonly startedAt?: string | undefined;
}

/**
 * Claims a folder for this process, creating it if it is missing, and takes over the claim of a process that has died.
 *
 * @returns Releases the folder.
 * @throws {TranscriptionError} of kind `file` when another process holds it, with its pid.
 */
export function lockFolder(folder: string): () => void {
  createFolder(folder);
  const path = join(folder, 'lock');
  const own = `${path}.${process.pid}`;
  const text = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) } satisfies Holder);
  try {
    writeFileSync(own, text);
    claim(path, own, folder);
  } catch (cause) {
    throw cause instanceof TranscriptionError ? cause : writeFailure(folder, cause);
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    if (readText(path) === text) rmSync(path, { force: true });
  };
}

function createFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw writeFailure(folder, cause);
    const name = JSON.stringify(folder);
    throw new TranscriptionError('file', `${name} is a file; choose another name for the folder`, { cause });
  }
}

/** Makes `path` a second name of the file `own`, which succeeds for one process only. */
function claim(path: string, own: string, folder: string): void {
  for (;;) {
    try {
      return linkSync(own, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const found = readText(path);
    const holder = parse(found);
    if (holder && isRunning(holder)) throw inUse(folder, holder);
    removeStale(path, `${own}.stale`, found);
  }
}

/** Removes a claim, unless another process has just replaced it. */
function removeStale(path: string, aside: string, stale: string | undefined): void {
  try {
    renameSync(path, aside);
    if (readText(aside) !== stale) linkSync(aside, path);
  } catch {
    // another process was faster
  } finally {
    rmSync(aside, { force: true });
  }
}

function inUse(folder: string, { pid }: Holder): TranscriptionError {
  const name = JSON.stringify(folder);
  return new TranscriptionError('file', `${name} is in use by process ${pid}; end it first, or choose another folder`);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text = ''): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    return Number.isInteger(holder?.pid) ? (holder as Holder) : undefined;
  } catch {
    return undefined; // its process died while it wrote it, or its disk lost power
  }
}

function isRunning({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startedAt === startOf(pid);
}

/** When a process started, as Linux reports it: the boot, and clock ticks since then; `undefined` after its end. */
function startOf(pid: number): string | undefined {
  const boot = readText('/proc/sys/kernel/random/boot_id');
  const stat = readText(`/proc/${pid}/stat`);
  // the name of the program, in brackets, may contain spaces; the state is field 3, the start field 22
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const ticks = fields[19];
  const isZombie = fields[0] === 'Z'; // its parent has not noticed its end
  return boot === undefined || ticks === undefined || isZombie ? undefined : `${boot.trim()} ${ticks}`;
}
