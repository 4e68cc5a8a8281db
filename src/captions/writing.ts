import { concat, defer, finalize, ignoreElements, race, tap, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import type { TranscriptionError } from '../errors.ts';
import { writeFailure } from './writeFailure.ts';

/** A file as it is written: opened, continued while there is something to write, closed. Nothing of it overlaps. */
export interface Steps {
  open(): Promise<void>;
  /** Writes what there is to write; `undefined` when there is nothing. */
  next(): Promise<void> | undefined;
  /** Closes what was opened, after a failure too. */
  close(): Promise<void>;
}

/** How a file tells that it cannot be written (any more). */
export interface FailureOptions {
  /** Is told, once, why the file could not be written (any more). @defaultValue a warning of the process, on stderr */
  readonly onError?: (error: TranscriptionError) => void;
}

/** How long the end of a stream waits for its file, in milliseconds; a disk that takes longer goes on by itself. */
const END_MS = 2000;

/** Does the steps of a file one after another, off the path of whoever has something to write. */
export class Writing {
  readonly #steps: Steps;
  readonly #fail: (cause: unknown) => void;
  readonly #done: Promise<void>;
  #step: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #ending = false;
  #over = false;

  /** @param path As the user wrote it, for messages. */
  constructor(path: string, steps: Steps, { onError = warn }: FailureOptions) {
    this.#steps = steps;
    this.#fail = (cause) => {
      if (!this.#over) onError(writeFailure(path, cause));
    };
    this.#done = this.#run()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#over = true;
      });
  }

  /** Whether nothing will be written any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Says that there is something to write. */
  wake(): void {
    this.#wake();
  }

  /** Ends with this failure; what is being written and what waits may still be. */
  giveUp(cause: unknown): void {
    this.#fail(cause);
    this.#over = true;
    void this.end();
  }

  /** Resolves when what is being written now is written, or has failed. */
  async settled(): Promise<void> {
    await this.#step?.catch(() => undefined);
  }

  /** Writes the rest and closes; resolves then. */
  end(): Promise<void> {
    this.#ending = true;
    this.#wake();
    return this.#done;
  }

  async #run(): Promise<void> {
    this.#step = this.#steps.open();
    await this.#step;
    try {
      while ((this.#step = this.#steps.next()) || !this.#ending) await (this.#step ?? this.#woken());
    } finally {
      await this.#steps.close();
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function warn({ message, name: type, code }: TranscriptionError): void {
  process.emitWarning(message, { type, code });
}

/** Passes a stream on and has each value written. The end waits for the file; whoever unsubscribes does not. */
export function written<T>(source: Observable<T>, writing: Writing, put: (value: T) => void): Observable<T> {
  const end$ = defer(() => race(writing.end(), timer(END_MS))).pipe(ignoreElements());
  return concat(
    source.pipe(
      tap((value) => {
        if (writing.over) return;
        put(value);
        writing.wake();
      }),
    ),
    end$,
  ).pipe(finalize(() => void writing.end()));
}
