import { Subscription } from 'rxjs';
import type { Observer } from 'rxjs';

/**
 * An observer that RxJS subscribes as it is, because it is a Subscription too: nothing else is called per value.
 *
 * Unsubscribing it stops a synchronous source at once, even during `subscribe`.
 */
export class DirectObserver<T> extends Subscription implements Observer<T> {
  readonly #handlers: Observer<T>;

  constructor(handlers: Observer<T>) {
    super();
    this.#handlers = handlers;
  }

  next(value: T): void {
    if (!this.closed) this.#handlers.next(value);
  }

  error(error: unknown): void {
    if (this.closed) return;
    this.unsubscribe();
    this.#handlers.error(error);
  }

  complete(): void {
    if (this.closed) return;
    this.unsubscribe();
    this.#handlers.complete();
  }
}
