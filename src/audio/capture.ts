import { Observable, Subject, delay, map, switchMap, timer } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import { eventLoop } from './eventLoop.ts';

/**
 * How long a recorder that was just opened may deliver nothing, in milliseconds. PulseAudio's null sink takes 1.9 s to its
 * first chunk, as it works in steps of up to 2 s; a real device takes 0.2 s.
 */
export const FIRST_CHUNK_MS = 5000;
/**
 * How long a recorder that delivered may deliver nothing, in milliseconds, until it is taken for dead: cpal, under
 * decibri, does not always tell that a device is gone. It is twenty chunks of the default length.
 */
export const SILENT_MS = 2000;
/** How much of such a wait is made at its end, apart: see `patience`. */
const GRACE_MS = 100;

/** What is needed of a recorder, whatever it records with. */
export interface CaptureStream {
  /** Whether the device is capturing: decibri's in Node is not until the first read. */
  readonly isOpen: boolean;
  /** Ends the capture; what is held comes as `data`, then `end`. Does nothing unless it is capturing. */
  stop(): void;
  /** Ends the stream: nothing more is delivered. */
  destroy(): unknown;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
}

/** One chunk, and the recorder that it comes from. */
export interface Captured<Recorder> {
  readonly chunk: Uint8Array;
  readonly recorder: Recorder;
}

/** How one recorder is opened, and when it is asked to end. */
export interface Capture<Recorder> {
  /** Opens the recorder without blocking the event loop. */
  readonly open: () => Promise<Recorder>;
  /** Turns what the recorder or its opening failed with into our error. */
  readonly failure: (cause: unknown) => TranscriptionError;
  /** How much audio a chunk holds, in milliseconds. */
  readonly chunkMs: number;
  /** Emits when it is time to stop, again for each that subscribes late. It must not error. */
  readonly stop$: Observable<unknown>;
}

/**
 * Opens one recorder and emits its chunks, until it is stopped, or lost.
 *
 * Whatever ends a recorder that was not stopped is an error: it fails, it ends by itself, or nothing comes from it any
 * more. A recorder that was stopped completes, whatever becomes of it. On the end it is released, even one that is
 * there only afterwards.
 */
export function capture<Recorder extends CaptureStream>({
  open,
  failure,
  chunkMs,
  stop$,
}: Capture<Recorder>): Observable<Captured<Recorder>> {
  // twice the length of a chunk where chunks are that long, as they may be set
  const atLeast = chunkMs * 2;
  return new Observable((subscriber) => {
    let recorder: Recorder | undefined;
    let stopping = false;
    let delivers = false;
    const waiting = new Subject<number>();
    const lose = (error: TranscriptionError): void => (stopping ? subscriber.complete() : subscriber.error(error));
    const begin = (opened: Recorder): void => {
      recorder = opened;
      waiting.next(Math.max(FIRST_CHUNK_MS, atLeast));
      // The listeners stay: a late error must fall on a closed subscriber.
      opened.on('error', (error) => lose(failure(error)));
      opened.on('end', () => lose(endedByItself()));
      opened.on('close', () => lose(endedByItself()));
      opened.on('data', (chunk) => {
        delivers = true;
        waiting.next(Math.max(SILENT_MS, atLeast));
        subscriber.next({ chunk, recorder: opened });
      });
    };
    subscriber.add(() => recorder && release(recorder));
    subscriber.add(
      waiting.pipe(switchMap(patience)).subscribe((ms) => lose(delivers ? fellSilent(ms) : neverDelivered(ms))),
    );
    subscriber.add(
      stop$.subscribe(() => {
        stopping = true;
        waiting.next(Math.max(SILENT_MS, atLeast));
        finish(recorder, subscriber);
      }),
    );
    if (subscriber.closed) return;
    open().then(
      (opened) => (subscriber.closed ? release(opened) : begin(opened)),
      (error) => subscriber.error(failure(error)),
    );
  });
}

/**
 * Emits the milliseconds when they have passed. In two steps, since after the event loop was blocked a timer comes before
 * the chunks that are waiting: they come between the two.
 */
function patience(ms: number): Observable<number> {
  return timer(ms - GRACE_MS).pipe(
    map(() => ms),
    delay(GRACE_MS),
  );
}

/**
 * Asks the recorder for its rest. In Node it hands that over on the event loop's next poll, but ends on the next check
 * phase: asked from within a poll (a key, a signal) it would end first. Asked from a check phase, it cannot.
 */
function finish(recorder: CaptureStream | undefined, subscriber: Subscriber<unknown>): void {
  if (recorder?.isOpen) {
    void eventLoop().then(() => recorder.stop());
  } else {
    subscriber.complete();
  }
}

/** `stop` ends the capture, which `destroy` alone leaves running; `destroy` keeps the rest from being delivered. */
function release(recorder: CaptureStream): void {
  recorder.stop();
  recorder.destroy();
}

function endedByItself(): TranscriptionError {
  return lost('the recording ended by itself');
}

function fellSilent(ms: number): TranscriptionError {
  return lost(`the device fell silent without an error, nothing came from it for ${ms / 1000} s`);
}

function neverDelivered(ms: number): TranscriptionError {
  return lost(`the device was opened without an error, but nothing came from it for ${ms / 1000} s`);
}

function lost(what: string): TranscriptionError {
  const message = `microphone: ${what}; check that the device is still connected`;
  return new TranscriptionError('microphone', message, { retryable: true });
}
