import { MIN_MATCH, type BlockIndex, type Position } from './blockIndex.ts';

/** A stretch of the session's audio, in order. `from` and `to` are byte positions in the session's audio. */
export type Piece =
  /** Bytes of no known recording. */
  | { readonly kind: 'unknown'; readonly from: number; readonly bytes: Uint8Array }
  /** From here on the audio follows a recording. `from` may lie before the end of the last piece if bytes match both. */
  | { readonly kind: 'found'; readonly from: number; readonly position: Position }
  /** The audio followed the recording up to here. */
  | { readonly kind: 'followed'; readonly to: number }
  /** The audio left the recording here. */
  | { readonly kind: 'lost'; readonly to: number };

/** Bytes of unmatched audio that are kept, to extend a match backwards. */
const MAX_KEPT = 8192;
/** Bytes of the recording that are searched again when the audio leaves it. */
const OVERLAP = 64;

/**
 * Aligns the audio of one session with the known recordings, byte for byte. While the position is known, each push is one
 * comparison. Where the audio leaves the recording (bytes are lost, repeated or foreign), the position is searched again.
 */
export class Aligner {
  readonly #index: BlockIndex;
  /** The position of the next byte, while it is known. */
  #position: { readonly pcm: Uint8Array; at: number } | undefined;
  /** Bytes received. */
  #received = 0;
  /** The latest bytes while the position is unknown. */
  #recent: Uint8Array = new Uint8Array(0);
  /** How many of the recent bytes have been returned in a piece. */
  #returned = 0;

  constructor(index: BlockIndex) {
    this.#index = index;
  }

  /** How many bytes have been returned in a piece. */
  get settled(): number {
    return this.#position === undefined ? this.#received - (this.#recent.length - this.#returned) : this.#received;
  }

  push(bytes: Uint8Array): Piece[] {
    const pieces: Piece[] = [];
    let rest = bytes;
    while (rest.length > 0)
      rest = this.#position === undefined ? this.#search(rest, pieces) : this.#follow(rest, pieces);
    return pieces;
  }

  end(): Piece[] {
    const pieces: Piece[] = [];
    if (this.#position === undefined) this.#addUnknown(this.#recent.length, pieces);
    else pieces.push({ kind: 'lost', to: this.#received });
    return pieces;
  }

  /** Consumes the bytes that match the recording and returns the rest. */
  #follow(bytes: Uint8Array, pieces: Piece[]): Uint8Array {
    const position = this.#position!;
    const same = countMatching(bytes, position);
    position.at += same;
    this.#received += same;
    if (same === bytes.length && position.at < position.pcm.length) {
      pieces.push({ kind: 'followed', to: this.#received });
      return bytes.subarray(same);
    }
    pieces.push({ kind: 'followed', to: this.#received }, { kind: 'lost', to: this.#received });
    this.#recent = position.pcm.slice(Math.max(0, position.at - OVERLAP), position.at);
    this.#returned = this.#recent.length;
    this.#position = undefined;
    return bytes.subarray(same);
  }

  /** Searches the position. If it is found, returns the bytes that follow it; otherwise all bytes are consumed. */
  #search(bytes: Uint8Array, pieces: Piece[]): Uint8Array {
    const recent = Buffer.concat([this.#recent, bytes]);
    const hit = this.#index.find(recent, this.#returned);
    this.#recent = recent;
    this.#received += bytes.length;
    if (hit === undefined) {
      this.#addUnknown(Math.max(this.#returned, recent.length - MIN_MATCH), pieces);
      this.#trimRecent();
      return bytes.subarray(bytes.length);
    }
    const back = countMatchingBackwards(recent, hit.offset, hit.position);
    const begin = hit.offset - back;
    if (begin > this.#returned) this.#addUnknown(begin, pieces);
    const from = this.#received - recent.length + begin;
    this.#position = { pcm: hit.position.pcm, at: hit.position.at - back };
    pieces.push({ kind: 'found', from, position: { ...this.#position } });
    this.#received = from;
    this.#recent = new Uint8Array(0);
    this.#returned = 0;
    return recent.subarray(begin);
  }

  #addUnknown(until: number, pieces: Piece[]): void {
    if (until <= this.#returned) return;
    const from = this.#received - this.#recent.length + this.#returned;
    pieces.push({ kind: 'unknown', from, bytes: this.#recent.subarray(this.#returned, until) });
    this.#returned = until;
  }

  #trimRecent(): void {
    const excess = this.#returned - MAX_KEPT;
    if (excess <= 0) return;
    this.#recent = this.#recent.subarray(excess);
    this.#returned -= excess;
  }
}

function countMatching(bytes: Uint8Array, { pcm, at }: Position): number {
  const known = pcm.subarray(at, at + bytes.length);
  if (known.length === bytes.length && Buffer.compare(known, bytes) === 0) return bytes.length;
  let same = 0;
  while (same < known.length && known[same] === bytes[same]) same++;
  return same;
}

function countMatchingBackwards(bytes: Uint8Array, offset: number, { pcm, at }: Position): number {
  let back = 0;
  while (back < offset && back < at && bytes[offset - back - 1] === pcm[at - back - 1]) back++;
  return back;
}
