import { SURE, type BlockIndex, type Place } from './blockIndex.ts';

/** A stretch of the session's audio, in order. `from` and `to` are byte positions in the session's audio. */
export type Piece =
  /** Bytes no recording has. */
  | { readonly kind: 'unknown'; readonly from: number; readonly bytes: Uint8Array }
  /** From here on the audio stands at this place of a recording. It may reach back over bytes that fitted both sides. */
  | { readonly kind: 'found'; readonly from: number; readonly place: Place }
  /** The audio went on as the recording does, up to here. */
  | { readonly kind: 'followed'; readonly to: number }
  /** The audio left the recording here. */
  | { readonly kind: 'lost'; readonly to: number };

const REMEMBERED = 8192;
const OVERLAP = 64;

/**
 * Follows the audio of one session through the known recordings, byte for byte. While it knows the place this is one
 * comparison; where the audio leaves the recording (bytes lost, doubled or foreign) it looks for the place again.
 */
export class Aligner {
  readonly #index: BlockIndex;
  /** Where the next byte is expected, while the place is known. */
  #place: { readonly pcm: Uint8Array; at: number } | undefined;
  /** Bytes received. */
  #received = 0;
  /** The latest bytes while the place is not known, and how many of them are searched and told. */
  #recent: Uint8Array = new Uint8Array(0);
  #told = 0;

  constructor(index: BlockIndex) {
    this.#index = index;
  }

  /** Bytes about which everything has been told. */
  get settled(): number {
    return this.#place === undefined ? this.#received - (this.#recent.length - this.#told) : this.#received;
  }

  push(bytes: Uint8Array): Piece[] {
    const pieces: Piece[] = [];
    let rest = bytes;
    while (rest.length > 0) rest = this.#place === undefined ? this.#search(rest, pieces) : this.#follow(rest, pieces);
    return pieces;
  }

  end(): Piece[] {
    const pieces: Piece[] = [];
    if (this.#place === undefined) this.#tell(this.#recent.length, pieces);
    else pieces.push({ kind: 'lost', to: this.#received });
    return pieces;
  }

  /** Takes what agrees with the recording and returns the rest. */
  #follow(bytes: Uint8Array, pieces: Piece[]): Uint8Array {
    const place = this.#place!;
    const same = agreeing(bytes, place);
    place.at += same;
    this.#received += same;
    if (same === bytes.length && place.at < place.pcm.length) {
      pieces.push({ kind: 'followed', to: this.#received });
      return bytes.subarray(same);
    }
    pieces.push({ kind: 'followed', to: this.#received }, { kind: 'lost', to: this.#received });
    this.#recent = place.pcm.slice(Math.max(0, place.at - OVERLAP), place.at);
    this.#told = this.#recent.length;
    this.#place = undefined;
    return bytes.subarray(same);
  }

  /** Looks for the place. Found: the rest of the bytes is to be followed. Not found: all were taken. */
  #search(bytes: Uint8Array, pieces: Piece[]): Uint8Array {
    const recent = Buffer.concat([this.#recent, bytes]);
    const hit = this.#index.find(recent, this.#told);
    this.#recent = recent;
    this.#received += bytes.length;
    if (hit === undefined) {
      this.#tell(Math.max(this.#told, recent.length - SURE), pieces);
      this.#forget();
      return bytes.subarray(bytes.length);
    }
    const back = agreeingBackwards(recent, hit.offset, hit.place);
    const begin = hit.offset - back;
    if (begin > this.#told) this.#tell(begin, pieces);
    const from = this.#received - recent.length + begin;
    this.#place = { pcm: hit.place.pcm, at: hit.place.at - back };
    pieces.push({ kind: 'found', from, place: { ...this.#place } });
    this.#received = from;
    this.#recent = new Uint8Array(0);
    this.#told = 0;
    return recent.subarray(begin);
  }

  #tell(until: number, pieces: Piece[]): void {
    if (until <= this.#told) return;
    const from = this.#received - this.#recent.length + this.#told;
    pieces.push({ kind: 'unknown', from, bytes: this.#recent.subarray(this.#told, until) });
    this.#told = until;
  }

  #forget(): void {
    const excess = this.#told - REMEMBERED;
    if (excess <= 0) return;
    this.#recent = this.#recent.subarray(excess);
    this.#told -= excess;
  }
}

function agreeing(bytes: Uint8Array, { pcm, at }: Place): number {
  const known = pcm.subarray(at, at + bytes.length);
  if (known.length === bytes.length && Buffer.compare(known, bytes) === 0) return bytes.length;
  let same = 0;
  while (same < known.length && known[same] === bytes[same]) same++;
  return same;
}

function agreeingBackwards(bytes: Uint8Array, offset: number, { pcm, at }: Place): number {
  let back = 0;
  while (back < offset && back < at && bytes[offset - back - 1] === pcm[at - back - 1]) back++;
  return back;
}
