import { Subscription } from 'rxjs';
import type { Observer } from 'rxjs';
import type { BufferBytesOptions } from './bufferBytesOptions.ts';
import { frameMemory } from './frameMemory.ts';
import type { FrameKeeper } from './frameMemory.ts';

type Consumer = Observer<Uint8Array> & Partial<FrameKeeper>;

/**
 * Cuts chunks into frames, for one subscription of `bufferBytes`.
 *
 * It is written by hand because the same composed of `concatMap` and `concat` costs 2 to 12 times as much as copying the
 * bytes (table `batching` of test/bench/RESULTS.md, rows 20 to 1326, contender `composed`). It keeps what composition gives:
 *
 * - RxJS subscribes an observer that is a Subscription as it is (its interoperability tests rely on that). So a synchronous
 *   source sees `closed` and stops as soon as the consumer has enough.
 * - A chunk is cut completely before its first frame is emitted, and frames are emitted one after the other. So a consumer
 *   that pushes a chunk, completes the source or overwrites the chunk while it receives a frame cannot change the order.
 * - It unsubscribes before it completes or errors. So the source is finalized, and its device free, before the consumer
 *   receives the tail or the error.
 *
 * Each byte is copied once. Whole frames are copied from the chunk without zero-filling first (rows 3200 and above). Frames
 * do not share a larger buffer, although that is cheaper, because a consumer may transfer `frame.buffer`. A consumer that
 * keeps frames can offer memory for them instead (`frameMemory`); it decides when that memory is used again.
 */
export class FrameCutter extends Subscription implements Observer<Uint8Array> {
  readonly #size: number;
  readonly #options: Required<BufferBytesOptions>;
  readonly #consumer: Consumer;
  /** Frames that are complete and not emitted yet. */
  readonly #frames: Uint8Array[] = [];
  /** The frame that is being filled, and how far; there is none until its first byte arrives. */
  #frame: Uint8Array | undefined;
  #filled = 0;
  #isEmitting = false;
  #isComplete = false;

  constructor(size: number, options: Required<BufferBytesOptions>, consumer: Consumer) {
    super();
    this.#size = size;
    this.#options = options;
    this.#consumer = consumer;
  }

  next(chunk: Uint8Array): void {
    if (this.closed) return;
    if (!isBytes(chunk)) {
      this.error(new TypeError(`bufferBytes accepts chunks of Uint8Array, not ${kindOf(chunk)}`));
      return;
    }
    try {
      this.#cut(chunk);
    } catch (error) {
      this.error(error); // for example out of memory, which the producer must not catch
      return;
    }
    this.#emit();
  }

  error(error: unknown): void {
    if (this.closed) return;
    this.unsubscribe();
    this.#consumer.error(error);
  }

  complete(): void {
    if (this.closed) return;
    this.unsubscribe();
    this.#isComplete = true;
    this.#emit();
  }

  /** Adds a chunk to the frame that is being filled; what completes it starts the next one. */
  #cut(chunk: Uint8Array): void {
    for (let taken = 0; taken < chunk.length;) {
      const end = Math.min(chunk.length, taken + this.#size - this.#filled);
      const bytes = part(chunk, taken, end);
      taken = end;
      if (bytes.length === this.#size) {
        this.#frames.push(this.#copyOf(bytes));
        continue;
      }
      this.#frame ??= this.#newFrame();
      this.#frame.set(bytes, this.#filled);
      this.#filled += bytes.length;
      if (this.#filled < this.#size) return;
      this.#frames.push(this.#frame);
      this.#frame = undefined;
      this.#filled = 0;
    }
  }

  #newFrame(): Uint8Array {
    return this.#consumer[frameMemory]?.(this.#size) ?? new Uint8Array(this.#size);
  }

  #copyOf(bytes: Uint8Array): Uint8Array {
    const offered = this.#consumer[frameMemory]?.(this.#size);
    offered?.set(bytes);
    return offered ?? new Uint8Array(bytes);
  }

  /** Emits the full frames. A call made during an emission returns at once; the outer call emits its frames. */
  #emit(): void {
    if (this.#isEmitting) return;
    this.#isEmitting = true;
    for (let frame = this.#frames.shift(); frame; frame = this.#frames.shift()) {
      this.#consumer.next(frame);
    }
    this.#isEmitting = false;
    if (this.#isComplete) this.#end();
  }

  #end(): void {
    const { minTail, padTail } = this.#options;
    if (this.#frame && (padTail || this.#filled >= minTail)) {
      this.#frame.fill(0, this.#filled); // memory that was offered may contain anything
      this.#consumer.next(this.#frame.slice(0, Math.max(this.#filled, minTail)));
    }
    this.#consumer.complete();
  }
}

/** A view of a part of a chunk. It avoids `subarray`, which is slower for a Buffer. */
function part(chunk: Uint8Array, begin: number, end: number): Uint8Array {
  if (end - begin === chunk.length) return chunk;
  return new Uint8Array(chunk.buffer, chunk.byteOffset + begin, end - begin);
}

export function isBytes(chunk: unknown): boolean {
  if (chunk instanceof Uint8Array) return true;
  // arrays of another realm, Int8Array and Uint8ClampedArray
  return ArrayBuffer.isView(chunk) && 'BYTES_PER_ELEMENT' in chunk && chunk.BYTES_PER_ELEMENT === 1;
}

export function kindOf(value: unknown): string {
  return value === null || typeof value !== 'object' ? typeof value : value.constructor.name;
}
