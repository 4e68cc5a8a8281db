import type { Server, Socket } from 'node:net';

/** How long the end of all connections is waited for, in milliseconds. */
const PATIENCE_MS = 2000;

/** The connections of a TLS server: the TCP ones, and what runs on them, which may outlive them while it is paused. */
export class Connections {
  readonly #server: Server;
  readonly #tcp = new Set<Socket>();
  readonly #tls = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => follow(this.#tcp, socket));
    server.on('secureConnection', (socket: Socket) => follow(this.#tls, socket));
  }

  /** Breaks the connection of this client with a TCP reset. */
  reset({ remotePort }: Pick<Socket, 'remotePort'>): void {
    for (const socket of this.#tcp) if (socket.remotePort === remotePort) socket.resetAndDestroy();
  }

  /** Ends all connections at once, and listens no more. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
      setTimeout(resolve, PATIENCE_MS).unref();
    });
    for (const socket of [...this.#tls, ...this.#tcp]) socket.destroy();
    await closed;
  }
}

function follow(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}
