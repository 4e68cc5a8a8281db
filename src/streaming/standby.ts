import { Subject, concat, defer } from 'rxjs';
import type { Observable, Subscription } from 'rxjs';

/**
 * Subscribes to an Observable early and buffers what it emits for one later subscriber.
 *
 * Unlike a `ReplaySubject` it buffers nothing after that.
 */
export class Standby<T> {
  /** The early subscription. */
  readonly subscription: Subscription;
  /** Emits the buffered values, then the live ones. */
  readonly values: Observable<T>;
  readonly #live = new Subject<T>();
  #early: T[] | undefined = [];

  constructor(source: Observable<T>) {
    this.values = defer(() => {
      const early = this.#early ?? [];
      this.#early = undefined;
      return concat(early, this.#live);
    });
    this.subscription = source.subscribe({
      next: (value) => (this.#early ? this.#early.push(value) : this.#live.next(value)),
      error: (error: unknown) => this.#live.error(error),
      complete: () => this.#live.complete(),
    });
  }
}
