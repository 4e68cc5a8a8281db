import { constants } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { lstat, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { createFile, replaceFile, writeAt } from './createFile.ts';
import type { FileUpdate, FileUpdates } from './fileUpdates.ts';
import type { FileContent } from './fileWriter.ts';
import { standardStream } from './standardStream.ts';

/** Where the text goes: a regular file of ours, or a stream such as a pipe, a device or our own stdout. */
type Target = OwnFile | Stream;

interface OwnFile {
  readonly kind: 'file';
  readonly path: string;
  id: BigIntStats;
  bytes: number;
}

interface Stream {
  readonly kind: 'stream';
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * A text file that is complete after every write: text is appended, or replaced up to its end.
 *
 * Each write opens the file again, checks that it is still the one we created, and flushes it to the disk.
 */
export class TextFile implements FileContent {
  readonly #path: string;
  readonly #updates: FileUpdates;
  readonly #force: boolean;
  #target: Target | undefined;
  /** The path of the file that we created, even if it was removed since. */
  #ownPath: string | undefined;
  /** Whether a failed append may have left bytes at the end of the file. */
  #torn = false;

  /** @param force Whether to replace an existing file. */
  constructor(path: string, updates: FileUpdates, force: boolean) {
    this.#path = path;
    this.#updates = updates;
    this.#force = force;
  }

  write(): Promise<void> | undefined {
    const update = this.#updates.next();
    return update && this.#write(update);
  }

  async close(): Promise<void> {
    if (this.#target?.kind === 'stream') await this.#target.close();
  }

  async #write(update: FileUpdate): Promise<void> {
    const { bytes } = update;
    if (!this.#target) {
      this.#target = await this.#create(bytes);
    } else if (this.#target.kind === 'stream') {
      if (update.from === undefined) await this.#target.write(bytes);
    } else {
      await this.#writeFile(this.#target, bytes, update.from);
    }
    update.done();
    if (update.from !== undefined && this.#target.kind === 'stream') {
      throw new Error('earlier text cannot be corrected there');
    }
  }

  async #create(bytes: Uint8Array): Promise<Target> {
    if (!this.#force || this.#ownPath !== undefined) {
      const own = this.#ownPath ?? join(await realpath(dirname(this.#path)), basename(this.#path));
      return this.#own(own, await createFile(own, bytes), bytes);
    }
    const path = await realpath(this.#path).catch(() => this.#path);
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    const standard = found && standardStream(found);
    const stream = standard ? streamOf(standard) : found && !found.isFile() ? await openStream(path) : undefined;
    if (stream) {
      await stream.write(bytes);
      return stream;
    }
    return this.#own(path, await replaceFile(path, bytes, found && Number(found.mode)), bytes);
  }

  #own(path: string, id: BigIntStats, { length }: Uint8Array): OwnFile {
    this.#ownPath = path;
    return { kind: 'file', path, id, bytes: length };
  }

  async #writeFile(file: OwnFile, bytes: Uint8Array, from: number | undefined): Promise<void> {
    try {
      this.#check(file, await lstat(file.path, { bigint: true }));
      if (from === undefined) await this.#append(file, bytes);
      else await this.#replaceFrom(from, file, bytes);
    } catch (error) {
      // a removed file is created again
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && this.#updates.restart()) this.#target = undefined;
      throw error;
    }
  }

  /** Keeps the file up to a byte and replaces the rest, in one step. */
  async #replaceFrom(from: number, file: OwnFile, bytes: Uint8Array): Promise<void> {
    const handle = await open(file.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const found = await handle.stat({ bigint: true });
      this.#check(file, found);
      file.id = await replaceFile(file.path, bytes, Number(found.mode), { of: handle, length: from });
      file.bytes = from + bytes.length;
      this.#torn = false;
    } finally {
      await handle.close();
    }
  }

  /** Appends all of a text or nothing. */
  async #append(file: OwnFile, bytes: Uint8Array): Promise<void> {
    const handle = await open(file.path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    try {
      this.#check(file, await handle.stat({ bigint: true }));
      if (this.#torn) await handle.truncate(file.bytes);
      this.#torn = true;
      await writeAt(handle, bytes, file.bytes);
      await handle.datasync();
      file.bytes += bytes.length;
      this.#torn = false;
    } catch (error) {
      if (this.#torn) {
        await handle.truncate(file.bytes).then(
          () => (this.#torn = false),
          () => undefined,
        );
      }
      throw error;
    } finally {
      await handle.close();
    }
  }

  /** Refuses to write to a file that someone else has replaced or changed. */
  #check({ id, bytes }: OwnFile, found: BigIntStats): void {
    if (found.dev !== id.dev || found.ino !== id.ino) throw new Error('it was replaced by someone else');
    const isLonger = found.size > BigInt(bytes);
    if (found.size !== BigInt(bytes) && !(this.#torn && isLonger)) throw new Error('it was changed by someone else');
  }
}

function streamOf(stream: Writable): Stream {
  const write = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  return { kind: 'stream', write, close: () => Promise.resolve() };
}

/** Opens a pipe or a device, which have no positions; a folder is an error. */
async function openStream(path: string): Promise<Stream> {
  const handle = await open(path, constants.O_RDWR);
  return { kind: 'stream', write: (bytes) => writeAt(handle, bytes, null), close: () => handle.close() };
}
