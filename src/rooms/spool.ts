import type { ControlMessage } from '../../operators/events.ts';
import type { LostAudio } from '../lostAudio.ts';

/** Something that waits to be stored by the broker. */
export interface SpoolItem {
  /** When the process started that recorded it: the wall clock of its first byte, in milliseconds since 1970. */
  readonly run: number;
  /** Where it is in what that process recorded, in bytes. */
  readonly offset: number;
  readonly data: Uint8Array;
  /** Stretches that the source filled with silence, in milliseconds of what that process recorded. */
  readonly lost: readonly LostAudio[];
  readonly control?: ControlMessage | undefined;
  readonly isEnd?: boolean | undefined;
}

/** What an edge recorded and the broker has not stored yet; bounded. */
export interface Spool {
  /** Audio that waits, in bytes. */
  readonly bytes: number;
  /** Audio that was dropped because the spool was full, in bytes. */
  readonly droppedBytes: number;
  /** Adds an item; if the spool is full, the oldest are dropped. */
  push(item: SpoolItem): void;
  /** The oldest items, with their numbers. */
  peek(most: number): { readonly number: number; readonly item: SpoolItem }[];
  /** Removes the items up to a number, included. */
  removeUpTo(number: number): void;
  /** Where each run is in the audio of the room, in bytes, as far as that is known. */
  readonly bases: ReadonlyMap<number, number>;
  setBase(run: number, base: number): void;
  close(): void;
}

/** A spool in memory. */
export class MemorySpool implements Spool {
  readonly bases: Map<number, number> = new Map<number, number>();
  readonly #mostBytes: number;
  #items: SpoolItem[] = [];
  /** The number of the first item. */
  #first = 0;
  #bytes = 0;
  #droppedBytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  push(item: SpoolItem): void {
    this.#items.push({ ...item, data: Uint8Array.from(item.data) }); // the source may reuse its memory
    this.#bytes += item.data.length;
    while (this.#bytes > this.#mostBytes) this.#droppedBytes += this.#removeFirst();
  }

  peek(most: number): { readonly number: number; readonly item: SpoolItem }[] {
    return this.#items.slice(0, most).map((item, index) => ({ number: this.#first + index, item }));
  }

  removeUpTo(number: number): void {
    while (this.#first <= number && this.#items.length > 0) this.#removeFirst();
  }

  setBase(run: number, base: number): void {
    this.bases.set(run, base);
  }

  close(): void {
    this.#items = [];
  }

  #removeFirst(): number {
    const bytes = this.#items.shift()?.data.length ?? 0;
    this.#first++;
    this.#bytes -= bytes;
    return bytes;
  }
}
