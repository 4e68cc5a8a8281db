import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createFile, replaceFile, writeAt } from './createFile.ts';

/**
 * A text file that is complete after every write: text is appended, or all of it replaced.
 *
 * Each write opens the file again, so that a removed folder is noticed, and is flushed to the disk.
 */
export class TextFile {
  #path: string;
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Creates the file; an existing one is an error unless `force` is set. */
  async create(text: string, force: boolean): Promise<void> {
    const bytes = Buffer.from(text);
    this.#path = await createFile(this.#path, bytes, force);
    this.#bytes = bytes.length;
  }

  /** Appends all of a text or nothing. */
  async append(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const file = await open(this.#path, constants.O_RDWR);
    try {
      await writeAt(file, bytes, this.#bytes);
      await file.datasync();
      this.#bytes += bytes.length;
    } catch (error) {
      await file.truncate(this.#bytes).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Replaces the content in one step. */
  async replace(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const found = await stat(this.#path);
    if (!found.isFile()) throw new Error('it is not a regular file, so written text cannot be changed');
    await replaceFile(this.#path, bytes, found.mode);
    this.#bytes = bytes.length;
  }
}
