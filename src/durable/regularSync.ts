import { fdatasync } from 'node:fs';

/** How often a file is flushed to the disk, in milliseconds: what a power loss may cost. */
const SYNC_MS = 1000;

/** Flushes an open file to the disk at most once a second, without blocking. */
export class RegularSync {
  readonly #fd: number;
  readonly #onSync: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onSync Called just before the file is flushed. */
  constructor(fd: number, onSync: () => void = () => undefined) {
    this.#fd = fd;
    this.#onSync = onSync;
  }

  /** Call after each write. */
  written(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onSync();
      fdatasync(this.#fd, () => undefined); // a disk that fails also fails the next write
    }, SYNC_MS).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
