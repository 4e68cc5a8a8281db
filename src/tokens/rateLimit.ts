/** How many clients are remembered; together with the length of their names this bounds the memory, to about 2 MB. */
export const MAX_CLIENTS = 10_000;
const MAX_NAME = 100;
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
   * @param client Who sent it: an address or a user.
   * @param now Milliseconds on a monotonic clock.
   * @returns 0 if it is within the limit, or the whole seconds until the next one will be.
   */
  take(client: string, now: number = performance.now()): number {
    if (this.#perMinute === Infinity) return 0;
    const name = normalise(client);
    const share = MINUTE_MS / this.#perMinute;
    const restoredAt = Math.max(now, this.#restoredAt.get(name) ?? now);
    const excess = restoredAt + share - now - MINUTE_MS;
    const taken = excess < 1; // sums of fractions are not exact
    this.#restoredAt.delete(name); // inserting it again moves it to the end
    this.#restoredAt.set(name, taken ? restoredAt + share : restoredAt);
    if (this.#restoredAt.size > MAX_CLIENTS) this.#forgetOldest();
    return taken ? 0 : Math.ceil(excess / 1000);
  }

  #forgetOldest(): void {
    const [oldest] = this.#restoredAt.keys();
    if (oldest !== undefined) this.#restoredAt.delete(oldest);
  }
}

/** All addresses of an IPv6 network (/64) are one client, and both spellings of an IPv4 address. */
function normalise(client: string): string {
  const name = Array.from(client.slice(0, MAX_NAME)).join('').toLowerCase(); // a slice would keep the whole string alive
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(name);
  if (mapped?.[1] !== undefined) return mapped[1];
  return /^[0-9a-f]*(:[0-9a-f]*){2,7}$/.test(name) ? networkOf(name) : name;
}

/** The first four of the eight groups of an IPv6 address. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const [groups, rest] = [head.split(':'), tail?.split(':') ?? []];
  const zeros = Array.from({ length: 8 - groups.length - rest.length }, () => '0');
  const network = [...groups, ...zeros, ...rest].slice(0, 4);
  return `${network.map((group) => group.replace(/^0+/, '') || '0').join(':')}::/64`;
}
