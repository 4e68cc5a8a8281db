/** How many frames are allocated at once, in a block: fewer objects for the garbage collector. */
const FRAMES_PER_BLOCK = 4;
/** For how many later frames memory is kept: a long turn frees as much at once. */
const MAX_FREE = 256;

/**
 * The memory of a tape: what one frame no longer needs, a later frame of the same length gets. So a live transcription soon
 * allocates none.
 */
export class TapeMemory {
  /** Frames that were allocated and are yet to be kept, oldest first. */
  readonly #allocated: Uint8Array[] = [];
  readonly #free: Uint8Array[] = [];

  /** Returns memory for the next frame to keep; it may contain anything. */
  allocate(size: number): Uint8Array {
    const frame = this.#take(size) ?? this.#newBlock(size);
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
    copy?.set(frame);
    return copy ?? new Uint8Array(frame);
  }

  /** Takes back the memory of a frame that was kept and is not read again. */
  free(frame: Uint8Array): void {
    if (this.#free.length < MAX_FREE) this.#free.push(frame);
  }

  /** What is of another length goes: frames are usually all of one. */
  #take(size: number): Uint8Array | undefined {
    const frame = this.#free.pop();
    return frame?.length === size ? frame : undefined;
  }

  #newBlock(size: number): Uint8Array {
    const block = new ArrayBuffer(FRAMES_PER_BLOCK * size);
    for (let at = size; at < block.byteLength; at += size) this.#free.push(new Uint8Array(block, at, size));
    return new Uint8Array(block, 0, size);
  }
}
