import { concat, defer, finalize, ignoreElements, race, tap, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import type { TranscriptionError } from '../errors.ts';
import { callOnError } from './callOnError.ts';
import { writeFailure } from './writeFailure.ts';

/** What is written to one file. The calls never overlap. */
export interface FileContent {
  /** Writes everything that is waiting; returns `undefined` when nothing is. After a failure it is called again. */
  write(): Promise<void> | undefined;
  /** Completes and closes the file. */
  close(): Promise<void>;
}

/** A failure that no further attempt can mend. */
export interface PermanentError extends Error {
  readonly permanent: true;
}

/** How a file reports that it cannot be written. */
export interface FailureOptions {
  /**
   * Called when the file cannot be written, once for each reason. Writing is retried while the stream goes on and once
   * at its end, so the file may be complete nevertheless. @defaultValue `process.emitWarning`
   */
  readonly onError?: (error: TranscriptionError) => void;
}

/** How long the end of a stream waits for its file, in milliseconds; a slower disk finishes in the background. */
const END_MS = 2000;
/** How long to wait after a failure before the next attempt, in milliseconds. */
const RETRY_MS = 250;

/** Writes one file in the background, and tries again after failures. */
export class FileWriter {
  readonly #path: string;
  readonly #content: FileContent;
  readonly #onError: (error: TranscriptionError) => void;
  readonly #reported = new Set<string>();
  readonly #done: Promise<void>;
  #step: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #ending = false;
  #over = false;

  /** @param path As the user wrote it, for messages. */
  constructor(path: string, content: FileContent, { onError = warn }: FailureOptions) {
    this.#path = path;
    this.#content = content;
    this.#onError = onError;
    this.#done = this.#run();
  }

  /** Whether nothing will be written any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Signals that something is waiting to be written. */
  wake(): void {
    this.#wake();
  }

  /** Reports a failure that ends nothing. */
  report(cause: unknown): void {
    const error = writeFailure(this.#path, cause);
    if (this.#reported.has(error.message)) return;
    this.#reported.add(error.message);
    callOnError(this.#onError, error);
  }

  /** Reports a failure and takes nothing more; what is waiting may still be written. */
  giveUp(cause: unknown): void {
    this.report(cause);
    this.#over = true;
    void this.end();
  }

  /** Resolves when the current write has succeeded or failed. */
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
    for (;;) {
      const isLast = this.#ending;
      try {
        this.#step = this.#content.write();
        if (this.#step) await this.#step;
        else if (isLast) break;
        else await this.#awaken();
      } catch (error) {
        this.report(error);
        if (isLast || (error as Partial<PermanentError>).permanent === true) break;
        if (!this.#ending) await this.#awaken(RETRY_MS);
      }
    }
    this.#over = true;
    await this.#content.close().catch((error: unknown) => this.report(error));
  }

  /** Resolves at the next signal, but not before this many milliseconds unless the stream has ended. */
  #awaken(atLeastMs = 0): Promise<void> {
    const earliest = performance.now() + atLeastMs;
    return new Promise((resolve) => {
      let timeout: NodeJS.Timeout | undefined;
      this.#wake = () => {
        const left = this.#ending ? 0 : earliest - performance.now();
        if (left <= 0) resolve();
        else timeout ??= setTimeout(resolve, left).unref();
      };
    });
  }
}

function warn({ message, name: type, code }: TranscriptionError): void {
  process.emitWarning(message, { type, code });
}

/** Passes a stream on and writes each value. Completion waits for the file; unsubscribing does not. */
export function writeThrough<T>(source: Observable<T>, writer: FileWriter, put: (value: T) => void): Observable<T> {
  const end$ = defer(() => race(writer.end(), timer(END_MS))).pipe(ignoreElements());
  const safely = (value: T): void => {
    try {
      put(value);
    } catch (error) {
      writer.report(error);
    }
    writer.wake();
  };
  return concat(
    source.pipe(
      tap((value) => {
        if (!writer.over) safely(value);
      }),
    ),
    end$,
  ).pipe(finalize(() => void writer.end()));
}
