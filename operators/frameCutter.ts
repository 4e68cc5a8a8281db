import { Subscription } from 'rxjs';
import type { Observer } from 'rxjs';
import type { BufferBytesOptions } from './bufferBytes.ts';

/**
 * Stands between a source of chunks and a consumer of frames, for one subscription of `bufferBytes`.
 *
 * Written by hand, because composed of `concatMap` and `concat` the same cost 2 to 12 times the copying of its bytes (table
 * `batching` of test/bench/RESULTS.md, rows 20 to 1326, contender `composed`). What the composed form had for nothing is
 * earned here:
 *
 * - An observer that is a Subscription is taken by RxJS as it is (its tests of interoperability rely on that), so a source
 *   sees `closed` while it still emits: one that emits synchronously stops as soon as the consumer has enough.
 * - A chunk is cut to its end before a frame of it goes out, and frames go out one after the other. So a consumer that pushes
 *   a chunk, completes the source or overwrites the chunk in reaction to a frame neither reorders nor changes bytes.
 * - Completing or failing, it unsubscribes first: the source is finalized before the tail goes out, a device free before
 *   who catches the error opens it again.
 *
 * A byte is copied once. A frame is made empty when its first byte comes and a whole one is made of its bytes, which saves
 * filling it with zeros (rows 3200 and above); no frame is cut from a larger piece of memory, although that would be cheaper still,
 * as `frame.buffer` is the consumer's to transfer or to reinterpret.
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
      this.error(new TypeError(`bufferBytes takes chunks of Uint8Array, not ${kindOf(chunk)}`));
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
      this.error(error); // no memory for a frame, say: not the producer's to catch
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

  /** Takes a chunk with which a frame is full; what is left of it begins the next. */
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

  /** Hands on the frames that are full; called while it does, it leaves them to the call that is at it. */
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

/** A chunk, or a part of it as a view, without asking the chunk's class, which for a Buffer is slower. */
function part(chunk: Uint8Array, begin: number, end: number): Uint8Array {
  if (end - begin === chunk.length) return chunk;
  return new Uint8Array(chunk.buffer, chunk.byteOffset + begin, end - begin);
}

function isBytes(chunk: unknown): boolean {
  if (chunk instanceof Uint8Array) return true;
  // those of another realm, and signed or clamped ones
  return ArrayBuffer.isView(chunk) && 'BYTES_PER_ELEMENT' in chunk && chunk.BYTES_PER_ELEMENT === 1;
}

function kindOf(value: unknown): string {
  return value === null || typeof value !== 'object' ? typeof value : value.constructor.name;
}
