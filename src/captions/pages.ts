import { Subject } from 'rxjs';
import type { FinalTurn, TranscriptionEvent } from '../../operators/events.ts';
import { transcript } from '../../operators/transcript.ts';
import type { Format, Writer } from './format.ts';
import { jsonLine } from './ndjson.ts';

/** What has to be written next: text to append, or to replace all that was written. */
export interface Page {
  readonly text: string;
  readonly replaces: boolean;
}

/** What a file of captions is made of: takes events, and gives what has to be written because of them. */
export interface Pages {
  put(event: TranscriptionEvent): void;
  take(): Page | undefined;
}

/** Lines of events. They wait in memory while an earlier one is written. */
export class EventPages implements Pages {
  #waiting: string[] = [];
  #size = 0;

  /** How many characters wait. */
  get size(): number {
    return this.#size;
  }

  put(event: TranscriptionEvent): void {
    const line = jsonLine(event);
    this.#waiting.push(line);
    this.#size += line.length;
  }

  take(): Page | undefined {
    if (this.#size === 0) return undefined;
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#size = 0;
    return { text, replaces: false };
  }
}

/**
 * A document of turns. A turn that is new is appended; where one changed that was written, all is written again. However
 * slow the disk is, nothing waits here but the turns themselves.
 */
export class TurnPages implements Pages {
  readonly size = 0;
  readonly #format: Format;
  readonly #event$ = new Subject<TranscriptionEvent>();
  #write: Writer;
  #turns: readonly FinalTurn[] = [];
  #written: readonly FinalTurn[] | undefined;

  constructor(format: Format) {
    this.#format = format;
    this.#write = format.writer();
    this.#event$.pipe(transcript()).subscribe(({ turns }) => {
      this.#turns = turns;
    });
  }

  put(event: TranscriptionEvent): void {
    this.#event$.next(event);
  }

  take(): Page | undefined {
    const [turns, written] = [this.#turns, this.#written];
    if (turns === written) return undefined;
    this.#written = turns;
    if (!written) return { text: this.#format.header + turns.map(this.#write).join(''), replaces: false };
    if (written.every((turn, index) => turn === turns[index])) {
      return { text: turns.slice(written.length).map(this.#write).join(''), replaces: false };
    }
    this.#write = this.#format.writer();
    return { text: this.#format.header + turns.map(this.#write).join(''), replaces: true };
  }
}
