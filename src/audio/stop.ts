import { from, NEVER, Observable, take } from 'rxjs';
import type { ObservableInput } from 'rxjs';

/**
 * Ends a source gracefully: it emits what it still holds, then completes.
 *
 * The first emission stops the source, and so does the abort of an `AbortSignal`; an aborted signal stops it at once.
 * A notifier that completes without an emission does nothing. If the notifier errors, the source errors with it.
 */
export type Stop = ObservableInput<unknown> | AbortSignal;

/**
 * Turns a `stop` option into an Observable that emits once, when it is time to stop.
 *
 * @throws {TypeError} when the option is neither of the two.
 */
export function stopSignal(stop: Stop | undefined): Observable<unknown> {
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
