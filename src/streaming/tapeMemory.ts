/** How many frames share a block of memory: fewer objects for the garbage collector, at most three frames held too long. */
const FRAMES_PER_BLOCK = 4;

/**
 * The memory of a tape: blocks that are written once and never reused, so a view of them cannot change. A block is freed
 * by the garbage collector when neither the tape nor a socket holds one of its frames.
 */
export class TapeMemory {
  #block = new ArrayBuffer(0);
  #used = 0;
  /** Frames that were allocated and are yet to be kept, oldest first. */
  readonly #allocated: Uint8Array[] = [];

  /** Returns zeroed memory for the next frame to keep. */
  allocate(size: number): Uint8Array {
    const frame = this.#take(size);
    this.#allocated.push(frame);
    return frame;
  }

  /** Returns the frame if it was allocated here, else a copy. */
  keep(frame: Uint8Array): Uint8Array {
    if (this.#allocated[0] === frame) {
      this.#allocated.shift();
      return frame;
    }
    const copy = this.#take(frame.length);
    copy.set(frame);
    return copy;
  }

  #take(size: number): Uint8Array {
    if (this.#used + size > this.#block.byteLength) {
      this.#block = new ArrayBuffer(FRAMES_PER_BLOCK * size);
      this.#used = 0;
    }
    const frame = new Uint8Array(this.#block, this.#used, size);
    this.#used += size;
    return frame;
  }
}
