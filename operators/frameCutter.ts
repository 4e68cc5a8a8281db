import { Subscription } from 'rxjs';
import type { Observer } from 'rxjs';
import type { BufferBytesOptions } from './bufferBytesOptions.ts';

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
 * Each byte is copied once. The buffer of the current frame is allocated before it is full; whole frames are copied from
 * the chunk without zero-filling first (rows 3200 and above). Frames do not share a larger buffer, although that is cheaper,
 * because a consumer may transfer `frame.buffer`.
 */
export class FrameCutter extends Subscription implements Observer<Uint8Array> {
  readonly #size: number;
  readonly #options: Required<BufferBytesOptions>;
  readonly #consumer: Observer<Uint8Array>;
  readonly #frames: Uint8Array[] = [];
  #frame: Uint8Array;
  #filled = 0;
  #isEmitting = false;
  #isComplete = false;

  constructor(size: number, options: Required<BufferBytesOptions>, consumer: Observer<Uint8Array>) {
    super();
    this.#size = size;
    this.#options = options;
    this.#consumer = consumer;
    this.#frame = new Uint8Array(size);
  }

  next(chunk: Uint8Array): void {
    if (this.closed) return;
    if (!isBytes(chunk)) {
      this.error(new TypeError(`bufferBytes accepts chunks of Uint8Array, not ${kindOf(chunk)}`));
      return;
    }
    try {
      const end = this.#filled + chunk.length;
      if (end < this.#size) {
        this.#frame.set(chunk, this.#filled);
        this.#filled = end;
        return;
      }
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

  /** Cuts a chunk that completes the current frame; the rest of the chunk starts the next frame. */
  #cut(chunk: Uint8Array): void {
    let taken = 0;
    if (this.#filled > 0) {
      taken = this.#size - this.#filled;
      this.#frame.set(part(chunk, 0, taken), this.#filled);
      this.#frames.push(this.#frame);
      this.#frame = new Uint8Array(this.#size);
    }
    for (; chunk.length - taken >= this.#size; taken += this.#size) {
      this.#frames.push(new Uint8Array(part(chunk, taken, taken + this.#size)));
    }
    this.#filled = chunk.length - taken;
    if (this.#filled > 0) this.#frame.set(part(chunk, taken, chunk.length));
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
    if (this.#filled > 0 && (padTail || this.#filled >= minTail)) {
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

function isBytes(chunk: unknown): boolean {
  if (chunk instanceof Uint8Array) return true;
  // arrays of another realm, Int8Array and Uint8ClampedArray
  return ArrayBuffer.isView(chunk) && 'BYTES_PER_ELEMENT' in chunk && chunk.BYTES_PER_ELEMENT === 1;
}

function kindOf(value: unknown): string {
  return value === null || typeof value !== 'object' ? typeof value : value.constructor.name;
}
