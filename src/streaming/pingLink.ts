import { monotonicNow } from '../monotonicNow.ts';
import type { Link, Socket } from './link.ts';

/** What the sockets of `ws` have in addition. */
interface PingSocket extends Socket {
  readonly extensions: string;
  /** Not documented: called after the handshake, with the limits of what is received. */
  setSocket(stream: unknown, head: unknown, options: object): void;
  on(event: 'pong', listener: () => void): void;
  ping(data: undefined, mask: undefined, sent: () => void): void;
  terminate(): void;
}

/** Longest message that is received, in bytes; `ws` itself would accept 100 MiB. A longer one ends the session. */
export const MAX_PAYLOAD: number = 32 * 2 ** 20;
/** How long a closing handshake may take before the socket is destroyed, in milliseconds. */
const LINGER_MS = 1000;

/**
 * The connection of a session in Node, which pings the service.
 *
 * Once the service has answered a ping, only answers count as signs of life: a service may send messages but read nothing.
 * Until then messages count as well, while the socket can write.
 */
export class PingLink implements Link {
  readonly #socket: PingSocket;
  #alive = true;
  #answersPings = false;
  #sentBytes = 0;
  #watch: ReturnType<typeof setInterval> | undefined;

  constructor(socket: Socket) {
    const wsSocket = socket as PingSocket;
    this.#socket = wsSocket;
    // the SDK has no option for it
    const setSocket = wsSocket.setSocket.bind(wsSocket);
    wsSocket.setSocket = (stream, head, options) => setSocket(stream, head, { ...options, maxPayload: MAX_PAYLOAD });
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** `ws` compresses messages in another thread, if the service negotiated that. */
  get readsLater(): boolean {
    return this.#socket.extensions !== '';
  }

  received(): void {
    if (!this.#answersPings) this.#alive = true;
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /**
   * Checks twice within `stallTimeout`. A check that comes late proves nothing, because answers may be waiting unread: the
   * process was stopped or the machine slept, during which the monotonic clock may stand still. The wall clock shows that,
   * but it may also have been set, so such a check only delays the decision to the next one.
   */
  watch(stallTimeout: number, onLost: (reason: string) => void): void {
    this.#socket.on('pong', () => {
      this.#answersPings = true;
      this.#alive = true;
    });
    let [wall, monotonic, written] = [Date.now(), monotonicNow(), 0];
    const check = (): void => {
      const passed = Math.max(Date.now() - wall, monotonicNow() - monotonic);
      [wall, monotonic] = [Date.now(), monotonicNow()];
      const stuck = !this.#answersPings && this.bufferedBytes > 0 && this.#sentBytes - this.bufferedBytes <= written;
      written = this.#sentBytes - this.bufferedBytes;
      if (passed < stallTimeout && (!this.#alive || stuck)) onLost(`no sign of life for ${stallTimeout} ms`);
      this.#alive = false;
      this.#ping();
    };
    this.#ping();
    this.#watch = setInterval(check, stallTimeout / 2);
  }

  /** A ping is sent after what was sent before it, and reports when it has left. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      try {
        this.#socket.ping(undefined, undefined, resolve);
      } catch {
        resolve(); // closed in the meantime
      }
    });
  }

  end(atOnce: boolean): void {
    clearInterval(this.#watch);
    if (atOnce) this.#socket.terminate();
    else setTimeout(() => this.#socket.terminate(), LINGER_MS).unref();
  }

  #ping(): void {
    this.#socket.ping(undefined, undefined, () => {});
  }
}
