/** The length of a block in bytes: a quarter of a second of 16 kHz 16-bit mono. */
const BLOCK_BYTES = 8192;
/** How many unused blocks are kept for reuse: 2 MB. */
const MAX_SPARE = 256;

/** Unused blocks, shared by all transcriptions. */
const spare: Uint8Array[] = [];

/**
 * A window onto a long run of bytes: bytes are copied in at its end and dropped at its start.
 *
 * It consists of blocks, which all transcriptions reuse. Holding the frames instead would copy nothing, but each frame is
 * three objects that live for seconds, so the garbage collector moves them twice and then promotes them to its slow part.
 * A copied frame dies young, and the copy takes a fraction of a microsecond. Row "heap" of table `scale` in test/bench, at
 * 200 streams, together with the other changes of that commit: 51 kB a stream instead of 57.
 */
export class ByteWindow {
  readonly #blocks: Uint8Array[] = [];
  /** The number of the first block. */
  #first = 0;

  /** Copies bytes in at a position: where the last ones ended, or later. */
  append(bytes: Uint8Array, position: number): void {
    for (let copied = 0; copied < bytes.length;) {
      const at = (position + copied) % BLOCK_BYTES;
      const size = Math.min(bytes.length - copied, BLOCK_BYTES - at);
      this.#blockAt(position + copied).set(size < bytes.length ? bytes.subarray(copied, copied + size) : bytes, at);
      copied += size;
    }
  }

  /** Copies the bytes from one position to another to the end of `into`. */
  copy(from: number, to: number, into: Uint8Array): void {
    for (let position = from; position < to;) {
      const at = position % BLOCK_BYTES;
      const size = Math.min(to - position, BLOCK_BYTES - at);
      into.set(this.#blockAt(position).subarray(at, at + size), into.length - (to - position));
      position += size;
    }
  }

  /** Drops the bytes before a position. */
  drop(position: number): void {
    for (; this.#blocks.length > 0 && (this.#first + 1) * BLOCK_BYTES <= position; this.#first++) {
      const block = this.#blocks.shift();
      if (block && spare.length < MAX_SPARE) spare.push(block);
    }
  }

  #blockAt(position: number): Uint8Array {
    const number = Math.floor(position / BLOCK_BYTES);
    if (this.#blocks.length === 0) this.#first = number;
    return (this.#blocks[number - this.#first] ??= spare.pop() ?? new Uint8Array(BLOCK_BYTES));
  }
}
