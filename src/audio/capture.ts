import { Observable, Subject, delay, map, switchMap, timer } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import { yieldToEventLoop } from './yieldToEventLoop.ts';

/**
 * How long a recorder that was just opened may deliver nothing, in milliseconds. PulseAudio's null sink works in steps of
 * up to 2 s; a real device delivers its first chunk after 0.2 s.
 */
export const FIRST_CHUNK_MS = 5000;
/**
 * How long a recorder that has delivered may then deliver nothing, in milliseconds, before it counts as lost. cpal, which
 * decibri uses, does not report every lost device.
 */
export const SILENT_MS = 2000;
/** The part of such a wait that is a second timer: see `afterQuiet`. */
const GRACE_MS = 100;

/** What `capture` needs of a recorder, whatever it records with. */
export interface CaptureStream {
  /** Whether the device is capturing; decibri's recorder in Node does so only from the first read on. */
  readonly isOpen: boolean;
  /** Ends the capture: the rest is emitted as `data`, then `end`. Does nothing unless it is capturing. */
  stop(): void;
  /** Ends the stream; nothing more is emitted. */
  destroy(): unknown;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
}

/** One chunk, and the recorder that it comes from. */
export interface CapturedChunk<Recorder> {
  readonly chunk: Uint8Array;
  readonly recorder: Recorder;
}

/** How one recorder is opened, and when it is stopped. */
export interface CaptureSettings<Recorder> {
  /** Opens the recorder without blocking the event loop; the signal aborts when it is not needed any more. */
  readonly open: (released: AbortSignal) => Promise<Recorder>;
  /** Turns an error of the recorder, or of opening it, into a `TranscriptionError`. */
  readonly failure: (cause: unknown) => TranscriptionError;
  /** The audio in a chunk, in milliseconds. */
  readonly chunkMs: number;
  /** Emits when it is time to stop, and again for each late subscriber. It must not error. */
  readonly stop$: Observable<unknown>;
}

/**
 * Opens one recorder and emits its chunks until it is stopped or lost.
 *
 * A recorder that fails, ends or falls silent without having been stopped is an error. A recorder that was stopped
 * completes whatever happens to it. At the end it is released, even if its opening finishes only afterwards.
 */
export function capture<Recorder extends CaptureStream>({
  open,
  failure,
  chunkMs,
  stop$,
}: CaptureSettings<Recorder>): Observable<CapturedChunk<Recorder>> {
  // chunks can be set to be longer than the limits
  const leastWait = chunkMs * 2;
  return new Observable((subscriber) => {
    let recorder: Recorder | undefined;
    let stopping = false;
    let delivered = false;
    const quietLimit = new Subject<number>();
    const lose = (error: TranscriptionError): void => (stopping ? subscriber.complete() : subscriber.error(error));
    const start = (opened: Recorder): void => {
      recorder = opened;
      quietLimit.next(Math.max(FIRST_CHUNK_MS, leastWait));
      // The listeners stay attached, so that a late error reaches a closed subscriber and not the process.
      opened.on('error', (error) => lose(failure(error)));
      opened.on('end', () => lose(ended()));
      opened.on('close', () => lose(ended()));
      opened.on('data', (chunk) => {
        delivered = true;
        quietLimit.next(Math.max(SILENT_MS, leastWait));
        subscriber.next({ chunk, recorder: opened });
      });
    };
    subscriber.add(() => recorder && release(recorder));
    subscriber.add(
      quietLimit.pipe(switchMap(afterQuiet)).subscribe((ms) => lose(delivered ? fellSilent(ms) : neverDelivered(ms))),
    );
    subscriber.add(
      stop$.subscribe(() => {
        stopping = true;
        quietLimit.next(Math.max(SILENT_MS, leastWait));
        finish(recorder, subscriber);
      }),
    );
    if (subscriber.closed) return;
    const released = new AbortController();
    subscriber.add(() => released.abort());
    open(released.signal).then(
      (opened) => (subscriber.closed ? release(opened) : start(opened)),
      (error) => subscriber.error(failure(error)),
    );
  });
}

/**
 * Emits the milliseconds once they have passed, in two steps: after the event loop was blocked, a timer fires before the
 * chunks that are waiting, so they arrive between the two.
 */
function afterQuiet(ms: number): Observable<number> {
  return timer(ms - GRACE_MS).pipe(
    map(() => ms),
    delay(GRACE_MS),
  );
}

/**
 * Stops the recorder so that it delivers its rest. In Node the rest arrives with the next poll phase, but the end with the
 * next check phase; `stop` called in a poll phase (a key, a signal) would end first. Called in a check phase, it cannot.
 */
function finish(recorder: CaptureStream | undefined, subscriber: Subscriber<unknown>): void {
  if (recorder?.isOpen) {
    void yieldToEventLoop().then(() => recorder.stop());
  } else {
    subscriber.complete();
  }
}

/** `destroy` alone leaves the device capturing, and `stop` alone still delivers the rest. */
function release(recorder: CaptureStream): void {
  recorder.stop();
  recorder.destroy();
}

function ended(): TranscriptionError {
  return lost('the recording ended unexpectedly');
}

function fellSilent(ms: number): TranscriptionError {
  return lost(`the device delivered nothing for ${ms / 1000} s, without an error`);
}

function neverDelivered(ms: number): TranscriptionError {
  return lost(`the device opened without an error but delivered nothing for ${ms / 1000} s`);
}

function lost(what: string): TranscriptionError {
  const message = `microphone: ${what}; check that the device is still connected`;
  return new TranscriptionError('microphone', message, { retryable: true });
}
