import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { emitWithBackpressure } from '../backpressure.ts';
import { eventLoop } from './eventLoop.ts';
import { orAborted } from './orAborted.ts';

/** Says when a chunk may go out, and hears how long the consumer then asked to wait. */
export interface Pace {
  /** Resolves when so many bytes may go out, or at once when the signal aborts. */
  turn(bytes: number, released: AbortSignal): Promise<void>;
  /** Moves the schedule by the milliseconds that the consumer took. */
  shift(ms: number): void;
}

/** As fast as the consumer takes it; only the event loop gets its turn between two chunks. */
export const UNPACED: Pace = { turn: eventLoop, shift: () => undefined };

/** What `pull` is made of, per subscription; the signal aborts when the subscription ends. */
export interface Pull {
  readonly open: (released: AbortSignal) => AsyncIterable<Uint8Array>;
  readonly pace: () => Pace;
  readonly stop$: Observable<unknown>;
}

/**
 * Turns an async iterable into an observable that can be held back: a chunk is asked for only when the one before was
 * taken. `stop$` completes it after the chunk being delivered.
 */
export function pull({ open, pace, stop$ }: Pull): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    const released = new AbortController();
    const delivery = new Delivery(subscriber);
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
    await pace.turn(chunk.length, released);
    const held = released.aborted ? undefined : delivery.offer(chunk);
    if (held) {
      pace.shift(await hold(held, released));
    }
    if (released.aborted) {
      return;
    }
  }
}

/** Waits as the consumer asked, and tells how many milliseconds that took. */
async function hold(held: Promise<unknown>, released: AbortSignal): Promise<number> {
  const from = performance.now();
  await orAborted(released, (wake) => {
    void held.then(wake, wake);
    return () => undefined;
  });
  return performance.now() - from;
}

/** Emits chunks, and completes between two of them even when asked to while one is being emitted. */
class Delivery {
  readonly #subscriber: Subscriber<Uint8Array>;
  #emitting = false;
  #ending = false;

  constructor(subscriber: Subscriber<Uint8Array>) {
    this.#subscriber = subscriber;
  }

  offer(chunk: Uint8Array): Promise<unknown> | undefined {
    this.#emitting = true;
    const held = emitWithBackpressure(() => this.#subscriber.next(chunk));
    this.#emitting = false;
    if (this.#ending) {
      this.#subscriber.complete();
    }
    return held;
  }

  end(): void {
    this.#ending = true;
    if (!this.#emitting) {
      this.#subscriber.complete();
    }
  }
}
