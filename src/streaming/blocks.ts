/** The length of a block in bytes: a quarter of a second of 16 kHz 16-bit mono. */
const BLOCK_BYTES = 8192;
/** How many blocks that nobody uses are kept for whoever needs one next: 2 MB. */
const MAX_SPARE = 256;

/** Blocks that nobody uses, of all transcriptions. */
const spare: Uint8Array[] = [];

/**
 * A window of a long run of bytes: they are copied in at its end, and let go of at its start.
 *
 * It is made of blocks, which go from one transcription to the next. To hold on to the frames instead would copy nothing;
 * but a frame is three objects, held for seconds, long enough for the collector of garbage to move them twice and then to
 * leave them to its slow part. Copied, which takes a fraction of a microsecond, a frame dies young, and what is held is a few
 * numbers.
 * Row "heap" of table `scale` in test/bench, at 200 streams, with what else changed in that commit: from 57 to 51 kB each.
 */
export class Blocks {
  readonly #blocks: Uint8Array[] = [];
  /** The number of the first block. */
  #first = 0;

  /** Copies bytes in, which begin at a position: that where the last ones ended, or a later one. */
  append(bytes: Uint8Array, position: number): void {
    for (let taken = 0; taken < bytes.length;) {
      const at = (position + taken) % BLOCK_BYTES;
      const size = Math.min(bytes.length - taken, BLOCK_BYTES - at);
      this.#blockAt(position + taken).set(size < bytes.length ? bytes.subarray(taken, taken + size) : bytes, at);
      taken += size;
    }
  }

  /** Copies the bytes from one position to another out, to the end of `into`. */
  copy(from: number, to: number, into: Uint8Array): void {
    for (let position = from; position < to;) {
      const at = position % BLOCK_BYTES;
      const size = Math.min(to - position, BLOCK_BYTES - at);
      into.set(this.#blockAt(position).subarray(at, at + size), into.length - (to - position));
      position += size;
    }
  }

  /** Lets go of the bytes before a position. */
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
