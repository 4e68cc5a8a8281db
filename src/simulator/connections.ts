import type { Server, Socket } from 'node:net';

/** The TCP connections of a server, under whatever runs on them. */
export class Connections {
  readonly #sockets = new Map<number, Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      const port = socket.remotePort ?? 0;
      this.#sockets.set(port, socket);
      socket.on('close', () => this.#sockets.delete(port));
    });
  }

  /** Breaks the connection of this client with a TCP reset. */
  reset({ remotePort = 0 }: Pick<Socket, 'remotePort'>): void {
    this.#sockets.get(remotePort)?.resetAndDestroy();
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const socket of this.#sockets.values()) socket.destroy();
  }
}
