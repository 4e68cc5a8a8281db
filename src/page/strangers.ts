import type { Socket } from 'node:net';

/** Most connections without a valid request at once. */
const MAX_STRANGERS = 32;

/** The connections that have not sent a valid request yet. If there are too many, the oldest is closed. */
export class Strangers {
  readonly #sockets = new Set<Socket>();

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const [oldest] = this.#sockets;
    if (!oldest || this.#sockets.size <= MAX_STRANGERS) return;
    this.#sockets.delete(oldest); // it emits close later
    oldest.destroy();
  }

  trust(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}
