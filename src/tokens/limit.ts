/** How many clients are remembered; with the length of their names this bounds the memory, to about 2 MB. */
export const MOST_CLIENTS = 10_000;
const LONGEST_NAME = 100;
const MINUTE_MS = 60_000;

/**
 * A limit on requests per minute for each client: as many at once, and then one whenever its share of the minute is over.
 *
 * The memory is bounded: of more than 10,000 clients, the one that was away longest is forgotten.
 */
export class Limit {
  readonly #perMinute: number;
  /** Until when each has used up its share, in milliseconds; whoever may ask at once is up to a minute ahead of now. */
  readonly #usedUntil = new Map<string, number>();

  /** @param perMinute At least 1; may be Infinity. */
  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.#usedUntil.size;
  }

  /**
   * Counts a request.
   *
   * @param client Whose request it is.
   * @param now Milliseconds on a clock that only runs on.
   * @returns 0 if it is within the limit, or else the whole seconds until the next one will be.
   */
  take(client: string, now: number = performance.now()): number {
    if (this.#perMinute === Infinity) return 0;
    const name = nameOf(client);
    const share = MINUTE_MS / this.#perMinute;
    const used = Math.max(now, this.#usedUntil.get(name) ?? now);
    const ahead = used + share - now - MINUTE_MS;
    const taken = ahead < 1; // sums of fractions are not exact
    this.#usedUntil.delete(name); // so that it becomes the latest
    this.#usedUntil.set(name, taken ? used + share : used);
    if (this.#usedUntil.size > MOST_CLIENTS) this.#forget();
    return taken ? 0 : Math.ceil(ahead / 1000);
  }

  #forget(): void {
    const [oldest] = this.#usedUntil.keys();
    if (oldest !== undefined) this.#usedUntil.delete(oldest);
  }
}

/** One client has all addresses of an IPv6 network (/64), and may be known by IPv4 in either spelling. */
function nameOf(client: string): string {
  const name = Array.from(client.slice(0, LONGEST_NAME)).join('').toLowerCase(); // a slice would hold on to all of it
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
