/** Bytes per indexed block: 2 ms at 16 kHz. */
export const BLOCK: number = 64;

/** The shortest run of known bytes that is sure to be found: it holds one aligned block wherever it begins. */
export const SURE: number = 2 * BLOCK - 1;

/** A place in the known recordings. */
export interface Place {
  readonly pcm: Uint8Array;
  /** Byte position in `pcm`. */
  readonly at: number;
}

const FACTOR = 0x01000193;
const LEAVING = Array.from({ length: BLOCK }).reduce<number>((power) => Math.imul(power, FACTOR), 1);
const PROBES = 32;

/**
 * Finds, for any 64 bytes, where they stand in the known recordings. Each recording is indexed by its aligned blocks; a
 * checksum that rolls over the incoming bytes finds them again at every offset, at a few nanoseconds per byte, however
 * long the recordings are. Digital silence is not indexed: it says nothing about the place.
 */
export class BlockIndex {
  readonly #recordings: readonly Uint8Array[];
  readonly #firstBlocks: number[] = [];
  readonly #hashes: Int32Array;
  readonly #blocks: Uint32Array;
  readonly #shift: number;

  constructor(recordings: readonly Uint8Array[]) {
    this.#recordings = recordings;
    let total = 0;
    for (const pcm of recordings) {
      this.#firstBlocks.push(total);
      total += Math.floor(pcm.length / BLOCK);
    }
    const bits = Math.max(4, Math.ceil(Math.log2(2 * total + 1)));
    this.#shift = 32 - bits;
    this.#hashes = new Int32Array(2 ** bits);
    this.#blocks = new Uint32Array(2 ** bits);
    recordings.forEach((pcm, index) => this.#add(pcm, this.#firstBlocks[index] ?? 0));
  }

  /** The first whole block at or after `from` that is known, and its place; undefined if there is none in `bytes`. */
  find(bytes: Uint8Array, from: number): { readonly offset: number; readonly place: Place } | undefined {
    if (bytes.length - from < BLOCK) return undefined;
    let hash = checksum(bytes, from);
    for (let offset = from; ; offset++) {
      const place = hash === 0 ? undefined : this.#lookUp(hash, bytes, offset);
      if (place !== undefined) return { offset, place };
      if (offset + BLOCK >= bytes.length) return undefined;
      hash = (Math.imul(hash, FACTOR) - Math.imul(bytes[offset]!, LEAVING) + bytes[offset + BLOCK]!) | 0;
    }
  }

  #add(pcm: Uint8Array, firstBlock: number): void {
    const mask = this.#blocks.length - 1;
    for (let block = 0; (block + 1) * BLOCK <= pcm.length; block++) {
      const hash = checksum(pcm, block * BLOCK);
      if (hash === 0) continue;
      let slot = this.#slot(hash);
      let probes = 0;
      while (this.#blocks[slot] !== 0 && probes < PROBES) {
        slot = (slot + 1) & mask;
        probes++;
      }
      if (probes === PROBES) continue;
      this.#hashes[slot] = hash;
      this.#blocks[slot] = firstBlock + block + 1;
    }
  }

  #lookUp(hash: number, bytes: Uint8Array, offset: number): Place | undefined {
    const mask = this.#blocks.length - 1;
    let slot = this.#slot(hash);
    for (let block = this.#blocks[slot]!; block !== 0; block = this.#blocks[slot]!) {
      if (this.#hashes[slot] === hash) {
        const place = this.#place(block - 1);
        const known = place.pcm.subarray(place.at, place.at + BLOCK);
        if (Buffer.compare(known, bytes.subarray(offset, offset + BLOCK)) === 0) return place;
      }
      slot = (slot + 1) & mask;
    }
    return undefined;
  }

  #slot(hash: number): number {
    return Math.imul(hash, 0x9e3779b1) >>> this.#shift;
  }

  #place(block: number): Place {
    const index = this.#firstBlocks.findLastIndex((first) => first <= block);
    return { pcm: this.#recordings[index]!, at: (block - this.#firstBlocks[index]!) * BLOCK };
  }
}

function checksum(bytes: Uint8Array, from: number): number {
  let hash = 0;
  for (let at = from; at < from + BLOCK; at++) hash = (Math.imul(hash, FACTOR) + bytes[at]!) | 0;
  return hash;
}
