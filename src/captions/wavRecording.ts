import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { PcmFormat } from '../audio/pcm.ts';
import { createFile, writeAt } from './createFile.ts';
import { HEADER_BYTES, wavHeader } from './wavHeader.ts';
import type { Steps } from './writing.ts';

/** How often the header is brought up to date, in milliseconds. */
const HEADER_MS = 1000;

/** A WAV file that grows; its header says how much of it there is, at most a second late. */
export class WavRecording implements Steps {
  readonly #path: string;
  readonly #format: PcmFormat & { readonly force?: boolean };
  #file: FileHandle | undefined;
  #chunks: Uint8Array[] = [];
  #waiting = 0;
  /** Bytes of audio in the file. */
  #bytes = 0;
  #toldAt = 0;
  /** Whether the file system tells how many names a file has. */
  #counted = false;

  constructor(path: string, format: PcmFormat & { readonly force?: boolean }) {
    this.#path = path;
    this.#format = format;
  }

  /** How many bytes wait in memory. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes bytes to write. They are copied: a recorder may use its memory again. */
  put(chunk: Uint8Array): void {
    this.#chunks.push(new Uint8Array(chunk));
    this.#waiting += chunk.length;
  }

  async open(): Promise<void> {
    const path = await createFile(this.#path, wavHeader(0, this.#format), this.#format.force ?? false);
    this.#file = await open(path, 'r+');
    this.#counted = (await this.#file.stat()).nlink > 0;
    this.#toldAt = performance.now();
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
      await this.#tell(file);
    } finally {
      await file.close();
    }
  }

  async #write(file: FileHandle, bytes: Uint8Array): Promise<void> {
    await writeAt(file, bytes, HEADER_BYTES + this.#bytes);
    this.#bytes += bytes.length;
    if (performance.now() - this.#toldAt >= HEADER_MS) await this.#tell(file);
  }

  /** Writes the header. A file that was removed takes bytes as ever, so that is looked after here. */
  async #tell(file: FileHandle): Promise<void> {
    const { nlink } = await file.stat();
    if (this.#counted && nlink === 0) throw Object.assign(new Error('the file was removed'), { code: 'ENOENT' });
    await writeAt(file, wavHeader(this.#bytes, this.#format), 0);
    await file.datasync();
    this.#toldAt = performance.now();
  }
}
