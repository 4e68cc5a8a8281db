import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { emitWithBackpressure } from '../backpressure.ts';
import { waitOrAbort } from './waitOrAbort.ts';
import { yieldToEventLoop } from './yieldToEventLoop.ts';

/** Decides when a chunk is emitted. */
export interface Pace {
  /** Resolves when so many bytes may be emitted, or at once when the signal aborts. */
  waitFor(bytes: number, released: AbortSignal): Promise<void>;
  /** Delays everything that follows by the milliseconds that the consumer paused the source. */
  delay(ms: number): void;
}

/** As fast as the consumer accepts it; only the event loop runs between two chunks. */
export const UNPACED: Pace = { waitFor: yieldToEventLoop, delay: () => undefined };

/** What a pausable source is made of, per subscription; the signal aborts when the subscription ends. */
export interface PausableSource {
  readonly open: (released: AbortSignal) => AsyncIterable<Uint8Array>;
  readonly pace: () => Pace;
  readonly stop$: Observable<unknown>;
  /** Whether the source is live at present: consumers cannot pause it then. */
  readonly isLive?: () => boolean;
}

/**
 * Turns an async iterable into an Observable that consumers can pause: each chunk is read only when the consumer is ready
 * for it. `stop$` completes it after the chunk being emitted.
 *
 * @param source The parts of the source, or a function that creates them for each subscription.
 */
export function pausableSource(source: PausableSource | (() => PausableSource)): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    const { open, pace, stop$, isLive } = typeof source === 'function' ? source() : source;
    const released = new AbortController();
    const delivery = new Delivery(subscriber, isLive);
    subscriber.add(() => released.abort());
    subscriber.add(stop$.subscribe({ next: () => delivery.end(), error: (error) => subscriber.error(error) }));
    if (!subscriber.closed) {
      pump(open(released.signal), delivery, pace(), released.signal).then(
        () => subscriber.complete(),
        (error) => subscriber.error(error),
      );
    }
  });
}

async function pump(
  chunks: AsyncIterable<Uint8Array>,
  delivery: Delivery,
  pace: Pace,
  released: AbortSignal,
): Promise<void> {
  for await (const chunk of chunks) {
    await pace.waitFor(chunk.length, released);
    const ready = released.aborted ? undefined : delivery.emit(chunk);
    if (ready) {
      pace.delay(await pause(ready, released));
    }
    if (released.aborted) {
      return;
    }
  }
}

/** Waits until the consumer is ready, and returns the milliseconds it took. */
async function pause(ready: Promise<unknown>, released: AbortSignal): Promise<number> {
  const from = performance.now();
  await waitOrAbort(released, (wake) => {
    void ready.then(wake, wake);
    return () => undefined;
  });
  return performance.now() - from;
}

/** Emits chunks. If it is ended while a chunk is being emitted, it completes after that chunk. */
class Delivery {
  readonly #subscriber: Subscriber<Uint8Array>;
  readonly #isLive: () => boolean;
  #emitting = false;
  #ending = false;

  constructor(subscriber: Subscriber<Uint8Array>, isLive: () => boolean = () => false) {
    this.#subscriber = subscriber;
    this.#isLive = isLive;
  }

  emit(chunk: Uint8Array): Promise<unknown> | undefined {
    this.#emitting = true;
    let ready: Promise<unknown> | undefined;
    if (this.#isLive()) this.#subscriber.next(chunk);
    else ready = emitWithBackpressure(() => this.#subscriber.next(chunk));
    this.#emitting = false;
    if (this.#ending) {
      this.#subscriber.complete();
    }
    return ready;
  }

  end(): void {
    this.#ending = true;
    if (!this.#emitting) {
      this.#subscriber.complete();
    }
  }
}
