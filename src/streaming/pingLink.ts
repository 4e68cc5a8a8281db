import type { Link, Socket } from './link.ts';

/** What the sockets of `ws` have besides. */
interface PingSocket extends Socket {
  on(event: 'pong', listener: () => void): void;
  ping(data: undefined, mask: undefined, written: () => void): void;
  terminate(): void;
}

/** How long a closing handshake may take before the socket is cut, in milliseconds. */
const LINGER_MS = 1000;

/** The connection of a session in Node: the service answers pings, and the socket tells what has left and can be cut. */
export class PingLink implements Link {
  readonly #socket: PingSocket;
  #alive = true;
  #watch: ReturnType<typeof setInterval> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket as PingSocket;
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  received(): void {
    this.#alive = true;
  }

  sent(): void {
    // the answer to the next ping tells
  }

  watch(stallTimeout: number, onLost: (reason: string) => void): void {
    this.#socket.on('pong', () => this.received());
    let last = Date.now();
    this.#watch = setInterval(() => {
      const passed = Date.now() - last;
      last += passed;
      if (passed > 2 * stallTimeout) onLost(`this machine slept for ${Math.round(passed)} ms`);
      else if (!this.#alive) onLost(`no sign of life for ${stallTimeout} ms`);
      this.#alive = false;
      this.#socket.ping(undefined, undefined, () => {});
    }, stallTimeout / 2);
  }

  /** A ping goes after what was sent, and tells when it went. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      try {
        this.#socket.ping(undefined, undefined, resolve);
      } catch {
        resolve(); // closed meanwhile
      }
    });
  }

  end(atOnce: boolean): void {
    clearInterval(this.#watch);
    if (atOnce) this.#socket.terminate();
    else setTimeout(() => this.#socket.terminate(), LINGER_MS).unref();
  }
}
