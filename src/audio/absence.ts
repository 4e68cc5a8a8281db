import { NEVER, concatMap, defer, merge, repeat, switchMap, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import type { AudioClock } from './audioClock.ts';

/** The longest that Node's timers wait, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * What a microphone emits while its device is away: silence in real time. It has no end of its own but an error, when
 * that takes longer than `maxAbsence` milliseconds.
 */
export function absence(lost: TranscriptionError, maxAbsence: number, clock: AudioClock): Observable<Uint8Array> {
  return merge(silence(clock), expiry(lost, maxAbsence));
}

function silence(clock: AudioClock): Observable<Uint8Array> {
  return defer(() => timer(clock.untilDue(performance.now()))).pipe(
    concatMap(() => clock.silence(performance.now())),
    repeat(),
  );
}

function expiry(lost: TranscriptionError, maxAbsence: number): Observable<never> {
  if (maxAbsence > MAX_TIMER_MS) return NEVER;
  return timer(maxAbsence).pipe(
    switchMap(() => {
      const message = `${lost.message} (it did not come back within ${maxAbsence / 1000} s)`;
      return throwError(() => new TranscriptionError('microphone', message, { cause: lost, retryable: true }));
    }),
  );
}
