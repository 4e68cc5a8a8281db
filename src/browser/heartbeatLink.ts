import { Subject, asyncScheduler, filter, firstValueFrom, interval, merge } from 'rxjs';
import type { Subscription } from 'rxjs';
import type { Link, Socket } from '../streaming/link.ts';

/** The least time without a heartbeat that says something, in milliseconds: they come every 5.0 to 5.1 s. */
const MISSED_MS = 7500;
/** How often a wait for the socket looks whether it is over, in milliseconds. */
const LOOK_MS = 50;

/**
 * The connection of a session in a browser: its sockets neither ping nor tell what has left, and timers may be late.
 *
 * Signs of life are messages, of which heartbeats are expected once one came; until then, and from a service that has none,
 * that bytes which wait to leave become fewer. A look that comes late counts as if it had come in time: a page that was
 * frozen, or asleep with the machine, hears its messages before the next look.
 */
export class HeartbeatLink implements Link {
  readonly #socket: Socket;
  readonly #looked = new Subject<void>();
  #watch: Subscription | undefined;
  #stallTimeout = Infinity;
  #lost: ((why: string) => void) | undefined;
  /** Whether heartbeats are to be expected. */
  #beats = false;
  /** For how long there was no sign of life, and when that was last looked at, in milliseconds. */
  #quietMs = 0;
  #lookedAt = 0;
  /** Bytes that were sent, and that have left. */
  #sent = 0;
  #left = 0;

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
    this.#beats ||= type === 'Heartbeat';
    this.#quietMs = 0;
    this.#lookedAt = asyncScheduler.now();
    this.#looked.next();
  }

  sent(bytes: number): void {
    this.#sent += bytes;
    this.#look();
  }

  watch(stallTimeout: number, lost: (why: string) => void): void {
    this.#stallTimeout = stallTimeout;
    this.#lost = lost;
    this.#lookedAt = asyncScheduler.now();
    this.#watch = interval(stallTimeout / 4).subscribe(() => this.#look());
  }

  async flushed(): Promise<void> {
    const upTo = this.#sent;
    const looks = merge(interval(LOOK_MS), this.#looked);
    await firstValueFrom(looks.pipe(filter(() => !this.open || this.#sent - this.bufferedBytes >= upTo)), {
      defaultValue: undefined,
    });
  }

  /** A socket of a browser cannot be cut; it gives the closing handshake the time that it finds right. */
  end(): void {
    this.#watch?.unsubscribe();
    this.#lost = undefined;
    this.#socket.close();
    this.#looked.next();
  }

  #look(): void {
    const now = asyncScheduler.now();
    const passed = Math.min(now - this.#lookedAt, this.#stallTimeout / 4);
    this.#lookedAt = now;
    const left = this.#sent - this.bufferedBytes;
    if (!this.#beats && (this.bufferedBytes === 0 || left > this.#left)) this.#quietMs = 0;
    else this.#quietMs += passed;
    this.#left = Math.max(this.#left, left);
    this.#looked.next();
    const limit = this.#beats ? Math.max(this.#stallTimeout, MISSED_MS) : this.#stallTimeout;
    if (this.#quietMs >= limit) this.#lost?.(`no sign of life for ${limit} ms`);
  }
}
