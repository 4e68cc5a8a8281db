/* oxlint-disable no-await-in-loop -- chunks are emitted one after another */
import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { emitWithBackpressure } from '../backpressure.ts';
import { joined } from './joined.ts';
import { waitOrAbort } from './waitOrAbort.ts';
import { yieldToEventLoop } from './yieldToEventLoop.ts';

/** Decides when a chunk is emitted. */
export interface Pace {
  /**
   * Resolves when so many bytes may be emitted, or at once when the signal aborts; `undefined` if there is nothing to wait
   * for.
   */
  waitFor(bytes: number, released: AbortSignal): Promise<void> | undefined;
  /** Delays everything that follows by the milliseconds that the consumer paused the source. */
  delay(ms: number): void;
}

/** As fast as the consumer accepts it; only the event loop runs between two chunks. */
export const UNPACED: Pace = { waitFor: yieldToEventLoop, delay: () => undefined };

/** What a pausable source is made of, per subscription; the signal aborts when the subscription ends. */
export interface PausableSource {
  readonly open: (released: AbortSignal) => AsyncIterable<Uint8Array>;
  /** The length of a chunk in bytes. @defaultValue pieces are emitted as they are read */
  readonly chunkBytes?: number;
  readonly pace: () => Pace;
  readonly stop$: Observable<unknown>;
  /** Whether the source is live at present: consumers cannot pause it then. */
  readonly isLive?: () => boolean;
}

/**
 * Turns an async iterable into an Observable that consumers can pause: a piece is read only when the
 * consumer accepted the one before. `stop$` completes it after the chunk being emitted.
 *
 * @param source The parts of the source, or a function that creates them for each subscription.
 */
export function pausableSource(source: PausableSource | (() => PausableSource)): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    const { open, chunkBytes, pace, stop$, isLive } = typeof source === 'function' ? source() : source;
    const released = new AbortController();
    const delivery = new Delivery(subscriber, isLive);
    subscriber.add(() => released.abort());
    subscriber.add(stop$.subscribe({ next: () => delivery.end(), error: (error) => subscriber.error(error) }));
    if (!subscriber.closed) {
      const chunks = new ChunkCutter(chunkBytes);
      pump(open(released.signal), chunks, delivery, pace(), released.signal).then(
        () => subscriber.complete(),
        (error) => subscriber.error(error),
      );
    }
  });
}

async function pump(
  pieces: AsyncIterable<Uint8Array>,
  chunks: ChunkCutter,
  delivery: Delivery,
  pace: Pace,
  released: AbortSignal,
): Promise<void> {
  /** Emits chunks; returns whether to go on. */
  const emit = async (ready: readonly Uint8Array[]): Promise<boolean> => {
    for (const chunk of ready) {
      const turn = pace.waitFor(chunk.length, released);
      if (turn) await turn;
      const paused = released.aborted ? undefined : delivery.emit(chunk);
      if (paused) pace.delay(await pause(paused, released));
      if (released.aborted) return false;
    }
    return true;
  };
  for await (const piece of pieces) {
    if (!(await emit(chunks.cut(piece)))) return;
  }
  await emit(chunks.rest());
}

/** Cuts pieces into chunks of the same length. A chunk within a piece is a view of it, so that nothing is copied. */
class ChunkCutter {
  readonly #size: number | undefined;
  #rest: Uint8Array = new Uint8Array(0);

  /** @param size Bytes per chunk; without it, pieces stay as they are. */
  constructor(size: number | undefined) {
    this.#size = size;
  }

  cut(piece: Uint8Array): Uint8Array[] {
    if (this.#size === undefined) return [piece];
    const chunks: Uint8Array[] = [];
    let at = 0;
    if (this.#rest.length > 0) {
      at = Math.min(this.#size - this.#rest.length, piece.length);
      this.#rest = joined(this.#rest, piece.subarray(0, at));
      if (this.#rest.length < this.#size) return chunks;
      chunks.push(this.#rest);
    }
    for (; piece.length - at >= this.#size; at += this.#size) chunks.push(piece.subarray(at, at + this.#size));
    this.#rest = piece.subarray(at);
    return chunks;
  }

  /** The last, shorter chunk, if there is one. */
  rest(): Uint8Array[] {
    return this.#rest.length > 0 ? [this.#rest] : [];
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
