import type { ControlMessage } from '../../operators/events.ts';

/** A message as it is read from the tape; `at` is the position of its first byte. */
export type TapeItem = AudioItem | ControlItem;
interface AudioItem {
  readonly at: number;
  readonly audio: Uint8Array;
  /** When it was recorded, on the clock given to `record`. */
  readonly time?: number;
}
interface ControlItem {
  readonly at: number;
  readonly control: ControlMessage;
}

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
  readonly #entries: TapeItem[] = [];
  /** Which entry is read next. */
  #cursor = 0;
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
    return this.#finished && this.#cursor === this.#entries.length;
  }

  /** The changes of configuration that were given up with the audio around them, as one message. */
  get configuration(): ControlMessage | undefined {
    return this.#configuration;
  }

  /**
   * Records a frame, which must not change afterwards.
   *
   * @param time When it came in, in milliseconds on any clock.
   */
  record(audio: Uint8Array, time: number): void {
    this.#entries.push({ at: this.#end, audio, time });
    this.#end += audio.length;
    while (this.#end - this.#start > this.#maxHeld) this.#giveUpFirst();
    this.onRecord?.();
  }

  /** Records a control message at the end of the audio so far. */
  mark(control: ControlMessage): void {
    this.#entries.push({ at: this.#end, control });
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
    const entry = this.#entries[this.#cursor];
    if (!entry) return undefined;
    this.#cursor++;
    if ('control' in entry) return entry;
    const rest = this.#head > entry.at ? this.#restOf(entry) : entry;
    this.#head = entry.at + entry.audio.length;
    return rest;
  }

  /** Goes back (or on) to a byte, or to the oldest one held. What is before it is given up. */
  rewind(position: number): void {
    this.release(position);
    this.#head = Math.max(position, this.#start);
    this.#cursor = 0;
  }

  /** Gives up what was read and lies before a byte. */
  release(position: number): void {
    for (let first = this.#entries[0]; first && this.#cursor > 0; first = this.#entries[0]) {
      if (first.at + ('audio' in first ? first.audio.length : 0) > position) return;
      this.#giveUpFirst();
    }
  }

  /** Forgets the `ForceEndpoint`s that were read: a turn ended since, so a new session must not repeat them. */
  forgetEndpoints(): void {
    for (let index = this.#cursor - 1; index >= 0; index--) {
      const entry = this.#entries[index];
      if (entry && 'control' in entry && entry.control.type === 'ForceEndpoint') {
        this.#entries.splice(index, 1);
        this.#cursor--;
      }
    }
  }

  /** When the byte before a position was recorded; `undefined` if it is not held. */
  recordedAt(position: number): number | undefined {
    const entry = this.#entries.find((one) => 'audio' in one && one.at + one.audio.length >= position);
    return entry && 'audio' in entry && entry.at < position ? entry.time : undefined;
  }

  #restOf({ at, audio }: AudioItem): AudioItem {
    const rest = audio.subarray(this.#head - at);
    if (rest.length >= this.#minMessage) return { at: this.#head, audio: rest };
    const padded = new Uint8Array(this.#minMessage).fill(this.#silence);
    padded.set(rest, this.#minMessage - rest.length);
    return { at: at + audio.length - this.#minMessage, audio: padded };
  }

  #giveUpFirst(): void {
    const first = this.#entries.shift();
    if (!first) return;
    this.#cursor = Math.max(0, this.#cursor - 1);
    if ('audio' in first) this.#start = first.at + first.audio.length;
    else if (first.control.type === 'UpdateConfiguration') {
      this.#configuration = { ...this.#configuration, ...first.control };
    }
    this.#head = Math.max(this.#head, this.#start);
  }
}
