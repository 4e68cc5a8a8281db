import { constants } from 'node:fs';
import { copyFile, link, open, realpath, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/**
 * Makes a file that has its beginning from its first moment on.
 *
 * @param force Whether to take the place of a file that exists; otherwise it is left alone, with an error.
 * @returns Where the file is: of a link, what it leads to.
 */
export async function createFile(path: string, beginning: Uint8Array, force: boolean): Promise<string> {
  if (!force) {
    // not every file system has links
    await beside(path, beginning, (made) =>
      link(made, path).catch(() => copyFile(made, path, constants.COPYFILE_EXCL)),
    );
    return realpath(path);
  }
  const target = await realpath(path).catch(() => path);
  const found = await stat(target).catch(() => undefined);
  if (found && !found.isFile()) {
    const device = await open(target, constants.O_RDWR); // or a folder, which fails here
    try {
      await writeAt(device, beginning, 0);
    } finally {
      await device.close();
    }
  } else {
    await replaceFile(target, beginning, found?.mode);
  }
  return target;
}

/** Replaces a file in one step: who reads it sees either what was or what is. */
export function replaceFile(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  return beside(path, bytes, (made) => rename(made, path), mode);
}

/** Writes all bytes at a position: a disk that fills up may take a part of them first. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Writes a file next to where it belongs, has it put there, and leaves nothing. */
async function beside(
  path: string,
  bytes: Uint8Array,
  put: (made: string) => Promise<void>,
  mode?: number,
): Promise<void> {
  const made = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(made, 'w', mode);
    try {
      await writeAt(file, bytes, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await put(made);
  } finally {
    await rm(made, { force: true }).catch(() => undefined);
  }
}
