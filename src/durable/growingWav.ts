import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, read as readBytes, writeSync } from 'node:fs';
import { bytesPerSample, bytesToMs } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { HEADER_BYTES, wavHeader } from '../captions/wavHeader.ts';
import { writeFailure } from '../captions/writeFailure.ts';
import { RegularSync } from './regularSync.ts';
import { writeFully } from './writeFully.ts';

/**
 * Mu-law from silence to the level of a byte 0, which is what a hole in a file reads as. A stretch of one level is silent,
 * but a jump to it would click.
 */
const MULAW_RAMP = Uint8Array.from({ length: 3 * 128 }, (_, index) => 127 - Math.floor(index / 3));

/** Most bytes per read. */
const READ_BYTES = 65_536;

/**
 * A WAV file that grows and is read at the same time; a later process appends to it.
 *
 * Its length in bytes counts, because the header is up to a second behind.
 */
export class GrowingWav {
  readonly #path: string;
  readonly #format: PcmFormat;
  readonly #fd: number;
  readonly #sync: RegularSync;
  #bytes: number;
  #ended = false;
  #wake: () => void = () => undefined;

  /** @throws {TranscriptionError} of kind `file` when it cannot be opened. */
  constructor(path: string, format: PcmFormat) {
    this.#path = path;
    this.#format = format;
    try {
      closeSync(openSync(path, 'a'));
      this.#fd = openSync(path, 'r+');
    } catch (cause) {
      throw writeFailure(path, cause);
    }
    const audio = Math.max(0, fstatSync(this.#fd).size - HEADER_BYTES);
    this.#bytes = audio - (audio % bytesPerSample(format.encoding));
    this.#sync = new RegularSync(this.#fd, () => this.#writeHeader());
    this.#writeHeader();
  }

  /** Whether the audio is complete. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes of audio. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The length of the audio in milliseconds. */
  get lengthMs(): number {
    return bytesToMs(this.#bytes, this.#format);
  }

  /** Appends a chunk. @throws {TranscriptionError} of kind `file`, such as for a full disk. */
  append(chunk: Uint8Array): void {
    writeFully(this.#fd, this.#path, chunk, HEADER_BYTES + this.#bytes);
    this.#bytes += chunk.length;
    this.#sync.written();
    this.#wake();
  }

  /** Extends the audio to so many bytes; the added stretch plays as silence and takes no space on the disk. */
  extendTo(bytes: number): void {
    const added = bytes - this.#bytes;
    const ramp = this.#format.encoding === 'pcm_mulaw' ? MULAW_RAMP.subarray(0, added / 2) : new Uint8Array(0);
    writeFully(this.#fd, this.#path, ramp, HEADER_BYTES + this.#bytes);
    writeFully(this.#fd, this.#path, ramp.toReversed(), HEADER_BYTES + bytes - ramp.length);
    try {
      ftruncateSync(this.#fd, HEADER_BYTES + bytes);
    } catch (cause) {
      throw writeFailure(this.#path, cause);
    }
    this.#bytes = bytes;
    this.#writeHeader();
    this.#sync.written();
  }

  /** Marks the audio as complete: readers end with it. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /**
   * Reads a stretch; without an end it follows the file until `end()`. Only one reader may follow.
   *
   * @yields Pieces of the audio.
   */
  async *read(from: number, upTo?: number): AsyncGenerator<Uint8Array> {
    const end = upTo ?? Infinity;
    for (let at = from; at < end;) {
      const length = Math.min(READ_BYTES, Math.min(end, this.#bytes) - at);
      if (length <= 0) {
        if (this.#ended || end <= this.#bytes) return;
        // oxlint-disable-next-line no-await-in-loop -- pieces are read one after another
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      // oxlint-disable-next-line no-await-in-loop
      const piece = await this.#readAt(at, length);
      at += piece.length;
      yield piece;
    }
  }

  close(): void {
    this.end();
    this.#sync.close();
    try {
      this.#writeHeader();
      fsyncSync(this.#fd);
    } catch {
      // the error of a disk that fails is that of its last write
    } finally {
      closeSync(this.#fd);
    }
  }

  #readAt(at: number, length: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      readBytes(this.#fd, new Uint8Array(length), 0, length, HEADER_BYTES + at, (error, count, bytes) => {
        if (error) reject(error);
        else resolve(bytes.subarray(0, count));
      });
    });
  }

  /** A header that cannot be written is only out of date. */
  #writeHeader(): void {
    try {
      writeSync(this.#fd, wavHeader(this.#bytes, this.#format), 0, HEADER_BYTES, 0);
    } catch {
      // a full disk also fails the next chunk
    }
  }
}
