/** Reads bits, the most significant first. Reading beyond the end throws a `RangeError`. */
export class BitReader {
  readonly #bytes: Uint8Array;
  /** The position of the next bit. */
  #at: number;

  /** @param start The byte to start at. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start * 8;
  }

  get bytePosition(): number {
    return this.#at / 8;
  }

  alignToByte(): void {
    this.#at = Math.ceil(this.#at / 8) * 8;
  }

  /** Reads an unsigned number of at most 32 bits. */
  read(width: number): number {
    const end = this.#at + width;
    if (end > this.#bytes.length * 8) throw new RangeError('the bits end');
    let value = 0;
    while (this.#at < end) {
      const offset = this.#at & 7;
      const length = Math.min(8 - offset, end - this.#at);
      const byte = this.#bytes[this.#at >>> 3] ?? 0;
      value = value * 2 ** length + ((byte >> (8 - offset - length)) & (2 ** length - 1));
      this.#at += length;
    }
    return value;
  }

  /** Reads a number of at most 33 bits in two's complement. */
  readSigned(width: number): number {
    if (width === 0) return 0;
    const value = this.read(width);
    return value >= 2 ** (width - 1) ? value - 2 ** width : value;
  }

  /** Counts the zeros before the next one, and consumes it. */
  readUnary(): number {
    let zeros = 0;
    for (;;) {
      const byte = this.#bytes[this.#at >>> 3];
      if (byte === undefined) throw new RangeError('the bits end');
      const offset = this.#at & 7;
      const rest = (byte << offset) & 0xff;
      if (rest !== 0) {
        const count = Math.clz32(rest) - 24;
        this.#at += count + 1;
        return zeros + count;
      }
      zeros += 8 - offset;
      this.#at += 8 - offset;
    }
  }

  /** Reads a signed number in the Rice code. */
  readRice(parameter: number): number {
    const value = this.readUnary() * 2 ** parameter + this.read(parameter);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
