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
import { emitWithMissing } from '../missing.ts';
import { absence } from './absence.ts';
import { AudioClock } from './audioClock.ts';
import { capture } from './capture.ts';
import type { Captured } from './capture.ts';
import { checkCapture } from './options.ts';
import { mayComeBack, openRecorder } from './recorder.ts';
import type { OpenRecorder, Recorder, RecorderOptions } from './recorder.ts';
import { stopped } from './stop.ts';
import type { Stop } from './stop.ts';

/** The first wait before a lost device is opened again, and the longest, in milliseconds; it doubles in between. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
/** How long a device must deliver, in milliseconds, for the waits to begin anew: one that fails at once is not back. */
const STEADY_MS = 5000;

/** Every option of decibri's `Microphone` under its name, how to stop it and listen to it, and what if it is lost. */
export type MicrophoneOptions = RecorderOptions & {
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
};

/**
 * Records a microphone: 16-bit little-endian mono PCM, in the chunks that the recorder delivers.
 *
 * Cold: each subscription opens a recorder of its own, without blocking the event loop. It is live, so it can neither
 * be paused nor held back. The chunks are the recorder's own memory, 100 ms each by default (`framesPerBuffer` 1600 at
 * `sampleRate` 16000) and shorter at the end and on some systems: `bufferBytes` makes frames of them.
 *
 * ```text
 * microphone   --a-b-c-d-
 * stop         --------s
 * result       --a-b-c-d-e|     e: what the recorder still held
 * ```
 *
 * A device that was there and is lost is opened again, after 250 ms and then after twice as long each time, up to 5 s;
 * the waits are not random, since nobody else waits for this device. Until audio comes back there is silence in its
 * place, zero samples in real time, 100 ms at a time and never more than 1000 ms, so that the bytes remain as long as
 * the time that passes: open turns end, the connection stays busy, and times stay true. `transcribe` is told which
 * stretches these are.
 *
 * ```text
 * recorder 1   --a-b-#
 * recorder 2                    -c-d-
 * result       --a-b---z-z-z-z---c-d-   z: silence
 * ```
 *
 * | What happens | Recorder | Observable |
 * | --- | --- | --- |
 * | `stop` emits or aborts | stopped, the rest awaited, 2 s at most | the rest, then complete |
 * | `stop` emits while the device is being opened, or is away | destroyed as soon as it is there | complete |
 * | `stop` completes without emitting | goes on | goes on |
 * | `stop` errors | stopped and destroyed | that error |
 * | unsubscribe | stopped and destroyed at once | nothing |
 * | unsubscribe while the device is being opened | destroyed as soon as it is there | nothing |
 * | the device can not be opened at first, or delivers nothing for 5 s then | destroyed | `TranscriptionError`, kind `microphone` |
 * | the device fails, or the recorder ends by itself | destroyed, opened again | `onLost`, silence, then audio |
 * | the device falls silent: no chunk for 2 s | destroyed, opened again | `onLost`, the 2 s of silence at once, then the same |
 * | it is not found, busy, or fails again meanwhile | destroyed, opened again | silence |
 * | it fails, or can not be opened again, for a reason that stays (permission) | destroyed | the `TranscriptionError` |
 * | it is away for `maxAbsence` | destroyed | `TranscriptionError`, what began the absence as its `cause` |
 * | `onOpen` or `onLost` throws | stopped and destroyed | what it threw |
 *
 * @example
 * import { microphone } from 'rxscribe';
 * microphone({ stop: AbortSignal.timeout(5000) }).subscribe((chunk) => console.log(chunk.length));
 *
 * @param options See decibri's `Microphone` for the conditioning. `channels` other than 1 and `dtype` other than
 * `'int16'` are refused: the service takes neither.
 * @param open Opens the recorder; decibri's by default. Tests pass their own.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when any other option is not accepted, or unknown.
 * @see https://www.npmjs.com/package/decibri
 */
export function microphone(options: MicrophoneOptions = {}, open: OpenRecorder = openRecorder): Observable<Uint8Array> {
  const { stop, onOpen, onLost, maxAbsence = 300_000, ...recorderOptions } = options;
  checkCapture(recorderOptions);
  checkCallback('onOpen', onOpen);
  checkCallback('onLost', onLost);
  checkAbsence(maxAbsence);
  const { sampleRate = 16_000 } = recorderOptions;
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

    const deliver = function* ({ chunk, recorder }: Captured): Generator<Uint8Array> {
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

    const live$ = capture({ open, options: recorderOptions, stop$: stopping$ }).pipe(
      retry({ delay: again }),
      concatMap(deliver),
    );
    const silence$ = lost$.pipe(
      switchMap((lost) => (lost ? absence(lost, maxAbsence, clock) : EMPTY)),
      takeUntil(stopping$),
    );
    const stopped$ = stop$.pipe(
      tap((signal) => stopping$.next(signal)),
      ignoreElements(),
    );
    return merge(stopped$, silence$, live$).pipe((source) => offering(source, clock));
  });
}

/** Passes everything on, and with it the stretches of silence that ended. The end of it all ends one, too. */
function offering(source: Observable<Uint8Array>, clock: AudioClock): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    const end = (notify: () => void): void => {
      clock.endSilence();
      emitWithMissing(clock.missing, notify);
    };
    return source.subscribe({
      next: (chunk) => emitWithMissing(clock.missing, () => subscriber.next(chunk)),
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
