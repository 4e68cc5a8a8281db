import { from, NEVER, Observable, take } from 'rxjs';
import type { ObservableInput } from 'rxjs';

/**
 * Ends a source gracefully: what it still holds is delivered, then it completes.
 *
 * The first emission is the signal, and so is the abort of an `AbortSignal`; one that is aborted already stops the
 * source at once. Completing without an emission does nothing. An error of the notifier is an error of the source.
 */
export type Stop = ObservableInput<unknown> | AbortSignal;

/**
 * Turns a `stop` option into an observable that emits once, when it is time to stop.
 *
 * @throws {TypeError} when the option is neither of the two.
 */
export function stopped(stop: Stop | undefined): Observable<unknown> {
  if (stop === undefined) {
    return NEVER;
  }
  if (isAbortSignal(stop)) {
    return aborted(stop);
  }
  try {
    return from(stop).pipe(take(1));
  } catch (cause) {
    throw new TypeError(`stop must be an ObservableInput or an AbortSignal, not ${typeof stop}`, { cause });
  }
}

function isAbortSignal(stop: Stop): stop is AbortSignal {
  return typeof stop === 'object' && stop !== null && 'aborted' in stop;
}

function aborted(signal: AbortSignal): Observable<void> {
  return new Observable<void>((subscriber) => {
    const abort = (): void => {
      subscriber.next();
      subscriber.complete();
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort);
    subscriber.add(() => signal.removeEventListener('abort', abort));
  });
}
