import { concat, defer, finalize, ignoreElements, race, tap, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import type { TranscriptionError } from '../errors.ts';
import { writeFailure } from './writeFailure.ts';

/** The steps of writing one file: open, write while there is something to write, close. They never overlap. */
export interface FileSteps {
  open(): Promise<void>;
  /** Writes what is waiting; returns `undefined` when nothing is. */
  next(): Promise<void> | undefined;
  /** Closes the file, also after a failure. */
  close(): Promise<void>;
}

/** How a file reports that it cannot be written. */
export interface FailureOptions {
  /** Called once with the reason why the file cannot be written. @default the file could not be written (any more). @defaultValue `process.emitWarning` */
  readonly onError?: (error: TranscriptionError) => void;
}

/** How long the end of a stream waits for its file, in milliseconds; a slower disk finishes in the background. */
const END_MS = 2000;

/** Runs the steps of a file one after another, in the background. */
export class FileWriter {
  readonly #steps: FileSteps;
  readonly #fail: (cause: unknown) => void;
  readonly #done: Promise<void>;
  #step: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #ending = false;
  #over = false;

  /** @param path As the user wrote it, for messages. */
  constructor(path: string, steps: FileSteps, { onError = warn }: FailureOptions) {
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

  /** Whether the file has ended or failed. */
  get over(): boolean {
    return this.#over;
  }

  /** Signals that something is waiting to be written. */
  wake(): void {
    this.#wake();
  }

  /** Fails; a write in progress may still complete. */
  giveUp(cause: unknown): void {
    this.#fail(cause);
    this.#over = true;
    void this.end();
  }

  /** Resolves when the current step has succeeded or failed. */
  async settled(): Promise<void> {
    await this.#step?.catch(() => undefined);
  }

  /** Writes the rest and closes the file. */
  end(): Promise<void> {
    this.#ending = true;
    this.#wake();
    return this.#done;
  }

  async #run(): Promise<void> {
    this.#step = this.#steps.open();
    await this.#step;
    try {
      while ((this.#step = this.#steps.next()) || !this.#ending) await (this.#step ?? this.#awaken());
    } finally {
      await this.#steps.close();
    }
  }

  #awaken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function warn({ message, name: type, code }: TranscriptionError): void {
  process.emitWarning(message, { type, code });
}

/** Passes a stream on and writes each value. Completion waits for the file; unsubscribing does not. */
export function writeThrough<T>(source: Observable<T>, writer: FileWriter, put: (value: T) => void): Observable<T> {
  const end$ = defer(() => race(writer.end(), timer(END_MS))).pipe(ignoreElements());
  return concat(
    source.pipe(
      tap((value) => {
        if (writer.over) return;
        put(value);
        writer.wake();
      }),
    ),
    end$,
  ).pipe(finalize(() => void writer.end()));
}
