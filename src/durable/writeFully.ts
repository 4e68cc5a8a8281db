import { ftruncateSync, writeSync } from 'node:fs';
import { writeFailure } from '../captions/writeFailure.ts';

/**
 * Writes all bytes at a position, or none: after a failure the file ends at that position again.
 *
 * @param path The name of the file in messages.
 * @throws {TranscriptionError} of kind `file`, such as for a full disk.
 */
export function writeFully(fd: number, path: string, bytes: Uint8Array, position: number): void {
  try {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(fd, bytes, done, bytes.length - done, position + done);
    }
  } catch (cause) {
    try {
      ftruncateSync(fd, position);
    } catch {
      // the half is cut off when the file is opened again
    }
    throw writeFailure(path, cause);
  }
}
