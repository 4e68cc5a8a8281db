/* oxlint-disable no-await-in-loop -- pieces are read one after another */

/** Reads bytes in order from pieces of any length, so that the same parser reads files, streams and Blobs. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #ended = false;
  #position = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Bytes consumed so far. */
  get position(): number {
    return this.#position;
  }

  /** Returns the next bytes without consuming them, fewer only at the end; they are valid until the next call. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#end - this.#start < length && (await this.#readPiece()));
    return this.#held.subarray(this.#start, Math.min(this.#end, this.#start + length));
  }

  /** Consumes and returns the next bytes, fewer only at the end; they are valid until the next call. */
  async take(length: number): Promise<Uint8Array> {
    const bytes = await this.peek(length);
    this.#consume(bytes.length);
    return bytes;
  }

  /** As `take`, without waiting; `undefined` if not all of the bytes are buffered. */
  takeBuffered(length: number): Uint8Array | undefined {
    if (this.#end - this.#start < length) return undefined;
    const bytes = this.#held.subarray(this.#start, this.#start + length);
    this.#consume(length);
    return bytes;
  }

  /**
   * Consumes what is buffered in whole units, at most `most` bytes, and reads only if there is not even one. Live input is
   * therefore not delayed. Empty only at the end.
   */
  async takeUnits(unit: number, most: number): Promise<Uint8Array> {
    await this.peek(unit);
    const length = Math.min(most, this.#end - this.#start);
    return this.take(length - (length % unit));
  }

  /** Consumes bytes without holding them, up to the end. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      const { length: skipped } = await this.takeUnits(1, left);
      if (skipped === 0) return;
      left -= skipped;
    }
  }

  #consume(length: number): void {
    this.#start += length;
    this.#position += length;
  }

  async #readPiece(): Promise<boolean> {
    if (this.#ended) return false;
    const { done, value } = await this.#pieces.next();
    if (done) this.#ended = true;
    else this.#append(value);
    return !this.#ended;
  }

  /** Grows the buffer to twice what it holds, so that the cost stays linear. */
  #append(piece: Uint8Array): void {
    const length = this.#end - this.#start;
    if (length === 0) {
      this.#held = piece;
      this.#start = 0;
      this.#end = piece.length;
      return;
    }
    // A piece belongs to its producer, so it is copied before anything is added to it.
    const held = new Uint8Array(Math.max(2 * length, length + piece.length));
    held.set(this.#held.subarray(this.#start, this.#end));
    held.set(piece, length);
    this.#held = held;
    this.#start = 0;
    this.#end = length + piece.length;
  }
}
