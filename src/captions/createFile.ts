import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { copyFile, link, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Creates a file with its first content, in one step; an existing file is an error.
 *
 * @returns What identifies the file: its device and inode.
 */
export async function createFile(path: string, content: Uint8Array): Promise<BigIntStats> {
  const exists = await lstat(path).catch(() => undefined);
  if (exists) throw Object.assign(new Error(`${path} exists`), { code: 'EEXIST' });
  await removeLeftovers(path);
  return beside(path, content, (temporary) =>
    // not every file system has hard links
    link(temporary, path).catch(() => copyNew(temporary, path)),
  );
}

/** Copies to a new file, and leaves no part of it behind. */
async function copyNew(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(to, { force: true });
    throw error;
  }
}

/** The start of an open file, this many bytes. */
interface FileStart {
  readonly of: FileHandle;
  readonly length: number;
}

/**
 * Replaces a file in one step: readers see the old content or the new one.
 *
 * @param start What to copy before the content. @defaultValue nothing
 */
export async function replaceFile(
  path: string,
  content: Uint8Array,
  mode?: number,
  start?: FileStart,
): Promise<BigIntStats> {
  await removeLeftovers(path);
  return beside(path, content, (temporary) => rename(temporary, path), mode, start);
}

/** How many bytes are copied at once. */
const COPY_BYTES = 65_536;

async function copyStart({ of, length }: FileStart, to: FileHandle): Promise<void> {
  const buffer = new Uint8Array(Math.min(COPY_BYTES, length));
  for (let done = 0; done < length;) {
    const { bytesRead } = await of.read(buffer, 0, Math.min(buffer.length, length - done), done);
    if (bytesRead === 0) throw new Error('it was changed by someone else');
    await writeAt(to, buffer.subarray(0, bytesRead), done);
    done += bytesRead;
  }
}

/** Writes all bytes at a position; a disk that fills up may accept only some at first. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number | null): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const at = position === null ? null : position + done;
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at);
    done += bytesWritten;
  }
}

/** The process that writes a temporary file, and a random part that others cannot predict. */
const TEMPORARY = /^\.(\d+)\.[\w-]{16}\.tmp$/;

/** Writes a new temporary file next to a path, moves it there, and leaves nothing behind. */
async function beside(
  path: string,
  content: Uint8Array,
  move: (temporary: string) => Promise<void>,
  mode?: number,
  start?: FileStart,
): Promise<BigIntStats> {
  const temporary = `${path}.${process.pid}.${randomBytes(12).toString('base64url')}.tmp`;
  const file = await open(temporary, 'wx', mode); // fails if anything exists there, also a link
  try {
    try {
      if (start) await copyStart(start, file);
      await writeAt(file, content, start?.length ?? 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await move(temporary);
    return await lstat(path, { bigint: true });
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Removes the temporary files of this path whose process was killed. */
async function removeLeftovers(path: string): Promise<void> {
  const [folder, name] = [dirname(path), basename(path)];
  const names = await readdir(folder).catch(() => []);
  for (const found of names) {
    const [, pid] = (found.startsWith(name) && TEMPORARY.exec(found.slice(name.length))) || [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, found)).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
