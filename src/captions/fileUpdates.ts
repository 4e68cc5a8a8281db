import type { FinalTurn, TranscriptionEvent } from '../../operators/events.ts';
import { EMPTY_TRANSCRIPT, reduceTranscript } from '../../operators/reduceTranscript.ts';
import { MarkPlacer } from './chapterMark.ts';
import type { Mark } from './chapterMark.ts';
import { DOCUMENT_START } from './documentWriter.ts';
import type { DocumentState, DocumentWriter } from './documentWriter.ts';
import { jsonLine } from './jsonLine.ts';

/** The next write: text to append, or text that replaces the rest of the file, in UTF-8. */
export interface FileUpdate {
  readonly bytes: Uint8Array;
  /** The byte from which `bytes` replace the rest of the file; `undefined` to append. */
  readonly from: number | undefined;
  /** Call once the bytes are in the file; otherwise the next update contains them again. */
  readonly done: () => void;
}

/** Takes events and marks, and returns the writes that keep a caption file up to date. */
export interface FileUpdates {
  /** How much is in memory, in characters or bytes. */
  readonly size: number;
  apply(event: TranscriptionEvent): void;
  mark(mark: Mark): void;
  /** Returns `undefined` when the file is up to date. */
  next(): FileUpdate | undefined;
  /** Starts over with an empty file and what is in memory. Returns whether that is possible. */
  restart(): boolean;
}

const LINE_BREAK = Buffer.from('\n');

/**
 * A file with a line per event; marks are not written. Lines wait in memory until they are in the file: as bytes, because
 * the garbage collector copies strings that live for long.
 */
export class EventUpdates implements FileUpdates {
  #waiting: Buffer[] = [];
  #size = 0;
  #started = false;

  get size(): number {
    return this.#size;
  }

  apply(event: TranscriptionEvent): void {
    const line = Buffer.from(jsonLine(event));
    this.#waiting.push(line, LINE_BREAK);
    this.#size += line.length + LINE_BREAK.length;
  }

  mark(): void {}

  next(): FileUpdate | undefined {
    const lines = this.#waiting;
    if (this.#started && lines.length === 0) return undefined;
    const bytes = Buffer.concat(lines);
    const count = lines.length;
    const done = (): void => {
      this.#started = true;
      this.#waiting = this.#waiting.slice(count);
      this.#size -= bytes.length;
    };
    return { bytes, from: undefined, done };
  }

  restart(): boolean {
    return !this.#started;
  }
}

/** A turn in the document, with the marks before it. */
interface Slot {
  turn: FinalTurn;
  /** The number of turns before it. */
  readonly index: number;
  marks: readonly Mark[];
  text: string;
  /** The text in the file; `undefined` if the slot is not in the file. */
  written: string | undefined;
  /** The state of the document after the turn. */
  state: DocumentState;
}

/** How many characters of turns can still change: eight hours of speech; a session lasts three at most. */
const MAX_KEPT = 8 * 2 ** 20;
/** What a turn and a word cost besides their text, in characters. */
const TURN_COST = 200;
const WORD_COST = 100;

/**
 * A document of turns and chapters. A new turn costs the same however many there are; a change within the document
 * rewrites its end. Only the latest turns are kept, to change them: of those before, the file has the text, and their
 * length is known.
 */
export class DocumentUpdates implements FileUpdates {
  readonly #writer: DocumentWriter;
  readonly #maxKept: number;
  /** The latest turns: those in the file up to the limit, and all that are not. */
  readonly #slots: Slot[] = [];
  readonly #byOrder = new Map<number, Slot>();
  #size = 0;
  /** What is before the slots: the number of turns, the bytes in the file, and the state of the document after them. */
  #settled = { turns: 0, bytes: 0, state: DOCUMENT_START };
  #marks: Mark[] = [];
  #placer = new MarkPlacer();
  /** Turns in this range changed since the last update. */
  #changed = { from: 0, to: 0 };
  /** The first turn of an update that is not in the file yet. */
  #pendingFrom = 0;
  /** The marks after the last turn, as they are in the file; `undefined` before the file has its header. */
  #writtenEnd: string | undefined;

  /** @param maxKept How much of the document can change, in characters. */
  constructor(writer: DocumentWriter, maxKept: number = MAX_KEPT) {
    this.#writer = writer;
    this.#maxKept = maxKept;
  }

  get size(): number {
    return this.#size;
  }

  /** @throws {Error} when the event changes a turn that is not kept. */
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
    const length = this.#settled.turns + this.#slots.length;
    this.#changed = { from: length, to: 0 };
    this.#pendingFrom = Math.min(this.#pendingFrom, from);
    this.#render(this.#pendingFrom, to);
    const [slots, end] = [this.#slots.slice(this.#pendingFrom - this.#settled.turns), this.#endText()];
    const text = slots.map((slot) => slot.text).join('') + end;
    const old = slots.map(({ written = '' }) => written).join('') + (this.#writtenEnd ?? '');
    const done = (): void => {
      for (const slot of slots) slot.written = slot.text;
      this.#writtenEnd = end;
      this.#pendingFrom = length;
      this.#settle();
    };
    if (this.#writtenEnd === undefined) return { bytes: this.#rest(end), from: undefined, done };
    if (text === old) {
      done();
      return undefined;
    }
    if (text.startsWith(old)) return { bytes: Buffer.from(text.slice(old.length)), from: undefined, done };
    return { bytes: this.#rest(end), from: this.#settled.bytes, done };
  }

  restart(): boolean {
    for (const slot of this.#slots) slot.written = undefined;
    this.#writtenEnd = undefined;
    this.#pendingFrom = this.#settled.turns;
    this.#settled.bytes = 0;
    return true;
  }

  /** Applies an event to the turns that it names. */
  #reduce(event: TranscriptionEvent, orders: readonly number[]): void {
    const slots = orders.flatMap((order) => this.#byOrder.get(order) ?? []).toSorted((a, b) => a.index - b.index);
    const isLate = orders.some((order) => this.#isSettled(order));
    if (!isLate || slots.length > 0) {
      const before = slots.map(({ turn }) => turn);
      const { turns } = reduceTranscript({ ...EMPTY_TRANSCRIPT, turns: before }, event);
      for (const [at, turn] of turns.entries()) {
        const slot = slots[at];
        if (!slot) this.#append(turn);
        else if (turn !== slot.turn) this.#replace(slot, turn);
      }
    }
    if (isLate) throw new Error('the correction of a turn came hours too late, so the turn stays as it was');
  }

  /** Whether a turn is before those that are kept; turns come in order. */
  #isSettled(order: number): boolean {
    return this.#settled.turns > 0 && order < this.#slots[0]!.turn.turn_order;
  }

  #append(turn: FinalTurn): void {
    const index = this.#settled.turns + this.#slots.length;
    const slot = { turn, index, marks: this.#placer.before(turn), text: '', written: undefined, state: DOCUMENT_START };
    this.#slots.push(slot);
    this.#byOrder.set(turn.turn_order, slot);
    this.#size += sizeOf(turn);
    this.#touch(slot);
  }

  #replace(slot: Slot, turn: FinalTurn): void {
    this.#size += sizeOf(turn) - sizeOf(slot.turn);
    slot.turn = turn;
    this.#touch(slot);
    if (this.#marks.length > 0) this.#placeMarks();
  }

  /** Forgets the oldest turns beyond the limit, if they are in the file. */
  #settle(): void {
    const until = Math.min(this.#pendingFrom, this.#changed.from) - 1; // one is always kept
    while (this.#size > this.#maxKept && this.#settled.turns < until) {
      const { turn, text, marks, state } = this.#slots.shift()!;
      const header = this.#settled.bytes === 0 ? this.#writer.header : '';
      const bytes = this.#settled.bytes + Buffer.byteLength(header + text);
      this.#settled = { turns: this.#settled.turns + 1, bytes, state };
      this.#byOrder.delete(turn.turn_order);
      this.#size -= sizeOf(turn);
      if (marks.length > 0) this.#marks = this.#marks.filter((mark) => !marks.includes(mark));
    }
  }

  /** Places all marks again; they are few, as people make them. */
  #placeMarks(): void {
    this.#placer = new MarkPlacer(this.#marks);
    for (const slot of this.#slots) {
      const marks = this.#placer.before(slot.turn);
      if (marks.length === slot.marks.length && marks.every((mark, at) => mark === slot.marks[at])) continue;
      slot.marks = marks;
      this.#touch(slot);
    }
  }

  #touch({ index }: Slot): void {
    const { from, to } = this.#changed;
    this.#changed = { from: Math.min(from, index), to: Math.max(to, index + 1) };
  }

  /** Renders what changed, and what follows as long as the state before it differs from when it was rendered. */
  #render(from: number, to: number): void {
    const first = from - this.#settled.turns;
    let state = this.#slots[first - 1]?.state ?? this.#settled.state;
    for (const slot of this.#slots.slice(first)) {
      const previous = slot.state;
      const [text, after] = this.#writer.turn(slot.turn, state);
      slot.text = this.#chapters(slot.marks) + text;
      slot.state = after;
      state = after;
      if (slot.index + 1 >= to && slot.written !== undefined && isSame(previous, after)) break;
    }
  }

  #chapters(marks: readonly Mark[]): string {
    return marks.map((mark) => this.#writer.chapter?.(mark) ?? '').join('');
  }

  #endText(): string {
    return this.#chapters(this.#placer.waiting);
  }

  /** The document after what is settled in the file. */
  #rest(end: string): Uint8Array {
    const header = this.#settled.bytes === 0 ? this.#writer.header : '';
    return Buffer.from(header + this.#slots.map(({ text }) => text).join('') + end);
  }
}

/** What a turn costs in memory, in characters. Events may come from anywhere, so its fields may be anything. */
function sizeOf({ transcript, words }: FinalTurn): number {
  const wordCount = Array.isArray(words) ? words.length : 0;
  return TURN_COST + (typeof transcript === 'string' ? transcript.length : 0) + WORD_COST * wordCount;
}

function isSame(a: DocumentState, b: DocumentState): boolean {
  return a.cues === b.cues && a.endMs === b.endMs && a.speaker === b.speaker;
}
