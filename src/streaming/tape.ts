import type { ControlMessage } from '../../operators/events.ts';
import { ByteWindow } from './byteWindow.ts';
import { ControlMarks } from './controlMarks.ts';
import type { ControlItem } from './controlMarks.ts';

/** A message read from the tape; `at` is the position of its first byte. */
export type TapeItem = AudioItem | ControlItem;
interface AudioItem {
  readonly at: number;
  readonly audio: Uint8Array;
}

/** Where a tape starts if an earlier process recorded what is before it. */
export interface TapeStart {
  /** The position of the first byte that will be recorded. */
  readonly start: number;
  /** The changes of configuration before it, merged into one message. */
  readonly configuration?: ControlMessage | undefined;
}

/** How many entries of dropped frames are kept before they are removed together, which moves all others only once. */
const MAX_DROPPED = 64;

/**
 * The audio that was not sent yet, and the audio that a new session would be sent again.
 *
 * Positions are bytes since the first byte of the transcription. Audio is recorded at the end and read at the head; after
 * `rewind` it is read again, from any byte that was not dropped. Control messages keep their place between the frames.
 * Memory is bounded: past `maxHeld` bytes the oldest frame is dropped, read or not.
 *
 * ```text
 *    dropped   |  may be read again  |  not read yet  |
 *   -----------+---------------------+----------------+-->  bytes
 *            start                 head              end
 * ```
 */
export class Tape {
  readonly #minMessage: number;
  readonly #maxHeld: number;
  readonly #silence: number;
  /** The frames that were not read yet, as they were recorded. Frames are copied into `#bytes` when they are read. */
  readonly #unread: Uint8Array[] = [];
  readonly #bytes = new ByteWindow();
  /** Where each frame held ends, and when it was recorded: plain numbers, because an object per frame costs more. */
  readonly #ends: number[] = [];
  readonly #times: number[] = [];
  /** How many of these numbers belong to dropped frames. */
  #dropped = 0;
  readonly #marks: ControlMarks;
  /** The number of the oldest frame held, and of the one to read next. */
  #first = 0;
  #next = 0;
  #start: number;
  #head: number;
  #end: number;
  #finished = false;
  /** Called when there is something new to read, and when the tape is complete. */
  onRecord: (() => void) | undefined;

  /**
   * @param minMessage The shortest message that the service accepts, in bytes.
   * @param maxHeld How much audio to hold at most, in bytes.
   * @param silence The byte that encodes silence.
   * @param from Where the recording starts, and the configuration that applies there.
   */
  constructor(minMessage: number, maxHeld: number, silence = 0, from: TapeStart = { start: 0 }) {
    this.#minMessage = minMessage;
    this.#maxHeld = maxHeld;
    this.#silence = silence;
    this.#start = this.#head = this.#end = from.start;
    this.#marks = new ControlMarks(from.configuration);
  }

  /** The position of the oldest byte held. */
  get start(): number {
    return this.#start;
  }

  /** The position of the byte to read next. */
  get head(): number {
    return this.#head;
  }

  /** How many bytes were recorded. */
  get end(): number {
    return this.#end;
  }

  /** Whether everything was recorded, and everything was read. */
  get played(): boolean {
    return this.#finished && this.#next === this.#frames && this.#marks.allRead;
  }

  /** The changes of configuration that were dropped with the audio around them, merged into one message. */
  get configuration(): ControlMessage | undefined {
    return this.#marks.configuration;
  }

  /**
   * Records a frame, which must not change before it is read.
   *
   * @param time When it arrived, in milliseconds on any clock.
   */
  record(audio: Uint8Array, time: number): void {
    this.#unread.push(audio);
    this.#end += audio.length;
    this.#ends.push(this.#end);
    this.#times.push(time);
    while (this.#end - this.#start > this.#maxHeld) this.#dropFirst();
    this.onRecord?.();
  }

  /** Records a control message at the end of the audio so far. */
  mark(control: ControlMessage): void {
    this.#marks.add(control, this.#end, this.#frames);
    this.onRecord?.();
  }

  /** Marks the recording as complete. */
  finish(): void {
    this.#finished = true;
    this.onRecord?.();
  }

  /**
   * Reads the next message, if there is one. After a rewind into a frame that is the rest of the frame. A rest too short
   * for the service is padded with silence at its start, so that its audio stays next to what follows.
   */
  read(): TapeItem | undefined {
    const mark = this.#marks.readBefore(this.#next);
    if (mark) return mark;
    const end = this.#endOf(this.#next);
    if (end === undefined) return undefined;
    const start = this.#startOf(this.#next);
    const from = Math.max(start, this.#head);
    const unread = this.#next >= this.#frames - this.#unread.length ? this.#unread.shift() : undefined;
    if (unread) this.#bytes.append(unread, start);
    // only the rest of a frame needs padding
    const audio = from === start ? (unread ?? this.#copy(from, end, 0)) : this.#copy(from, end, this.#minMessage);
    this.#next++;
    this.#head = end;
    return { at: end - audio.length, audio };
  }

  /** Moves the head to a byte, or to the oldest byte held if that is later. Whole frames before it are dropped. */
  rewind(position: number): void {
    this.release(position);
    this.#head = Math.max(position, this.#start);
    this.#next = this.#first;
    this.#marks.rewind();
  }

  /** Reads on to a byte and drops what is before it, changes of configuration excepted. */
  skip(position: number): void {
    while (this.#head < position && this.read());
    this.rewind(position);
  }

  /** Drops what was read and ends before a byte. */
  release(position: number): void {
    while (this.#oldestEnd <= position) this.#dropFirst();
  }

  /** Drops the `ForceEndpoint`s that were read: a turn has ended since, so a new session must not repeat them. */
  dropReadEndpoints(): void {
    this.#marks.dropReadEndpoints();
  }

  /** When the byte before a position was recorded; `undefined` if it is not held. */
  recordedAt(position: number): number | undefined {
    let frame = this.#first;
    while (frame < this.#frames && (this.#endOf(frame) ?? 0) < position) frame++;
    return this.#startOf(frame) < position ? this.#times[frame - this.#first + this.#dropped] : undefined;
  }

  /** The number of the next frame to be recorded. */
  get #frames(): number {
    return this.#first + this.#ends.length - this.#dropped;
  }

  /** Where the oldest item held ends; `Infinity` if it was not read. */
  get #oldestEnd(): number {
    const mark = this.#marks.oldestBefore(this.#first);
    if (mark !== undefined) return mark;
    return this.#next > this.#first ? (this.#endOf(this.#first) ?? Infinity) : Infinity;
  }

  #startOf(frame: number): number {
    return frame === this.#first ? this.#start : (this.#endOf(frame - 1) ?? this.#end);
  }

  #endOf(frame: number): number | undefined {
    return this.#ends[frame - this.#first + this.#dropped];
  }

  /** The audio between two positions, padded with silence at its start to at least `least` bytes. */
  #copy(from: number, end: number, least: number): Uint8Array {
    const audio = new Uint8Array(Math.max(end - from, least));
    if (this.#silence !== 0) audio.fill(this.#silence, 0, audio.length - (end - from));
    this.#bytes.copy(from, end, audio);
    return audio;
  }

  #dropFirst(): void {
    if (this.#marks.oldestBefore(this.#first) !== undefined) return this.#marks.dropOldest();
    if (this.#frames - this.#first === this.#unread.length) this.#unread.shift();
    this.#start = this.#endOf(this.#first) ?? this.#start;
    this.#first++;
    if (++this.#dropped === MAX_DROPPED) {
      this.#ends.splice(0, MAX_DROPPED);
      this.#times.splice(0, MAX_DROPPED);
      this.#dropped = 0;
    }
    this.#next = Math.max(this.#next, this.#first);
    this.#head = Math.max(this.#head, this.#start);
    this.#bytes.drop(this.#start);
  }
}
