import type { Server, Socket } from 'node:net';

/** How long `close` waits for the connections to end, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2000;

/** Tracks the connections of a TLS server: TCP sockets, and TLS sockets, which can outlive them while they are paused. */
export class Connections {
  readonly #server: Server;
  readonly #tcp = new Set<Socket>();
  readonly #tls = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => track(this.#tcp, socket));
    server.on('secureConnection', (socket: Socket) => track(this.#tls, socket));
  }

  /** Breaks the connection of this client with a TCP reset. */
  reset({ remotePort }: Pick<Socket, 'remotePort'>): void {
    for (const socket of this.#tcp) if (socket.remotePort === remotePort) socket.resetAndDestroy();
  }

  /** Stops listening and ends all connections at once. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
      setTimeout(resolve, CLOSE_TIMEOUT_MS).unref();
    });
    for (const socket of [...this.#tls, ...this.#tcp]) socket.destroy();
    await closed;
  }
}

function track(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}
