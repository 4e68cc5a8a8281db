import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { START, advance } from '../../operators/checkpoint.ts';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { TranscriptionEvent } from '../../operators/events.ts';
import type { Mark } from '../captions/chapterMark.ts';
import { jsonLine } from '../captions/jsonLine.ts';
import { writeFailure } from '../captions/writeFailure.ts';
import { TranscriptionError } from '../errors.ts';
import { RegularSync } from './regularSync.ts';
import { writeFully } from './writeFully.ts';

/** A chapter mark in the log. */
interface MarkLine extends Mark {
  readonly type: 'Mark';
}

/** A stretch in which the source recorded nothing: a line when it starts, and one with its end. */
interface LostAudioLine {
  readonly type: 'LostAudio';
  /** Milliseconds on the audio clock. */
  readonly startMs: number;
  readonly endMs?: number | undefined;
}

type Line = TranscriptionEvent | MarkLine | LostAudioLine;

/** Bytes per read. */
const READ_BYTES = 65_536;
const LINE_BREAK = 10;

/**
 * The log of a run: a line of JSON per event, written before the event is emitted. Reading it gives the checkpoint.
 *
 * A process may die, or a disk lose power, while it is written: what follows the last whole event is cut off.
 */
export class EventLog {
  readonly #path: string;
  readonly #fd: number;
  readonly #sync: RegularSync;
  #bytes = 0;
  #checkpoint: Checkpoint = START;
  #lost: LostAudioLine[] = [];

  /** @throws {TranscriptionError} of kind `file` when it cannot be opened, or is damaged before its end. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, 'a+');
      closeSync(this.#fd);
      this.#fd = openSync(path, 'r+');
    } catch (cause) {
      throw writeFailure(path, cause);
    }
    this.#sync = new RegularSync(this.#fd);
    try {
      if (!fstatSync(this.#fd).isFile()) throw Object.assign(new Error('not a file'), { code: 'EINVAL' });
      for (const { line, end } of this.#lines()) {
        this.#read(line);
        this.#bytes = end;
      }
      ftruncateSync(this.#fd, this.#bytes);
    } catch (cause) {
      closeSync(this.#fd);
      throw cause instanceof TranscriptionError ? cause : writeFailure(path, cause);
    }
  }

  /** Where the transcription continues. */
  get checkpoint(): Checkpoint {
    return this.#checkpoint;
  }

  /** Whether it contains nothing. */
  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** The lost stretches that an earlier process could not report; the last one may have no end. */
  get lostAudio(): readonly { readonly startMs: number; readonly endMs?: number | undefined }[] {
    return this.#lost;
  }

  /** Appends an event. @throws {TranscriptionError} of kind `file`, such as for a full disk. */
  append(event: TranscriptionEvent): void {
    this.#write(event);
    this.#checkpoint = advance(this.#checkpoint, event);
  }

  /** Appends a chapter mark. */
  appendMark({ atMs, title }: Mark): void {
    this.#write({ type: 'Mark', atMs, title } satisfies Record<keyof MarkLine, unknown>);
  }

  /** Appends a lost stretch: first without its end, then with it. */
  appendLostAudio(startMs: number, endMs?: number): void {
    this.#write({ type: 'LostAudio', startMs, endMs } satisfies LostAudioLine);
  }

  /**
   * Reads the log.
   *
   * @yields The events so far.
   */
  *events(): Generator<TranscriptionEvent> {
    for (const { line } of this.#lines(this.#bytes)) if (isEvent(line)) yield line;
  }

  /**
   * Reads the log.
   *
   * @yields The chapter marks so far.
   */
  *marks(): Generator<Mark> {
    for (const { line } of this.#lines(this.#bytes)) if (line.type === 'Mark') yield line;
  }

  close(): void {
    this.#sync.close();
    try {
      fsyncSync(this.#fd);
    } catch {
      // the error of a disk that fails is that of its last write
    } finally {
      closeSync(this.#fd);
    }
  }

  #read(line: Line): void {
    if (line.type === 'LostAudio') {
      this.#lost = [...this.#lost.filter(({ startMs }) => startMs < line.startMs), line];
    } else if (line.type === 'AudioGap' && line.reason === 'device') {
      this.#lost = this.#lost.filter(({ startMs, endMs = Infinity }) => startMs >= line.endMs || endMs <= line.startMs);
    }
    if (isEvent(line)) this.#checkpoint = advance(this.#checkpoint, line);
  }

  #write(line: object): void {
    const bytes = Buffer.from(`${jsonLine(line)}\n`);
    writeFully(this.#fd, this.#path, bytes, this.#bytes);
    this.#bytes += bytes.length;
    this.#sync.written();
  }

  /**
   * Reads the file. Lines that are no events are accepted only at its end.
   *
   * @yields Each whole line, and where it ends.
   */
  *#lines(upTo = Infinity): Generator<{ line: Line; end: number }> {
    let number = 0;
    let damaged: number | undefined;
    for (const { text, end } of this.#textLines(upTo)) {
      number++;
      const line = parse(text);
      if (!line) damaged ??= number;
      else if (damaged === undefined) yield { line, end };
      else {
        const name = JSON.stringify(this.#path);
        throw new TranscriptionError('file', `line ${damaged} of ${name} is not an event; remove or restore that line`);
      }
    }
  }

  *#textLines(upTo: number): Generator<{ text: string; end: number }> {
    let pieces: Buffer[] = [];
    for (let position = 0; position < upTo;) {
      const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, upTo - position));
      const length = readSync(this.#fd, piece, 0, piece.length, position);
      if (length === 0) return;
      let from = 0;
      for (;;) {
        const at = piece.subarray(0, length).indexOf(LINE_BREAK, from);
        if (at < 0) break;
        const text = Buffer.concat([...pieces, piece.subarray(from, at)]).toString();
        pieces = [];
        from = at + 1;
        yield { text, end: position + from };
      }
      pieces.push(piece.subarray(from, length));
      position += length;
    }
  }
}

function isEvent(line: Line): line is TranscriptionEvent {
  return line.type !== 'Mark' && line.type !== 'LostAudio';
}

function parse(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line | null;
    return typeof line === 'object' && typeof line?.type === 'string' ? line : undefined;
  } catch {
    return undefined;
  }
}
