import { fstatSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import type { Writable } from 'node:stream';

/** Returns our own stdout or stderr if a path leads there: it must be written through the same descriptor. */
export function standardStream({ dev, ino }: BigIntStats): Writable | undefined {
  return [process.stdout, process.stderr].find(({ fd }) => {
    try {
      const found = fstatSync(fd, { bigint: true });
      return found.dev === dev && found.ino === ino;
    } catch {
      return false; // closed
    }
  });
}
