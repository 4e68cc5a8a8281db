import type { ControlMessage } from '../../operators/events.ts';
import { Blocks } from './blocks.ts';

/** A message as it is read from the tape; `at` is the position of its first byte. */
export type TapeItem = AudioItem | ControlItem;
interface AudioItem {
  readonly at: number;
  readonly audio: Uint8Array;
}
interface ControlItem {
  readonly at: number;
  readonly control: ControlMessage;
}
/** How many numbers of frames that were given up may lie about: to remove them one by one would move all others each time. */
const MAX_GONE = 64;

/** A control message and the number of the frame that comes after it. */
type Mark = ControlItem & { readonly before: number };

/**
 * The audio that no session heard yet, and the audio that a new session would have to hear again.
 *
 * Positions are bytes since the first byte of the transcription. Audio is recorded at the end and read at the head; after
 * `rewind` it is read again, from any byte that was not given up. Control messages keep their place between the frames.
 * Memory is bounded: past `maxHeld` bytes the oldest frame is given up, read or not.
 *
 * ```text
 *   given up   |  may be read again  |  not read yet  |
 *   -----------+---------------------+----------------+-->  bytes
 *            start                 head              end
 * ```
 */
export class Tape {
  readonly #minMessage: number;
  readonly #maxHeld: number;
  readonly #silence: number;
  /** The frames that were not read yet, as they were recorded; those that were are copied into `#bytes`. */
  readonly #unread: Uint8Array[] = [];
  readonly #bytes = new Blocks();
  /** Where each frame held ends, and when it was recorded: numbers, so that a second of audio is not twenty objects. */
  readonly #ends: number[] = [];
  readonly #times: number[] = [];
  /** How many of these numbers belong to frames that were given up. */
  #gone = 0;
  readonly #marks: Mark[] = [];
  /** The number of the oldest frame held, and of the one to read next. */
  #first = 0;
  #next = 0;
  /** How many of the marks were read. */
  #marksRead = 0;
  #start = 0;
  #head = 0;
  #end = 0;
  #finished = false;
  #configuration: ControlMessage | undefined;
  /** Called when there is something new to read, or nothing will come anymore. */
  onRecord: (() => void) | undefined;

  /**
   * @param minMessage The shortest message the service takes, in bytes.
   * @param maxHeld How much audio to hold at most, in bytes.
   * @param silence The byte that silence is made of.
   */
  constructor(minMessage: number, maxHeld: number, silence = 0) {
    this.#minMessage = minMessage;
    this.#maxHeld = maxHeld;
    this.#silence = silence;
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
    return this.#finished && this.#next === this.#frames && this.#marksRead === this.#marks.length;
  }

  /** The changes of configuration that were given up with the audio around them, as one message. */
  get configuration(): ControlMessage | undefined {
    return this.#configuration;
  }

  /**
   * Records a frame, which must not change before it is read.
   *
   * @param time When it came in, in milliseconds on any clock.
   */
  record(audio: Uint8Array, time: number): void {
    this.#unread.push(audio);
    this.#end += audio.length;
    this.#ends.push(this.#end);
    this.#times.push(time);
    while (this.#end - this.#start > this.#maxHeld) this.#giveUpFirst();
    this.onRecord?.();
  }

  /** Records a control message at the end of the audio so far. */
  mark(control: ControlMessage): void {
    this.#marks.push({ at: this.#end, control, before: this.#frames });
    this.onRecord?.();
  }

  /** Says that nothing more will be recorded. */
  finish(): void {
    this.#finished = true;
    this.onRecord?.();
  }

  /**
   * Reads the next message, if there is one. After a rewind into a frame that is the rest of the frame; a rest too short
   * for the service comes with silence before it, so that it and what follows stay in one piece.
   */
  read(): TapeItem | undefined {
    const mark = this.#marks[this.#marksRead];
    if (mark && mark.before <= this.#next) {
      this.#marksRead++;
      return mark;
    }
    const end = this.#endOf(this.#next);
    if (end === undefined) return undefined;
    const start = this.#startOf(this.#next);
    const from = Math.max(start, this.#head);
    const fresh = this.#next >= this.#frames - this.#unread.length ? this.#unread.shift() : undefined;
    if (fresh) this.#bytes.append(fresh, start);
    // a frame is as it was recorded, the rest of one has a least length
    const audio = from === start ? (fresh ?? this.#copy(from, end, 0)) : this.#copy(from, end, this.#minMessage);
    this.#next++;
    this.#head = end;
    return { at: end - audio.length, audio };
  }

  /** Goes back (or on) to a byte, or to the oldest one held. What is before it is given up. */
  rewind(position: number): void {
    this.release(position);
    this.#head = Math.max(position, this.#start);
    this.#next = this.#first;
    this.#marksRead = 0;
  }

  /** Gives up what was read and lies before a byte. */
  release(position: number): void {
    while (this.#oldestEnd <= position) this.#giveUpFirst();
  }

  /** Forgets the `ForceEndpoint`s that were read: a turn ended since, so a new session must not repeat them. */
  forgetEndpoints(): void {
    for (let index = this.#marksRead - 1; index >= 0; index--) {
      if (this.#marks[index]?.control.type !== 'ForceEndpoint') continue;
      this.#marks.splice(index, 1);
      this.#marksRead--;
    }
  }

  /** When the byte before a position was recorded; `undefined` if it is not held. */
  recordedAt(position: number): number | undefined {
    let frame = this.#first;
    while (frame < this.#frames && (this.#endOf(frame) ?? 0) < position) frame++;
    return this.#startOf(frame) < position ? this.#times[frame - this.#first + this.#gone] : undefined;
  }

  /** The number of the frame that is recorded next. */
  get #frames(): number {
    return this.#first + this.#ends.length - this.#gone;
  }

  /** Where the oldest of what is held ends, if it was read. */
  get #oldestEnd(): number {
    const mark = this.#marks[0];
    if (mark && mark.before <= this.#first) return this.#marksRead > 0 ? mark.at : Infinity;
    return this.#next > this.#first ? (this.#endOf(this.#first) ?? Infinity) : Infinity;
  }

  #startOf(frame: number): number {
    return frame === this.#first ? this.#start : (this.#endOf(frame - 1) ?? this.#end);
  }

  #endOf(frame: number): number | undefined {
    return this.#ends[frame - this.#first + this.#gone];
  }

  /** The audio between two positions; if it is shorter than `least`, with silence before it. */
  #copy(from: number, end: number, least: number): Uint8Array {
    const audio = new Uint8Array(Math.max(end - from, least));
    if (this.#silence !== 0) audio.fill(this.#silence, 0, audio.length - (end - from));
    this.#bytes.copy(from, end, audio);
    return audio;
  }

  #giveUpFirst(): void {
    const mark = this.#marks[0];
    if (mark && mark.before <= this.#first) {
      this.#marks.shift();
      this.#marksRead = Math.max(0, this.#marksRead - 1);
      if (mark.control.type === 'UpdateConfiguration')
        this.#configuration = { ...this.#configuration, ...mark.control };
      return;
    }
    if (this.#frames - this.#first === this.#unread.length) this.#unread.shift();
    this.#start = this.#endOf(this.#first) ?? this.#start;
    this.#first++;
    if (++this.#gone === MAX_GONE) {
      this.#ends.splice(0, MAX_GONE);
      this.#times.splice(0, MAX_GONE);
      this.#gone = 0;
    }
    this.#next = Math.max(this.#next, this.#first);
    this.#head = Math.max(this.#head, this.#start);
    this.#bytes.drop(this.#start);
  }
}
