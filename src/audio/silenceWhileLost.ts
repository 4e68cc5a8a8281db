import { NEVER, concatMap, defer, from, merge, repeat, switchMap, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import type { AudioClock } from './audioClock.ts';
import { yieldToEventLoop } from './yieldToEventLoop.ts';

/** The longest delay that Node's timers support, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Emits silence in real time while a device is lost, and errors after `maxAbsence` milliseconds. */
export function silenceWhileLost(
  failure: TranscriptionError,
  maxAbsence: number,
  clock: AudioClock,
): Observable<Uint8Array> {
  return merge(silence(clock), expiry(failure, maxAbsence));
}

function silence(clock: AudioClock): Observable<Uint8Array> {
  return defer(() => wait(clock.msUntilSilence(performance.now()))).pipe(
    concatMap(() => clock.dueSilence(performance.now())),
    repeat(),
  );
}

/** Silence that is due already does not wait for a timer: in a hidden page a timer can take a minute. */
function wait(ms: number): Observable<unknown> {
  return ms > 0 ? timer(ms) : from(yieldToEventLoop());
}

function expiry(failure: TranscriptionError, maxAbsence: number): Observable<never> {
  if (maxAbsence > MAX_TIMER_MS) return NEVER;
  return timer(maxAbsence).pipe(
    switchMap(() => {
      const message = `${failure.message} (it did not come back within ${maxAbsence / 1000} s)`;
      return throwError(() => new TranscriptionError('microphone', message, { cause: failure, retryable: true }));
    }),
  );
}
