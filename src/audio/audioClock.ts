import type { LostAudio } from '../lostAudio.ts';
import { MAX_FRAME_MS, bytesToMs, msToBytes } from './pcm.ts';
import type { PcmFormat } from './pcm.ts';

/** The length of a piece of silence in real time, in milliseconds: that of decibri's chunks. */
const PIECE_MS = 100;
/** Audio that arrives faster than real time within the first so many milliseconds was buffered while the device opened. */
const OPENING_MS = 1000;
/** The longest piece of overdue silence, in milliseconds: what the service accepts in one message. */
const MAX_PIECE_MS = MAX_FRAME_MS;

/**
 * Keeps the audio of a live source as long as the time that passes, with silence where there is no audio.
 *
 * A chunk of audio ends when it arrives. From then on silence is due piece by piece, each at a time counted from that
 * chunk, so that late timers do not add up. Audio after an absence was recorded before it arrives, so silence may already
 * cover its start. That excess, less than a chunk, shortens the next absence. So does audio that a device delivers at once
 * after it was opened. Times are milliseconds of a monotonic clock.
 */
export class AudioClock {
  /** The finished stretches of silence that no consumer has taken yet. */
  readonly lostAudio: LostAudio[] = [];
  readonly #format: PcmFormat;
  readonly #channels: number;
  #bytes = 0;
  /** The time up to which there are bytes. */
  #coveredUntil = 0;
  /** How far `#coveredUntil` is ahead of the arrival of a chunk. */
  #ahead = 0;
  /** Where the current stretch of audio starts: in milliseconds of output, and as a time. */
  #audioStart: { readonly ms: number; readonly at: number } | undefined;
  #silentFrom: number | undefined;

  /** @param channels How many channels are interleaved; the format is that of one. */
  constructor(format: PcmFormat, channels = 1) {
    this.#format = format;
    this.#channels = channels;
  }

  /** Whether the last bytes are silence that stands for lost audio. */
  get isSilent(): boolean {
    return this.#silentFrom !== undefined;
  }

  /** Milliseconds until the next piece of silence is due. */
  msUntilSilence(now: number): number {
    return Math.max(0, this.#coveredUntil + PIECE_MS - now);
  }

  /** Returns the silence that is due, in whole pieces and at most 1000 ms; empty if none is due. */
  dueSilence(now: number): Uint8Array[] {
    const pieces = Math.floor((now - this.#coveredUntil) / PIECE_MS);
    return pieces > 0 ? [this.#fill(Math.min(pieces * PIECE_MS, MAX_PIECE_MS))] : [];
  }

  /**
   * Fills up to the start of the first chunk after an absence.
   *
   * @yields The silence to emit before that chunk.
   */
  *fillUpTo(chunk: Uint8Array, now: number): Generator<Uint8Array> {
    const length = this.#msOf(chunk.length);
    for (;;) {
      const piece = this.#fill(Math.min(Math.max(0, now - length - this.#coveredUntil), MAX_PIECE_MS));
      if (piece.length === 0) break;
      yield piece;
    }
    this.#ahead = this.#coveredUntil + length - now;
    this.#audioStart = { ms: this.#ms, at: this.#coveredUntil };
  }

  /** Counts a chunk of audio that has just arrived. */
  add(chunk: Uint8Array, now: number): void {
    this.endSilence();
    this.#audioStart ??= { ms: this.#ms, at: now - this.#msOf(chunk.length) };
    this.#bytes += chunk.length;
    const received = this.#ms - this.#audioStart.ms;
    if (received <= OPENING_MS) this.#ahead = Math.max(this.#ahead, this.#audioStart.at + received - now);
    this.#coveredUntil = now + this.#ahead;
  }

  /** Ends the current stretch of silence, if there is one, and adds it to `lostAudio`. */
  endSilence(): void {
    if (this.#silentFrom === undefined) return;
    this.lostAudio.push({ startMs: this.#silentFrom, endMs: this.#ms });
    this.#silentFrom = undefined;
  }

  #fill(ms: number): Uint8Array {
    const piece = new Uint8Array(msToBytes(ms, this.#format) * this.#channels);
    if (piece.length > 0) this.#silentFrom ??= this.#ms;
    this.#bytes += piece.length;
    this.#coveredUntil += this.#msOf(piece.length);
    return piece;
  }

  get #ms(): number {
    return this.#msOf(this.#bytes);
  }

  #msOf(bytes: number): number {
    return bytesToMs(bytes / this.#channels, this.#format);
  }
}
