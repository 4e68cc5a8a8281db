import type { ControlMessage } from '../../operators/events.ts';
import { ControlMarks } from './controlMarks.ts';
import type { ControlItem } from './controlMarks.ts';
import { TapeMemory } from './tapeMemory.ts';

/** A message read from the tape; `at` is the position of its first byte. */
export type TapeItem = AudioItem | ControlItem;
interface AudioItem {
  readonly at: number;
  readonly audio: Uint8Array;
}
/** A frame on the tape, and when it was recorded. */
type Frame = AudioItem & { readonly time: number };

/** Where a tape starts if an earlier process recorded what is before it. */
export interface TapeStart {
  /** The position of the first byte that will be recorded. */
  readonly start: number;
  /** The changes of configuration before it, merged into one message. */
  readonly configuration?: ControlMessage | undefined;
}

/**
 * The audio that was not sent yet, and the audio that a new session would be sent again.
 *
 * Positions are bytes since the first byte of the transcription. Audio is recorded at the end and read at the head; after
 * `rewind` it is read again, from any byte that was not dropped. Control messages keep their place between the frames.
 * Memory is bounded: past `maxHeld` bytes the oldest frame is dropped, read or not. `bufferBytes` cuts its frames into the
 * memory of the tape, and sessions are sent these very frames. The memory of a dropped frame is used again, so a session must
 * have read or copied a frame when `next` returns.
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
  readonly #memory = new TapeMemory();
  /** The frames held, oldest first. */
  readonly #frames: Frame[] = [];
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
    return this.#finished && this.#next === this.#recorded && this.#marks.allRead;
  }

  /** The changes of configuration that were dropped with the audio around them, merged into one message. */
  get configuration(): ControlMessage | undefined {
    return this.#marks.configuration;
  }

  /** Returns memory for the next frame: `record` keeps that frame without copying it. */
  allocate(size: number): Uint8Array {
    return this.#memory.allocate(size);
  }

  /**
   * Records a frame. Unless its memory was allocated here, it is copied.
   *
   * @param time When it arrived, in milliseconds on any clock.
   */
  record(frame: Uint8Array, time: number): void {
    const audio = this.#memory.keep(frame);
    this.#frames.push({ at: this.#end, audio, time });
    this.#end += audio.length;
    while (this.#end - this.#start > this.#maxHeld) this.#dropFirst();
    this.onRecord?.();
  }

  /** Records a control message at the end of the audio so far. */
  mark(control: ControlMessage): void {
    this.#marks.add(control, this.#end, this.#recorded);
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
    const frame = this.#frames[this.#next - this.#first];
    if (!frame) return undefined;
    const skipped = this.#head - frame.at;
    this.#next++;
    this.#head = endOf(frame);
    return skipped > 0 ? this.#rest(frame, skipped) : frame;
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
    return this.#frames.find((frame) => frame.at < position && position <= endOf(frame))?.time;
  }

  /** How many frames were recorded, dropped ones included. */
  get #recorded(): number {
    return this.#first + this.#frames.length;
  }

  /** Where the oldest item held ends; `Infinity` if it was not read. */
  get #oldestEnd(): number {
    const mark = this.#marks.oldestBefore(this.#first);
    if (mark !== undefined) return mark;
    const [frame] = this.#frames;
    return frame && this.#next > this.#first ? endOf(frame) : Infinity;
  }

  /** The rest of a frame. If it is too short for the service, silence is put before it. */
  #rest(frame: Frame, skipped: number): AudioItem {
    const rest = frame.audio.subarray(skipped);
    if (rest.length >= this.#minMessage) return { at: frame.at + skipped, audio: rest };
    const audio = new Uint8Array(this.#minMessage).fill(this.#silence);
    audio.set(rest, audio.length - rest.length);
    return { at: endOf(frame) - audio.length, audio };
  }

  #dropFirst(): void {
    if (this.#marks.oldestBefore(this.#first) !== undefined) return this.#marks.dropOldest();
    const frame = this.#frames.shift();
    if (!frame) return;
    this.#first++;
    const mayBeInUse = this.#first === this.#next; // the frame read last may wait for its time
    if (!mayBeInUse) this.#memory.free(frame.audio);
    this.#start = endOf(frame);
    this.#next = Math.max(this.#next, this.#first);
    this.#head = Math.max(this.#head, this.#start);
  }
}

function endOf({ at, audio }: AudioItem): number {
  return at + audio.length;
}
