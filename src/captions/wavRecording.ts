import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { PcmFormat } from '../audio/pcm.ts';
import { createFile, writeAt } from './createFile.ts';
import { HEADER_BYTES, wavHeader } from './wavHeader.ts';
import type { FileSteps } from './fileWriter.ts';

/** How often the header is updated, in milliseconds. */
const HEADER_MS = 1000;

/** A growing WAV file; its header is at most a second behind. */
export class WavRecording implements FileSteps {
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

  async open(): Promise<void> {
    const path = await createFile(this.#path, wavHeader(0, this.#format), this.#format.force ?? false);
    this.#file = await open(path, 'r+');
    this.#counted = (await this.#file.stat()).nlink > 0;
    this.#headerAt = performance.now();
  }

  next(): Promise<void> | undefined {
    const file = this.#file;
    if (this.#waiting === 0 || !file) return undefined;
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#waiting = 0;
    return this.#write(file, bytes);
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

  async #write(file: FileHandle, bytes: Uint8Array): Promise<void> {
    await writeAt(file, bytes, HEADER_BYTES + this.#bytes);
    this.#bytes += bytes.length;
    if (performance.now() - this.#headerAt >= HEADER_MS) await this.#updateHeader(file);
  }

  /** Updates the header. Writes to a removed file succeed, so removal is detected here. */
  async #updateHeader(file: FileHandle): Promise<void> {
    const { nlink } = await file.stat();
    if (this.#counted && nlink === 0) throw Object.assign(new Error('the file was removed'), { code: 'ENOENT' });
    await writeAt(file, wavHeader(this.#bytes, this.#format), 0);
    await file.datasync();
    this.#headerAt = performance.now();
  }
}
