import {
  EMPTY,
  Observable,
  ReplaySubject,
  Subject,
  concatMap,
  defer,
  ignoreElements,
  merge,
  retry,
  switchMap,
  takeUntil,
  tap,
  throwError,
  timer,
} from 'rxjs';
import type { TranscriptionError } from '../errors.ts';
import { emitWithLostAudio } from '../lostAudio.ts';
import { absence } from './absence.ts';
import { AudioClock } from './audioClock.ts';
import { capture } from './capture.ts';
import type { Capture, CaptureStream, Captured } from './capture.ts';
import { stopped } from './stop.ts';
import type { Stop } from './stop.ts';

/** The first wait before a lost device is opened again, and the longest, in milliseconds; it doubles in between. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
/** How long a device must deliver, in milliseconds, for the waits to begin anew: one that fails at once is not back. */
const STEADY_MS = 5000;

/** How a live source is stopped and listened to, and what if its device is lost. */
export interface LiveOptions<Recorder> {
  /** Ends the recording gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
  /**
   * Called just before the first chunk of a recorder: from then on the device really delivers. That is once per
   * subscription, and once more each time that a lost device is back. The recorder it gets, a new one each time, tells
   * what an Observable of bytes cannot.
   */
  readonly onOpen?: (recorder: Recorder) => void;
  /**
   * Called when the device is lost and will be opened again, once per absence. The message of the error, of the kind
   * `microphone`, tells a device that failed from one that fell silent. `onOpen` tells that it is back.
   */
  readonly onLost?: (error: TranscriptionError) => void;
  /**
   * How long a lost device is waited for, in milliseconds, counted from `onLost`; 0 does not wait, and `Infinity` does
   * for ever. @defaultValue 300 000
   */
  readonly maxAbsence?: number;
}

/** What records, and in which format. */
export interface Device<Recorder> extends Omit<Capture<Recorder>, 'stop$'> {
  /** Samples per second of what is delivered, in hertz. */
  readonly sampleRate: number;
  /** Tells whether a device that delivered before may do so again after this failure: of it, or of opening it again. */
  readonly mayComeBack: (failure: TranscriptionError) => boolean;
}

/**
 * Records a device that may be lost and come back: what `microphone` says, wherever it runs.
 *
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when any other option is not accepted.
 */
export function live<Recorder extends CaptureStream>(
  { sampleRate, mayComeBack, ...device }: Device<Recorder>,
  { stop, onOpen, onLost, maxAbsence = 300_000 }: LiveOptions<Recorder>,
): Observable<Uint8Array> {
  checkCallback('onOpen', onOpen);
  checkCallback('onLost', onLost);
  checkAbsence(maxAbsence);
  const stop$ = stopped(stop);
  return defer(() => {
    const clock = new AudioClock({ sampleRate });
    const stopping$ = new ReplaySubject<unknown>(1);
    const lost$ = new Subject<TranscriptionError | undefined>();
    let heard = false;
    let away = false;
    let attempts = 0;
    let backAt = 0;

    const again = (failure: TranscriptionError): Observable<unknown> => {
      if (!heard || maxAbsence === 0 || !mayComeBack(failure)) return throwError(() => failure);
      if (!away) {
        away = true;
        if (performance.now() - backAt >= STEADY_MS) attempts = 0;
        lost$.next(failure);
        onLost?.(failure);
      }
      const wait = Math.min(FIRST_WAIT_MS * 2 ** attempts++, LONGEST_WAIT_MS);
      // completing instead is the end of it all
      return timer(wait).pipe(takeUntil(stopping$));
    };

    const deliver = function* ({ chunk, recorder }: Captured<Recorder>): Generator<Uint8Array> {
      const now = performance.now();
      if (away || !heard) {
        backAt = now;
        lost$.next(undefined);
        onOpen?.(recorder);
        if (away) yield* clock.back(chunk, now);
        away = false;
        heard = true;
      }
      clock.heard(chunk, now);
      yield chunk;
    };

    const audio$ = capture({ ...device, stop$: stopping$ }).pipe(retry({ delay: again }), concatMap(deliver));
    const silence$ = lost$.pipe(
      switchMap((lost) => (lost ? absence(lost, maxAbsence, clock) : EMPTY)),
      takeUntil(stopping$),
    );
    const stopped$ = stop$.pipe(
      tap((signal) => stopping$.next(signal)),
      ignoreElements(),
    );
    return merge(stopped$, silence$, audio$).pipe((source) => offering(source, clock));
  });
}

/** Passes everything on, and with it the stretches of silence that ended. The end of it all ends one, too. */
function offering(source: Observable<Uint8Array>, clock: AudioClock): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    const end = (notify: () => void): void => {
      clock.endSilence();
      emitWithLostAudio(clock.missing, notify);
    };
    return source.subscribe({
      next: (chunk) => emitWithLostAudio(clock.missing, () => subscriber.next(chunk)),
      error: (error) => end(() => subscriber.error(error)),
      complete: () => end(() => subscriber.complete()),
    });
  });
}

function checkCallback(name: string, callback: ((argument: never) => void) | undefined): void {
  if (callback !== undefined && typeof callback !== 'function') {
    throw new TypeError(`${name} must be a function, not ${String(callback)}`);
  }
}

function checkAbsence(ms: unknown): void {
  const Refusal = typeof ms === 'number' ? RangeError : TypeError;
  if (!(typeof ms === 'number' && ms >= 0)) {
    throw new Refusal(`maxAbsence must be a number from 0 (milliseconds), Infinity too, not ${String(ms)}`);
  }
}
