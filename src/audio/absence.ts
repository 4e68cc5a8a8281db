import { NEVER, concatMap, defer, from, merge, repeat, switchMap, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import type { AudioClock } from './audioClock.ts';
import { eventLoop } from './eventLoop.ts';

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
  return defer(() => due(clock.untilDue(performance.now()))).pipe(
    concatMap(() => clock.silence(performance.now())),
    repeat(),
  );
}

/** What is due already waits for no timer: in a page that is hidden one can take a minute. */
function due(ms: number): Observable<unknown> {
  return ms > 0 ? timer(ms) : from(eventLoop());
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
