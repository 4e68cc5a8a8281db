import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { PcmFormat } from '../audio/pcm.ts';
import { createFile, replaceFile, writeAt } from './createFile.ts';
import type { FileContent, PermanentError } from './fileWriter.ts';
import { standardStream } from './standardStream.ts';
import { HEADER_BYTES, wavHeader } from './wavHeader.ts';

/** How often the header is updated, in milliseconds. */
const HEADER_MS = 1000;

/** A growing WAV file; its header is at most a second behind. */
export class WavRecording implements FileContent {
  readonly #path: string;
  readonly #format: PcmFormat & { readonly force?: boolean };
  #file: FileHandle | undefined;
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  /** Bytes of audio in the file. */
  #bytes = 0;
  #headerAt = 0;
  /** Whether the file system counts the names of a file. */
  #counted = false;
  /** Whether the header and the audio can be flushed to a disk. */
  #isRegular = true;

  constructor(path: string, format: PcmFormat & { readonly force?: boolean }) {
    this.#path = path;
    this.#format = format;
  }

  /** Bytes waiting in memory. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes bytes to write. They are copied, because a recorder may reuse its memory. */
  put(chunk: Uint8Array): void {
    this.#chunks.push(new Uint8Array(chunk));
    this.#waiting += chunk.length;
  }

  write(): Promise<void> | undefined {
    if (this.#file && this.#waiting === 0) return undefined;
    return this.#file ? this.#append(this.#file) : this.#open();
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    try {
      if (this.#bytes % 2 === 1) await writeAt(file, new Uint8Array(1), HEADER_BYTES + this.#bytes);
      await this.#updateHeader(file);
    } finally {
      await file.close();
    }
  }

  async #open(): Promise<void> {
    const path = await this.#create(wavHeader(0, this.#format));
    const file = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    const found = await file.stat();
    this.#isRegular = found.isFile();
    this.#counted = this.#isRegular && found.nlink > 0;
    this.#headerAt = performance.now();
    this.#file = file;
  }

  /** Creates the file and returns its path; of a link, its target. */
  async #create(header: Uint8Array): Promise<string> {
    if (!this.#format.force) {
      await createFile(this.#path, header);
      return realpath(this.#path);
    }
    const path = await realpath(this.#path).catch(() => this.#path);
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found && (found.isFIFO() || found.isSocket() || standardStream(found))) {
      throw permanent('ESPIPE', 'it is a pipe or the standard output');
    }
    if (!found || found.isFile()) await replaceFile(path, header, found && Number(found.mode));
    return path;
  }

  /** Writes what is waiting; after a failure it waits again. */
  async #append(file: FileHandle): Promise<void> {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#waiting -= bytes.length;
    try {
      await writeAt(file, bytes, HEADER_BYTES + this.#bytes);
    } catch (error) {
      this.#chunks.unshift(bytes);
      this.#waiting += bytes.length;
      throw error;
    }
    this.#bytes += bytes.length;
    if (performance.now() - this.#headerAt >= HEADER_MS) await this.#updateHeader(file);
  }

  /** Updates the header. Writes to a removed file succeed, so removal is detected here. */
  async #updateHeader(file: FileHandle): Promise<void> {
    const { nlink } = await file.stat();
    if (this.#counted && nlink === 0) throw permanent('ENOENT', 'the file was removed');
    await writeAt(file, wavHeader(this.#bytes, this.#format), 0);
    if (this.#isRegular) await file.datasync();
    this.#headerAt = performance.now();
  }
}

function permanent(code: string, message: string): PermanentError & { readonly code: string } {
  return Object.assign(new Error(message), { code, permanent: true as const });
}
