import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import { checkCapture } from './options.ts';
import { openRecorder, recorderFailure } from './recorder.ts';
import type { OpenRecorder, Recorder, RecorderOptions, RecorderStream } from './recorder.ts';
import { stopped } from './stop.ts';
import type { Stop } from './stop.ts';

/** Every option of decibri's `Microphone` under its name, and how to stop it and listen to it. */
export type MicrophoneOptions = RecorderOptions & {
  /** Ends the recording gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
  /**
   * Called once per subscription, just before the first chunk: from then on the device really delivers. The recorder
   * it gets tells what an observable of bytes cannot.
   */
  readonly onOpen?: (recorder: Recorder) => void;
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
 * | What happens | Recorder | Observable |
 * | --- | --- | --- |
 * | `stop` emits or aborts | stopped, the rest awaited | the rest, then complete |
 * | `stop` emits while the device is being opened | destroyed as soon as it is there | complete |
 * | `stop` completes without emitting | goes on | goes on |
 * | `stop` errors | stopped and destroyed | that error |
 * | unsubscribe | stopped and destroyed at once | nothing |
 * | unsubscribe while the device is being opened | destroyed as soon as it is there | nothing |
 * | the device can not be opened, fails, or is lost | destroyed | `TranscriptionError`, kind `microphone` |
 * | the recorder ends by itself | destroyed | the same, retryable |
 * | `onOpen` throws | stopped and destroyed | what it threw |
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
  const { stop, onOpen, ...recorderOptions } = options;
  checkCapture(recorderOptions);
  if (onOpen !== undefined && typeof onOpen !== 'function') {
    throw new TypeError(`onOpen must be a function, got ${String(onOpen)}`);
  }
  const stop$ = stopped(stop);
  return new Observable((subscriber) => {
    let recorder: RecorderStream | undefined;
    let stopping = false;
    subscriber.add(() => recorder && release(recorder));
    const end = (): void => {
      stopping = true;
      finish(recorder, subscriber);
    };
    subscriber.add(stop$.subscribe({ next: end, error: (error) => subscriber.error(error) }));
    if (subscriber.closed) {
      return;
    }
    const begin = (opened: RecorderStream): void => {
      recorder = opened;
      deliver(opened, subscriber, { onOpen, isStopping: () => stopping });
    };
    open(recorderOptions).then(
      (opened) => (subscriber.closed ? release(opened) : begin(opened)),
      (error) => subscriber.error(recorderFailure(error)),
    );
  });
}

interface Delivery {
  readonly onOpen: ((recorder: Recorder) => void) | undefined;
  readonly isStopping: () => boolean;
}

/** Wires the recorder to the subscriber. The listeners stay: a late error must fall on a closed subscriber. */
function deliver(recorder: RecorderStream, subscriber: Subscriber<Uint8Array>, { onOpen, isStopping }: Delivery): void {
  let open = false;
  const ended = (): void => (isStopping() ? subscriber.complete() : subscriber.error(endedByItself()));
  recorder.on('error', (error) => subscriber.error(recorderFailure(error)));
  recorder.on('end', ended);
  recorder.on('close', ended);
  recorder.on('data', (chunk) => {
    if (!open) {
      open = true;
      announce(recorder, subscriber, onOpen);
    }
    subscriber.next(chunk);
  });
}

function announce(recorder: Recorder, subscriber: Subscriber<Uint8Array>, onOpen: Delivery['onOpen']): void {
  try {
    onOpen?.(recorder);
  } catch (error) {
    subscriber.error(error);
  }
}

/**
 * Asks the recorder for its rest. It hands that over on the event loop's next poll, but ends on the next check phase:
 * asked from within a poll (a key, a signal) it would end first. Asked from a check phase, it cannot.
 */
function finish(recorder: RecorderStream | undefined, subscriber: Subscriber<Uint8Array>): void {
  if (recorder?.isOpen) {
    setImmediate(() => recorder.stop());
  } else {
    subscriber.complete();
  }
}

/** `stop` ends the capture, which `destroy` alone leaves running; `destroy` keeps the rest from being delivered. */
function release(recorder: RecorderStream): void {
  recorder.stop();
  recorder.destroy();
}

function endedByItself(): TranscriptionError {
  const message = 'microphone: the recording ended by itself; check that the device is still connected';
  return new TranscriptionError('microphone', message, { retryable: true });
}
