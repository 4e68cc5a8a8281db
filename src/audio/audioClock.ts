import type { LostAudio } from '../lostAudio.ts';
import { MAX_FRAME_MS, bytesToMs, msToBytes } from './pcm.ts';
import type { PcmFormat } from './pcm.ts';

/** The length of a piece of silence in real time, in milliseconds: that of decibri's chunks. */
const PIECE_MS = 100;
/** For how long, in milliseconds of audio, what comes faster than it is spoken is what waited while the device was opened. */
const OPENING_MS = 1000;
/** The longest piece, in milliseconds, when there is more to fill: what the service takes in one message. */
const MAX_PIECE_MS = MAX_FRAME_MS;

/**
 * Keeps what a microphone emits as long as the time that passes, by silence where there is no audio.
 *
 * Every chunk of audio sets the clock: it ends when it arrives. From there on silence is due, piece by piece, each at a
 * moment counted from that chunk, so that late timers do not add up. The audio that comes back was recorded before it
 * arrives, so silence may have gone further than its beginning: what is too much then, less than a chunk, is taken off
 * the next absence. So is what a device that was just opened hands over at once. Times are milliseconds of any clock
 * that only goes forward.
 */
export class AudioClock {
  /** The stretches of silence that ended and that nobody took yet. */
  readonly missing: LostAudio[] = [];
  readonly #format: PcmFormat;
  #bytes = 0;
  /** The time up to which there are bytes. */
  #upTo = 0;
  /** By how much that is later than the arrival of a chunk. */
  #ahead = 0;
  /** Where the audio began that was heard last: in milliseconds of what was emitted, and as a time. */
  #began: { readonly ms: number; readonly at: number } | undefined;
  #silentFrom: number | undefined;

  constructor(format: PcmFormat) {
    this.#format = format;
  }

  /** Milliseconds until the next piece of silence is due. */
  untilDue(now: number): number {
    return Math.max(0, this.#upTo + PIECE_MS - now);
  }

  /** The silence that is due, in whole pieces but at most 1000 ms: more is due at once then. None if none is due. */
  silence(now: number): Uint8Array[] {
    const pieces = Math.floor((now - this.#upTo) / PIECE_MS);
    return pieces > 0 ? [this.#fill(Math.min(pieces * PIECE_MS, MAX_PIECE_MS))] : [];
  }

  /**
   * Audio is back.
   *
   * @yields The silence up to its beginning, to be emitted before it.
   */
  *back(chunk: Uint8Array, now: number): Generator<Uint8Array> {
    const length = bytesToMs(chunk.length, this.#format);
    for (;;) {
      const piece = this.#fill(Math.min(Math.max(0, now - length - this.#upTo), MAX_PIECE_MS));
      if (piece.length === 0) break;
      yield piece;
    }
    this.#ahead = this.#upTo + length - now;
    this.#began = { ms: this.#ms, at: this.#upTo };
  }

  /** Audio arrives. */
  heard(chunk: Uint8Array, now: number): void {
    this.endSilence();
    this.#began ??= { ms: this.#ms, at: now - bytesToMs(chunk.length, this.#format) };
    this.#bytes += chunk.length;
    const heard = this.#ms - this.#began.ms;
    if (heard <= OPENING_MS) this.#ahead = Math.max(this.#ahead, this.#began.at + heard - now);
    this.#upTo = now + this.#ahead;
  }

  /** Nothing more is filled into the stretch of silence under way, if there is one: it is `missing` from now on. */
  endSilence(): void {
    if (this.#silentFrom === undefined) return;
    this.missing.push({ startMs: this.#silentFrom, endMs: this.#ms });
    this.#silentFrom = undefined;
  }

  #fill(ms: number): Uint8Array {
    const piece = new Uint8Array(msToBytes(ms, this.#format));
    if (piece.length > 0) this.#silentFrom ??= this.#ms;
    this.#bytes += piece.length;
    this.#upTo += bytesToMs(piece.length, this.#format);
    return piece;
  }

  get #ms(): number {
    return bytesToMs(this.#bytes, this.#format);
  }
}
