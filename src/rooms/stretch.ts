import { Subject } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import { MIN_FRAME_MS, bytesPerSample, bytesToMs, frameBytes, isLegalFrame } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import type { LostAudio } from '../lostAudio.ts';
import type { TapeItem } from './roomTape.ts';

/** Reads items of a tape one by one, and takes back those that were read too early. */
export class TapeReader {
  readonly #items: AsyncIterator<TapeItem>;
  readonly #unread: TapeItem[] = [];

  constructor(items: AsyncIterator<TapeItem>) {
    this.#items = items;
  }

  /** The next item; `undefined` when the tape was closed. */
  async next(): Promise<TapeItem | undefined> {
    const unread = this.#unread.shift();
    if (unread) return unread;
    const { value, done } = await this.#items.next();
    return done ? undefined : value;
  }

  /** Puts an item back, to be read next. */
  unread(item: TapeItem): void {
    this.#unread.unshift(item);
  }

  /** Waits for the first item that is not a control message, and returns its type without reading it. */
  async peek(): Promise<TapeItem['type'] | undefined> {
    const read: TapeItem[] = [];
    let item = await this.next();
    for (; item?.type === 'control'; item = await this.next()) read.push(item);
    if (item) read.push(item);
    this.#unread.unshift(...read);
    return item?.type;
  }
}

/** The part of a tape that one transcription covers: audio without a hole. */
export class Stretch {
  /** Control messages, each emitted between the audio before and after it. */
  readonly control$: Subject<ControlMessage> = new Subject<ControlMessage>();
  /** Stretches that the source filled with silence and that are not reported yet, in milliseconds on the audio clock. */
  readonly lost: LostAudio[] = [];
  readonly #reader: TapeReader;
  readonly #format: PcmFormat;
  readonly #start: number;
  readonly #limit: number;
  /** Audio too short to send; it is sent with what follows. */
  #rest: Uint8Array = new Uint8Array(0);

  /**
   * @param start Where it starts, in bytes; audio before that is skipped.
   * @param limit Where it ends at the latest.
   */
  constructor(reader: TapeReader, format: PcmFormat, start: number, limit: number = Infinity) {
    this.#reader = reader;
    this.#format = format;
    this.#start = start;
    this.#limit = limit;
  }

  /**
   * Reads the audio up to a hole, the end or the limit, which stays unread.
   *
   * @yields Frames that the service accepts.
   */
  async *frames(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const item = await this.#reader.next();
      if (!item) return; // the tape was closed: this transcription is abandoned
      if (item.type === 'control') this.control$.next(item.control);
      else if (item.type === 'audio' && item.at < this.#limit) yield* this.#frame(item);
      else {
        if (item.type === 'end') this.#addLost(item.lost);
        this.#reader.unread(item);
        break;
      }
    }
    if (this.#rest.length > 0) yield this.#padded();
  }

  *#frame({ at, data, lost }: Extract<TapeItem, { type: 'audio' }>): Generator<Uint8Array> {
    this.#addLost(lost);
    const end = at + data.length;
    if (end > this.#limit) {
      this.#reader.unread({ type: 'audio', at: this.#limit, data: data.subarray(this.#limit - at), lost: [] });
    }
    const bytes = data.subarray(Math.max(0, this.#start - at), Math.max(0, this.#limit - at));
    const frame = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = new Uint8Array(0);
    if (bytesToMs(frame.length, this.#format) < MIN_FRAME_MS) this.#rest = frame;
    else if (isLegalFrame(frame.length, this.#format)) yield frame;
    else {
      const size = bytesPerSample(this.#format.encoding);
      const half = Math.ceil(frame.length / size / 2) * size;
      yield frame.subarray(0, half);
      yield frame.subarray(half);
    }
  }

  #addLost(lost: readonly LostAudio[]): void {
    const startMs = bytesToMs(this.#start, this.#format);
    this.lost.push(...lost.filter(({ endMs }) => endMs > startMs));
  }

  /** The rest, with silence up to the shortest frame that the service accepts. */
  #padded(): Uint8Array {
    const silence = this.#format.encoding === 'pcm_mulaw' ? 0xff : 0;
    const frame = new Uint8Array(frameBytes(MIN_FRAME_MS, this.#format)).fill(silence);
    frame.set(this.#rest);
    return frame;
  }
}
