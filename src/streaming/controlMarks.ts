import type { ControlMessage } from '../../operators/events.ts';

/** A control message; `at` is its position in the audio, in bytes. */
export interface ControlItem {
  readonly at: number;
  readonly control: ControlMessage;
}

/** A control message and the number of the frame that comes after it. */
type Mark = ControlItem & { readonly before: number };

/**
 * The control messages on a tape, which keep their place between the frames.
 *
 * A `KeepAlive` is about the present session: it is read once, and only the latest is kept until then.
 */
export class ControlMarks {
  readonly #marks: Mark[] = [];
  /** How many of the marks were read. */
  #read = 0;
  #configuration: ControlMessage | undefined;

  /** @param configuration Changes of configuration before the first mark, merged into one message. */
  constructor(configuration?: ControlMessage) {
    this.#configuration = configuration;
  }

  /** Whether every mark was read. */
  get allRead(): boolean {
    return this.#read === this.#marks.length;
  }

  /** The changes of configuration that were dropped, merged into one message. */
  get configuration(): ControlMessage | undefined {
    return this.#configuration;
  }

  /** Adds a message at a position, before the frame of that number. */
  add(control: ControlMessage, at: number, before: number): void {
    if (control.type === 'KeepAlive') this.#drop('KeepAlive', this.#read, this.#marks.length);
    this.#marks.push({ at, control, before });
  }

  /** Reads the next message whose place is before a frame. */
  readBefore(frame: number): ControlItem | undefined {
    const mark = this.#marks[this.#read];
    if (!mark || mark.before > frame) return undefined;
    if (mark.control.type === 'KeepAlive') this.#marks.splice(this.#read, 1);
    else this.#read++;
    return mark;
  }

  /** Starts reading again at the oldest message. */
  rewind(): void {
    this.#read = 0;
  }

  /** The position of the oldest message if its place is before a frame; `Infinity` if it was not read. */
  oldestBefore(frame: number): number | undefined {
    const [mark] = this.#marks;
    if (!mark || mark.before > frame) return undefined;
    return this.#read > 0 ? mark.at : Infinity;
  }

  /** Drops the oldest message; a change of configuration is kept for the sessions to come. */
  dropOldest(): void {
    const control = this.#marks.shift()?.control;
    this.#read = Math.max(0, this.#read - 1);
    if (control?.type === 'UpdateConfiguration') this.#configuration = { ...this.#configuration, ...control };
  }

  /** Drops the `ForceEndpoint`s that were read: a turn has ended since, so a new session must not repeat them. */
  dropReadEndpoints(): void {
    this.#read -= this.#drop('ForceEndpoint', 0, this.#read);
  }

  /** Drops the messages of a type between two indexes; returns how many. */
  #drop(type: ControlMessage['type'], from: number, to: number): number {
    const { length } = this.#marks;
    const kept = this.#marks.slice(from, to).filter(({ control }) => control.type !== type);
    this.#marks.splice(from, to - from, ...kept);
    return length - this.#marks.length;
  }
}
