/** How many clients are remembered: about 1 MB of keys of `clientKey`. */
export const MAX_CLIENTS = 10_000;
const MINUTE_MS = 60_000;

/**
 * Limits the requests of each client per minute: a full minute's worth at once, then one per share of the minute.
 *
 * Memory is bounded: beyond 10,000 clients, the one that has been away longest is forgotten.
 */
export class RateLimit {
  readonly #perMinute: number;
  /** When each client will have its full minute's worth again, in milliseconds: at most a minute after now. */
  readonly #restoredAt = new Map<string, number>();

  /** @param perMinute At least 1; may be Infinity. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.#restoredAt.size;
  }

  /**
   * Counts a request.
   *
   * @param key The key of the client.
   * @param now Milliseconds on a monotonic clock.
   * @returns 0 if it is within the limit, or the whole seconds until the next one will be.
   */
  take(key: string, now: number = performance.now()): number {
    if (this.#perMinute === Infinity) return 0;
    const share = MINUTE_MS / this.#perMinute;
    const restoredAt = Math.max(now, this.#restoredAt.get(key) ?? now);
    const excess = restoredAt + share - now - MINUTE_MS;
    const taken = excess < 1; // sums of fractions are not exact
    this.#restoredAt.delete(key); // inserting it again moves it to the end
    this.#restoredAt.set(key, taken ? restoredAt + share : restoredAt);
    if (this.#restoredAt.size > MAX_CLIENTS) this.#forgetOldest();
    return taken ? 0 : Math.ceil(excess / 1000);
  }

  #forgetOldest(): void {
    const [oldest] = this.#restoredAt.keys();
    if (oldest !== undefined) this.#restoredAt.delete(oldest);
  }
}
