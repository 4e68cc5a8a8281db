import { Subject } from 'rxjs';
import type { FinalTurn, TranscriptionEvent } from '../../operators/events.ts';
import { transcript } from '../../operators/transcript.ts';
import { itemWriter } from './documentWriter.ts';
import type { DocumentWriter } from './documentWriter.ts';
import { jsonLine } from './jsonLine.ts';
import { placeMarks } from './chapterMark.ts';
import type { Mark, DocumentItem } from './chapterMark.ts';

/** The next write: text to append, or text that replaces the whole file. */
export interface FileUpdate {
  readonly text: string;
  readonly replaces: boolean;
}

/** Takes events and marks, and returns the writes that keep a caption file up to date. */
export interface FileUpdates {
  /** Characters waiting in memory. */
  readonly size: number;
  put(event: TranscriptionEvent): void;
  mark(mark: Mark): void;
  take(): FileUpdate | undefined;
}

/** A file with a line per event; marks are not written. */
export class EventUpdates implements FileUpdates {
  #waiting: string[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  put(event: TranscriptionEvent): void {
    const line = `${jsonLine(event)}\n`;
    this.#waiting.push(line);
    this.#size += line.length;
  }

  mark(): void {}

  take(): FileUpdate | undefined {
    if (this.#size === 0) return undefined;
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#size = 0;
    return { text, replaces: false };
  }
}

/**
 * A document of turns and chapters. Items at its end are appended; an earlier change rewrites the document. However slow
 * the disk is, only the turns and marks themselves are kept.
 */
export class DocumentUpdates implements FileUpdates {
  readonly size = 0;
  readonly #document: DocumentWriter;
  readonly #event$ = new Subject<TranscriptionEvent>();
  #write: (item: DocumentItem) => string;
  #turns: readonly FinalTurn[] = [];
  #marks: readonly Mark[] = [];
  #items: readonly DocumentItem[] = [];
  #written: readonly DocumentItem[] | undefined;

  constructor(document: DocumentWriter) {
    this.#document = document;
    this.#write = itemWriter(document);
    this.#event$.pipe(transcript()).subscribe(({ turns }) => {
      if (turns === this.#turns) return;
      this.#turns = turns;
      this.#items = placeMarks(turns, this.#marks);
    });
  }

  put(event: TranscriptionEvent): void {
    this.#event$.next(event);
  }

  mark(mark: Mark): void {
    if (!this.#document.chapter) return;
    this.#marks = [...this.#marks, mark];
    this.#items = placeMarks(this.#turns, this.#marks);
  }

  take(): FileUpdate | undefined {
    const [items, written] = [this.#items, this.#written];
    if (items === written) return undefined;
    this.#written = items;
    if (written?.every((item, index) => item === items[index])) {
      return { text: items.slice(written.length).map(this.#write).join(''), replaces: false };
    }
    this.#write = itemWriter(this.#document);
    return { text: this.#document.header + items.map(this.#write).join(''), replaces: written !== undefined };
  }
}
