import type { ControlMessage } from '../../operators/events.ts';

/** A control message; `at` is its position in the audio, in bytes. */
export interface ControlItem {
  readonly at: number;
  readonly control: ControlMessage;
}

/** A control message and the number of the frame that comes after it. */
type Mark = ControlItem & { readonly before: number };

/** The control messages on a tape, which keep their place between the frames. */
export class ControlMarks {
  readonly #marks: Mark[] = [];
  /** How many of the marks were read. */
  #read = 0;
  #configuration: ControlMessage | undefined;

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
    this.#marks.push({ at, control, before });
  }

  /** Reads the next message whose place is before a frame. */
  readBefore(frame: number): ControlItem | undefined {
    const mark = this.#marks[this.#read];
    if (!mark || mark.before > frame) return undefined;
    this.#read++;
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
    for (let index = this.#read - 1; index >= 0; index--) {
      if (this.#marks[index]?.control.type !== 'ForceEndpoint') continue;
      this.#marks.splice(index, 1);
      this.#read--;
    }
  }
}
