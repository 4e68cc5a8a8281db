/** Bytes per indexed block: 2 ms at 16 kHz. */
const BLOCK = 64;

/** Bytes from one indexed block to the next. */
const STRIDE = 128;

/** The shortest run of known bytes that is sure to be found: it holds an indexed block wherever it begins. */
export const SURE: number = BLOCK + STRIDE - 1;

/** A place in the known recordings. */
export interface Place {
  readonly pcm: Uint8Array;
  /** Byte position in `pcm`. */
  readonly at: number;
}

const FACTOR = 0x01000193;
const LEAVING = Array.from({ length: BLOCK }).reduce<number>((power) => Math.imul(power, FACTOR), 1);

/** Blocks that many look alike (a drone, a test tone) are not all indexed. */
const PROBES = 32;

/**
 * Finds, for any 64 bytes, where they stand in the known recordings. A checksum of one block in every 128 bytes is kept; a
 * checksum that rolls over the incoming bytes finds the block again at every offset, at some nanoseconds per byte, however
 * long the recordings are. Digital silence is not indexed: it says nothing about the place.
 */
export class BlockIndex {
  readonly #recordings: readonly Uint8Array[];
  /** Number of the first block of each recording; blocks are numbered through all of them, from 1. */
  readonly #firsts: number[] = [];
  /** Open hash table: checksum and block number, in turns; a block number of 0 is a free slot. */
  readonly #table: Int32Array;
  readonly #shift: number;
  /** One bit per checksum, some false: small enough to be at hand where the table is not. */
  readonly #filter: Uint8Array;

  constructor(recordings: readonly Uint8Array[]) {
    this.#recordings = recordings;
    let next = 1;
    for (const pcm of recordings) {
      this.#firsts.push(next);
      next += blocks(pcm);
    }
    const bits = Math.max(6, Math.ceil(Math.log2(2 * next)));
    this.#shift = 32 - bits;
    this.#table = new Int32Array(2 * 2 ** bits);
    this.#filter = new Uint8Array(2 ** bits);
    recordings.forEach((pcm, index) => this.#add(pcm, this.#firsts[index]!));
  }

  /** The first known block at or after `from`, and its place; undefined if there is none in `bytes`. */
  find(bytes: Uint8Array, from: number): { readonly offset: number; readonly place: Place } | undefined {
    if (bytes.length - from < BLOCK) return undefined;
    const filter = this.#filter;
    const shift = this.#shift;
    let hash = checksum(bytes, from);
    for (let offset = from; ; offset++) {
      const mixed = mix(hash);
      if ((filter[mixed >>> shift]! & (1 << (mixed & 7))) !== 0) {
        const place = this.#lookUp(hash, bytes, offset);
        if (place !== undefined) return { offset, place };
      }
      if (offset + BLOCK >= bytes.length) return undefined;
      hash = (Math.imul(hash, FACTOR) - Math.imul(bytes[offset]!, LEAVING) + bytes[offset + BLOCK]!) | 0;
    }
  }

  #add(pcm: Uint8Array, first: number): void {
    for (let block = 0; block < blocks(pcm); block++) {
      const hash = checksum(pcm, block * STRIDE);
      if (hash !== 0) this.#insert(hash, first + block);
    }
  }

  #insert(hash: number, block: number): void {
    const table = this.#table;
    const mixed = mix(hash);
    let slot = 2 * (mixed >>> this.#shift);
    for (let probe = 0; probe < PROBES; probe++) {
      if (table[slot + 1] === 0) {
        table[slot] = hash;
        table[slot + 1] = block;
        this.#filter[mixed >>> this.#shift]! |= 1 << (mixed & 7);
        return;
      }
      slot = (slot + 2) % table.length;
    }
  }

  #lookUp(hash: number, bytes: Uint8Array, offset: number): Place | undefined {
    const table = this.#table;
    let slot = 2 * (mix(hash) >>> this.#shift);
    for (let probe = 0; probe < PROBES; probe++) {
      const block = table[slot + 1]!;
      if (block === 0) return undefined;
      if (table[slot] === hash) {
        const place = this.#place(block);
        const known = place.pcm.subarray(place.at, place.at + BLOCK);
        if (Buffer.compare(known, bytes.subarray(offset, offset + BLOCK)) === 0) return place;
      }
      slot = (slot + 2) % table.length;
    }
    return undefined;
  }

  #place(block: number): Place {
    const index = this.#firsts.findLastIndex((first) => first <= block);
    return { pcm: this.#recordings[index]!, at: (block - this.#firsts[index]!) * STRIDE };
  }
}

function blocks(pcm: Uint8Array): number {
  return pcm.length < BLOCK ? 0 : Math.floor((pcm.length - BLOCK) / STRIDE) + 1;
}

function checksum(bytes: Uint8Array, from: number): number {
  let hash = 0;
  for (let at = from; at < from + BLOCK; at++) hash = (Math.imul(hash, FACTOR) + bytes[at]!) | 0;
  return hash;
}

function mix(hash: number): number {
  const mixed = Math.imul(hash, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
