import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createFile, replaceFile, writeAt } from './createFile.ts';

/**
 * A file of text that is whole after every write, whatever happens: text is appended at once, or all of it replaced.
 *
 * Each write opens the file anew, so that a folder that is gone is noticed, and ends on the disk.
 */
export class TextFile {
  #path: string;
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Makes the file; one that exists is an error unless it may be overwritten. */
  async create(text: string, force: boolean): Promise<void> {
    const bytes = Buffer.from(text);
    this.#path = await createFile(this.#path, bytes, force);
    this.#bytes = bytes.length;
  }

  /** Appends a text, or nothing of it. */
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

  /** Replaces all by a text, in one step. */
  async replace(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const found = await stat(this.#path);
    if (!found.isFile()) throw new Error('it is no file, what is written cannot be changed');
    await replaceFile(this.#path, bytes, found.mode);
    this.#bytes = bytes.length;
  }
}
