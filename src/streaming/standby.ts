import { Subject, concat, defer } from 'rxjs';
import type { Observable, Subscription } from 'rxjs';

/**
 * Subscribes to an Observable ahead of time, and keeps what it emits until somebody wants it: once.
 *
 * Unlike a `ReplaySubject` it holds on to nothing after that.
 */
export class Standby<T> {
  /** Ends what goes on ahead of time, and after. */
  readonly subscription: Subscription;
  /** What was emitted so far, then what is emitted from now on. */
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
