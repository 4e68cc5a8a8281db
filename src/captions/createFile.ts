import { constants } from 'node:fs';
import { copyFile, link, open, realpath, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/**
 * Creates a file with its first content, in one step.
 *
 * @param force Whether to replace an existing file; otherwise that is an error.
 * @returns The path of the file; of a link, its target.
 */
export async function createFile(path: string, content: Uint8Array, force: boolean): Promise<string> {
  if (!force) {
    // not every file system has hard links
    await beside(path, content, (temporary) =>
      link(temporary, path).catch(() => copyFile(temporary, path, constants.COPYFILE_EXCL)),
    );
    return realpath(path);
  }
  const target = await realpath(path).catch(() => path);
  const found = await stat(target).catch(() => undefined);
  if (found && !found.isFile()) {
    const device = await open(target, constants.O_RDWR); // a folder fails here
    try {
      await writeAt(device, content, 0);
    } finally {
      await device.close();
    }
  } else {
    await replaceFile(target, content, found?.mode);
  }
  return target;
}

/** Replaces a file in one step: readers see the old content or the new one. */
export function replaceFile(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  return beside(path, bytes, (temporary) => rename(temporary, path), mode);
}

/** Writes all bytes at a position; a disk that fills up may accept only some at first. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Writes a temporary file next to a path, moves it there, and leaves nothing behind. */
async function beside(
  path: string,
  bytes: Uint8Array,
  put: (temporary: string) => Promise<void>,
  mode?: number,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w', mode);
    try {
      await writeAt(file, bytes, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await put(temporary);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}
