import type { FinalTurn, TranscriptionEvent } from '../../operators/events.ts';
import { EMPTY_TRANSCRIPT, reduceTranscript } from '../../operators/reduceTranscript.ts';
import { MarkPlacer } from './chapterMark.ts';
import type { Mark } from './chapterMark.ts';
import { DOCUMENT_START } from './documentWriter.ts';
import type { DocumentState, DocumentWriter } from './documentWriter.ts';
import { jsonLine } from './jsonLine.ts';

/** The next write: text to append, or text that replaces the whole file. */
export interface FileUpdate {
  readonly text: string;
  readonly replaces: boolean;
  /** Call once the text is in the file; otherwise the next update contains it again. */
  readonly done: () => void;
}

/** Takes events and marks, and returns the writes that keep a caption file up to date. */
export interface FileUpdates {
  /** Characters waiting in memory. */
  readonly size: number;
  apply(event: TranscriptionEvent): void;
  mark(mark: Mark): void;
  /** Returns `undefined` when the file is up to date. */
  next(): FileUpdate | undefined;
  /** Starts over with an empty file. Returns whether that is possible. */
  restart(): boolean;
}

/** A file with a line per event; marks are not written. Lines wait in memory until they are in the file. */
export class EventUpdates implements FileUpdates {
  #waiting: string[] = [];
  #size = 0;
  #started = false;

  get size(): number {
    return this.#size;
  }

  apply(event: TranscriptionEvent): void {
    const line = `${jsonLine(event)}\n`;
    this.#waiting.push(line);
    this.#size += line.length;
  }

  mark(): void {}

  next(): FileUpdate | undefined {
    const lines = this.#waiting;
    if (this.#started && lines.length === 0) return undefined;
    const text = lines.join('');
    const count = lines.length;
    const done = (): void => {
      this.#started = true;
      this.#waiting = this.#waiting.slice(count);
      this.#size -= text.length;
    };
    return { text, replaces: false, done };
  }

  restart(): boolean {
    return !this.#started;
  }
}

/** A turn in the document, with the marks before it. */
interface Slot {
  turn: FinalTurn;
  marks: readonly Mark[];
  text: string;
  /** The text in the file; `undefined` if the slot is not in the file. */
  written: string | undefined;
  /** The state of the document after the turn. */
  state: DocumentState;
}

/**
 * A document of turns and chapters. A new turn costs the same however many there are; a change within the document
 * rewrites it. Nothing but the turns and marks is kept, however slow the disk is.
 */
export class DocumentUpdates implements FileUpdates {
  readonly size = 0;
  readonly #writer: DocumentWriter;
  readonly #slots: Slot[] = [];
  readonly #indexes = new Map<number, number>();
  #marks: Mark[] = [];
  #placer = new MarkPlacer();
  /** Slots in this range changed since the last update. */
  #changed = { from: 0, to: 0 };
  /** The first slot of an update that is not in the file yet. */
  #pendingFrom = 0;
  /** The marks after the last turn, as they are in the file; `undefined` before the file has its header. */
  #writtenEnd: string | undefined;

  constructor(writer: DocumentWriter) {
    this.#writer = writer;
  }

  apply(event: TranscriptionEvent): void {
    if (event.type === 'Turn' && event.isFinal) this.#reduce(event, [event.turn_order]);
    if (event.type === 'SpeakerRevision') {
      this.#reduce(
        event,
        event.revisions.map(({ turn_order }) => turn_order),
      );
    }
  }

  mark(mark: Mark): void {
    if (!this.#writer.chapter) return;
    this.#marks.push(mark);
    this.#placeMarks();
  }

  next(): FileUpdate | undefined {
    const { from, to } = this.#changed;
    this.#changed = { from: this.#slots.length, to: 0 };
    this.#pendingFrom = Math.min(this.#pendingFrom, from);
    this.#render(this.#pendingFrom, to);
    const [slots, end] = [this.#slots.slice(this.#pendingFrom), this.#endText()];
    const length = this.#slots.length;
    const text = slots.map((slot) => slot.text).join('') + end;
    const old = slots.map(({ written = '' }) => written).join('') + (this.#writtenEnd ?? '');
    const done = (): void => {
      for (const slot of slots) slot.written = slot.text;
      this.#writtenEnd = end;
      this.#pendingFrom = length;
    };
    if (this.#writtenEnd === undefined) return { text: this.#whole(end), replaces: false, done };
    if (text === old) {
      done();
      return undefined;
    }
    if (text.startsWith(old)) return { text: text.slice(old.length), replaces: false, done };
    return { text: this.#whole(end), replaces: true, done };
  }

  restart(): boolean {
    for (const slot of this.#slots) slot.written = undefined;
    this.#writtenEnd = undefined;
    this.#pendingFrom = 0;
    return true;
  }

  /** Applies an event to the turns that it names. */
  #reduce(event: TranscriptionEvent, orders: readonly number[]): void {
    const indexes = orders.flatMap((order) => this.#indexes.get(order) ?? []).toSorted((a, b) => a - b);
    const before = indexes.map((index) => this.#slots[index]!.turn);
    const { turns } = reduceTranscript({ ...EMPTY_TRANSCRIPT, turns: before }, event);
    for (const [at, turn] of turns.entries()) {
      const index = indexes[at];
      if (index === undefined) this.#append(turn);
      else if (turn !== before[at]) this.#replace(index, turn);
    }
  }

  #append(turn: FinalTurn): void {
    this.#indexes.set(turn.turn_order, this.#slots.length);
    this.#touch(this.#slots.length);
    const marks = this.#placer.before(turn);
    this.#slots.push({ turn, marks, text: '', written: undefined, state: DOCUMENT_START });
  }

  #replace(index: number, turn: FinalTurn): void {
    this.#slots[index]!.turn = turn;
    this.#touch(index);
    if (this.#marks.length > 0) this.#placeMarks();
  }

  /** Places all marks again; they are few, as people make them. */
  #placeMarks(): void {
    this.#placer = new MarkPlacer(this.#marks);
    for (const [index, slot] of this.#slots.entries()) {
      const marks = this.#placer.before(slot.turn);
      if (marks.length === slot.marks.length && marks.every((mark, at) => mark === slot.marks[at])) continue;
      slot.marks = marks;
      this.#touch(index);
    }
  }

  #touch(index: number): void {
    const { from, to } = this.#changed;
    this.#changed = { from: Math.min(from, index), to: Math.max(to, index + 1) };
  }

  /** Renders what changed, and what follows as long as the state before it differs from when it was rendered. */
  #render(from: number, to: number): void {
    let state = this.#slots[from - 1]?.state ?? DOCUMENT_START;
    for (let index = from; index < this.#slots.length; index += 1) {
      const slot = this.#slots[index]!;
      const previous = slot.state;
      const [text, after] = this.#writer.turn(slot.turn, state);
      slot.text = this.#chapters(slot.marks) + text;
      slot.state = after;
      state = after;
      if (index + 1 >= to && slot.written !== undefined && isSame(previous, after)) break;
    }
  }

  #chapters(marks: readonly Mark[]): string {
    return marks.map((mark) => this.#writer.chapter?.(mark) ?? '').join('');
  }

  #endText(): string {
    return this.#chapters(this.#placer.waiting);
  }

  #whole(end: string): string {
    return this.#writer.header + this.#slots.map(({ text }) => text).join('') + end;
  }
}

function isSame(a: DocumentState, b: DocumentState): boolean {
  return a.cues === b.cues && a.endMs === b.endMs && a.speaker === b.speaker;
}
