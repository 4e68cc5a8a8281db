import { Subject, filter, firstValueFrom, interval, merge } from 'rxjs';
import type { Subscription } from 'rxjs';
import { monotonicNow } from '../monotonicNow.ts';
import type { Link, Socket } from '../streaming/link.ts';

/** A heartbeat is missing after this many milliseconds: the service sends one every 5.0 to 5.1 s. */
const MISSED_MS = 7500;
/** How often `flushed` checks the socket, in milliseconds. */
const CHECK_MS = 50;

/**
 * The connection of a session in a browser, whose sockets have neither pings nor drain events, and whose timers may be late.
 *
 * Any message is a sign of life, and heartbeats are expected once the first one arrived. Until then, and with a service
 * that sends none, the connection is alive while its send buffer shrinks. However late a check runs, it counts as one
 * interval: after a page was frozen or asleep, messages that were waiting arrive before the next check.
 */
export class HeartbeatLink implements Link {
  readonly readsLater = false;
  readonly #socket: Socket;
  readonly #checked = new Subject<void>();
  #watch: Subscription | undefined;
  #stallTimeout = Infinity;
  #onLost: ((reason: string) => void) | undefined;
  #expectsHeartbeats = false;
  /** How long there was no sign of life, in milliseconds, at the time of the last check. */
  #quietMs = 0;
  #checkedAt = 0;
  /** Bytes passed to the socket, and bytes that have left its buffer. */
  #sentBytes = 0;
  #writtenBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  received(type?: string): void {
    this.#expectsHeartbeats ||= type === 'Heartbeat';
    this.#quietMs = 0;
    this.#checkedAt = monotonicNow();
    this.#checked.next();
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
    this.#check();
  }

  watch(stallTimeout: number, onLost: (reason: string) => void): void {
    this.#stallTimeout = stallTimeout;
    this.#onLost = onLost;
    this.#checkedAt = monotonicNow();
    this.#watch = interval(stallTimeout / 4).subscribe(() => this.#check());
  }

  async flushed(): Promise<void> {
    const target = this.#sentBytes;
    const checks = merge(interval(CHECK_MS), this.#checked);
    await firstValueFrom(checks.pipe(filter(() => !this.open || this.#sentBytes - this.bufferedBytes >= target)), {
      defaultValue: undefined,
    });
  }

  /** A browser's socket cannot be terminated: `close` waits for the closing handshake as long as the browser likes. */
  end(): void {
    this.#watch?.unsubscribe();
    this.#onLost = undefined;
    this.#socket.close();
    this.#checked.next();
  }

  #check(): void {
    const now = monotonicNow();
    const elapsed = Math.min(now - this.#checkedAt, this.#stallTimeout / 4);
    this.#checkedAt = now;
    const written = this.#sentBytes - this.bufferedBytes;
    const progress = this.bufferedBytes === 0 || written > this.#writtenBytes;
    if (!this.#expectsHeartbeats && progress) this.#quietMs = 0;
    else this.#quietMs += elapsed;
    this.#writtenBytes = Math.max(this.#writtenBytes, written);
    this.#checked.next();
    const limit = this.#expectsHeartbeats ? Math.max(this.#stallTimeout, MISSED_MS) : this.#stallTimeout;
    if (this.#quietMs >= limit) this.#onLost?.(`no sign of life for ${limit} ms`);
  }
}
