// looked up once: in the context of a test, each access to a global takes longer than the work on a byte
const { imul } = Math;

/** Bytes per indexed block: 2 ms at 16 kHz. */
const BLOCK = 64;

/** Bytes from one indexed block to the next. */
const STRIDE = 128;

/** The shortest run of known bytes that is always found: it contains an indexed block wherever it begins. */
export const MIN_MATCH: number = BLOCK + STRIDE - 1;

/** A position in the known recordings. */
export interface Position {
  readonly pcm: Uint8Array;
  /** Byte position in `pcm`. */
  readonly at: number;
}

/** The factor of the polynomial checksum, and its power for the byte that leaves the block. */
const FACTOR = 0x01000193;
const OUTGOING_FACTOR = Array.from({ length: BLOCK }).reduce<number>((power) => imul(power, FACTOR), 1);

/** Slots tried per checksum. Of many identical blocks (a drone, a test tone) only some are indexed. */
const MAX_PROBES = 32;

/**
 * Finds the position of any 64 bytes in the known recordings. It keeps the checksum of one block in every 128 bytes. A
 * rolling checksum over the incoming bytes finds these blocks at every offset, and its cost per byte does not depend on the
 * length of the recordings. Digital silence is not indexed because it has no unique position.
 */
export class BlockIndex {
  readonly #recordings: readonly Uint8Array[];
  /** Number of the first block of each recording; blocks are numbered through all of them, from 1. */
  readonly #firsts: number[] = [];
  /** Open hash table of pairs, checksum and block number; block number 0 is a free slot. */
  readonly #table: Int32Array;
  readonly #shift: number;
  /** Bloom filter with one bit per checksum: small enough to stay in the processor's cache, unlike the table. */
  readonly #filter: Uint8Array;

  constructor(recordings: readonly Uint8Array[]) {
    this.#recordings = recordings;
    let next = 1;
    for (const pcm of recordings) {
      this.#firsts.push(next);
      next += blockCount(pcm);
    }
    const bits = Math.max(6, Math.ceil(Math.log2(2 * next)));
    this.#shift = 32 - bits;
    this.#table = new Int32Array(2 * 2 ** bits);
    this.#filter = new Uint8Array(2 ** bits);
    recordings.forEach((pcm, index) => this.#add(pcm, this.#firsts[index]!));
  }

  /** Returns the first known block at or after `from` and its position; undefined if `bytes` contain none. */
  find(bytes: Uint8Array, from: number): { readonly offset: number; readonly position: Position } | undefined {
    if (bytes.length - from < BLOCK) return undefined;
    const filter = this.#filter;
    const shift = this.#shift;
    let hash = checksum(bytes, from);
    for (let offset = from; ; offset++) {
      const mixed = mix(hash);
      if ((filter[mixed >>> shift]! & (1 << (mixed & 7))) !== 0) {
        const position = this.#lookUp(hash, bytes, offset);
        if (position !== undefined) return { offset, position };
      }
      if (offset + BLOCK >= bytes.length) return undefined;
      hash = (imul(hash, FACTOR) - imul(bytes[offset]!, OUTGOING_FACTOR) + bytes[offset + BLOCK]!) | 0;
    }
  }

  #add(pcm: Uint8Array, first: number): void {
    for (let block = 0; block < blockCount(pcm); block++) {
      const hash = checksum(pcm, block * STRIDE);
      if (hash !== 0) this.#insert(hash, first + block);
    }
  }

  #insert(hash: number, block: number): void {
    const table = this.#table;
    const mixed = mix(hash);
    let slot = 2 * (mixed >>> this.#shift);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      if (table[slot + 1] === 0) {
        table[slot] = hash;
        table[slot + 1] = block;
        this.#filter[mixed >>> this.#shift]! |= 1 << (mixed & 7);
        return;
      }
      slot = (slot + 2) % table.length;
    }
  }

  #lookUp(hash: number, bytes: Uint8Array, offset: number): Position | undefined {
    const table = this.#table;
    let slot = 2 * (mix(hash) >>> this.#shift);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const block = table[slot + 1]!;
      if (block === 0) return undefined;
      if (table[slot] === hash) {
        const position = this.#positionOf(block);
        const known = position.pcm.subarray(position.at, position.at + BLOCK);
        if (Buffer.compare(known, bytes.subarray(offset, offset + BLOCK)) === 0) return position;
      }
      slot = (slot + 2) % table.length;
    }
    return undefined;
  }

  #positionOf(block: number): Position {
    const index = this.#firsts.findLastIndex((first) => first <= block);
    return { pcm: this.#recordings[index]!, at: (block - this.#firsts[index]!) * STRIDE };
  }
}

function blockCount(pcm: Uint8Array): number {
  return pcm.length < BLOCK ? 0 : Math.floor((pcm.length - BLOCK) / STRIDE) + 1;
}

function checksum(bytes: Uint8Array, from: number): number {
  let hash = 0;
  for (let at = from; at < from + BLOCK; at++) hash = (imul(hash, FACTOR) + bytes[at]!) | 0;
  return hash;
}

function mix(hash: number): number {
  const mixed = imul(hash, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
