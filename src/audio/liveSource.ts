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
import { AudioClock } from './audioClock.ts';
import { capture } from './capture.ts';
import type { CaptureSettings, CaptureStream, CapturedChunk } from './capture.ts';
import { checkCallback } from './checkCallback.ts';
import { silenceWhileLost } from './silenceWhileLost.ts';
import { stopSignal } from './stop.ts';
import type { Stop } from './stop.ts';

/** The first and the longest wait before a lost device is opened again, in milliseconds; it doubles in between. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 1000;
/** A device must deliver for so many milliseconds before the waits start over: one that fails at once is not back. */
const STEADY_MS = 5000;

/** How a live source is stopped and observed, and what happens if its device is lost. */
export interface LiveOptions<Recorder> {
  /** Ends the recording gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
  /**
   * Called just before the first chunk of each recorder, when the device has proved to deliver: once per subscription,
   * and again each time a lost device is back. Its argument, the new recorder, reports what an Observable of bytes cannot.
   */
  readonly onOpen?: (recorder: Recorder) => void;
  /**
   * Called once per absence, when the device is lost and will be opened again. The error is of the kind `microphone`;
   * its message distinguishes a device that failed from one that fell silent. `onOpen` is called when it is back.
   */
  readonly onLost?: (error: TranscriptionError) => void;
  /**
   * How long to wait for a lost device, in milliseconds counted from `onLost`. 0 does not wait, and `Infinity` waits
   * forever. @defaultValue 300 000
   */
  readonly maxAbsence?: number;
}

/** The recorder of a live source, and its format. */
export interface LiveDevice<Recorder> extends Omit<CaptureSettings<Recorder>, 'stop$' | 'open'> {
  /**
   * Opens the recorder without blocking the event loop; after a loss, `previous` is the recorder that delivered last. The
   * signal aborts when the recorder is not needed any more.
   */
  readonly open: (previous: Recorder | undefined, released: AbortSignal) => Promise<Recorder>;
  /** Samples per second of the output, in hertz. */
  readonly sampleRate: number;
  /** Channels of the output, interleaved. @defaultValue 1 */
  readonly channels?: number;
  /** Whether a device that has delivered may come back after this failure, of itself or of opening it again. */
  readonly mayComeBack: (failure: TranscriptionError) => boolean;
}

/**
 * Records a device that may be lost and come back, as `microphone` documents it, in Node and in browsers.
 *
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when any other option is not accepted.
 */
export function liveSource<Recorder extends CaptureStream>(
  { sampleRate, channels, mayComeBack, open, ...device }: LiveDevice<Recorder>,
  { stop, onOpen, onLost, maxAbsence = 300_000 }: LiveOptions<Recorder>,
): Observable<Uint8Array> {
  checkCallback('onOpen', onOpen);
  checkCallback('onLost', onLost);
  checkAbsence(maxAbsence);
  const stop$ = stopSignal(stop);
  return defer(() => {
    const clock = new AudioClock({ sampleRate }, channels);
    const stopping$ = new ReplaySubject<unknown>(1);
    const lost$ = new Subject<TranscriptionError | undefined>();
    let previous: Recorder | undefined;
    let lost = false;
    let attempts = 0;
    let backAt = 0;

    const reopen = (failure: TranscriptionError): Observable<unknown> => {
      if (!previous || maxAbsence === 0 || !mayComeBack(failure)) return throwError(() => failure);
      if (!lost) {
        lost = true;
        if (performance.now() - backAt >= STEADY_MS) attempts = 0;
        lost$.next(failure);
        onLost?.(failure);
      }
      const wait = Math.min(FIRST_WAIT_MS * 2 ** attempts++, LONGEST_WAIT_MS);
      // completing the notifier completes the source
      return timer(wait).pipe(takeUntil(stopping$));
    };

    const deliver = function* ({ chunk, recorder }: CapturedChunk<Recorder>): Generator<Uint8Array> {
      const now = performance.now();
      if (lost || !previous) {
        backAt = now;
        lost$.next(undefined);
        onOpen?.(recorder);
        if (lost) yield* clock.fillUpTo(chunk, now);
        lost = false;
        previous = recorder;
      }
      clock.add(chunk, now);
      yield chunk;
    };

    const audio$ = capture({ ...device, open: (released) => open(previous, released), stop$: stopping$ }).pipe(
      retry({ delay: reopen }),
      concatMap(deliver),
    );
    const silence$ = lost$.pipe(
      switchMap((failure) => (failure ? silenceWhileLost(failure, maxAbsence, clock) : EMPTY)),
      takeUntil(stopping$),
    );
    const stopped$ = stop$.pipe(
      tap((signal) => stopping$.next(signal)),
      ignoreElements(),
    );
    return merge(stopped$, silence$, audio$).pipe((source) => withLostAudio(source, clock));
  });
}

/** Reports finished stretches of silence with each notification; the last notification ends the current one. */
function withLostAudio(source: Observable<Uint8Array>, clock: AudioClock): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    const end = (notify: () => void): void => {
      clock.endSilence();
      emitWithLostAudio(clock.lostAudio, notify);
    };
    return source.subscribe({
      next: (chunk) => emitWithLostAudio(clock.lostAudio, () => subscriber.next(chunk), clock.isSilent),
      error: (error) => end(() => subscriber.error(error)),
      complete: () => end(() => subscriber.complete()),
    });
  });
}

function checkAbsence(ms: unknown): void {
  const Refusal = typeof ms === 'number' ? RangeError : TypeError;
  if (!(typeof ms === 'number' && ms >= 0)) {
    throw new Refusal(`maxAbsence must be a number of milliseconds from 0 to Infinity, not ${String(ms)}`);
  }
}
