import { Subject } from 'rxjs';
import type { FinalTurn, TranscriptionEvent } from '../../operators/events.ts';
import { transcript } from '../../operators/transcript.ts';
import { partWriter } from './format.ts';
import type { Format } from './format.ts';
import { jsonLine } from './jsonLine.ts';
import { arranged } from './mark.ts';
import type { Mark, Part } from './mark.ts';

/** What has to be written next: text to append, or to replace all that was written. */
export interface Page {
  readonly text: string;
  readonly replaces: boolean;
}

/** What a file of captions is made of: takes events and marks, and gives what has to be written because of them. */
export interface Pages {
  /** How many characters wait in memory. */
  readonly size: number;
  put(event: TranscriptionEvent): void;
  mark(mark: Mark): void;
  take(): Page | undefined;
}

/** Lines of events; a mark is none. They wait in memory while an earlier one is written. */
export class EventPages implements Pages {
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

  take(): Page | undefined {
    if (this.#size === 0) return undefined;
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#size = 0;
    return { text, replaces: false };
  }
}

/**
 * A document of turns and chapters. What comes at its end is appended; where something changed that was written, or comes
 * before it, all is written again. However slow the disk is, nothing waits here but the turns and the marks themselves.
 */
export class TurnPages implements Pages {
  readonly size = 0;
  readonly #format: Format;
  readonly #event$ = new Subject<TranscriptionEvent>();
  #write: (part: Part) => string;
  #turns: readonly FinalTurn[] = [];
  #marks: readonly Mark[] = [];
  #parts: readonly Part[] = [];
  #written: readonly Part[] | undefined;

  constructor(format: Format) {
    this.#format = format;
    this.#write = partWriter(format);
    this.#event$.pipe(transcript()).subscribe(({ turns }) => {
      if (turns === this.#turns) return;
      this.#turns = turns;
      this.#parts = arranged(turns, this.#marks);
    });
  }

  put(event: TranscriptionEvent): void {
    this.#event$.next(event);
  }

  mark(mark: Mark): void {
    if (!this.#format.chapter) return;
    this.#marks = [...this.#marks, mark];
    this.#parts = arranged(this.#turns, this.#marks);
  }

  take(): Page | undefined {
    const [parts, written] = [this.#parts, this.#written];
    if (parts === written) return undefined;
    this.#written = parts;
    if (written?.every((part, index) => part === parts[index])) {
      return { text: parts.slice(written.length).map(this.#write).join(''), replaces: false };
    }
    this.#write = partWriter(this.#format);
    return { text: this.#format.header + parts.map(this.#write).join(''), replaces: written !== undefined };
  }
}
