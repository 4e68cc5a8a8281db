import { createServer } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { openAuthority } from '../../src/simulator/authority.ts';

/** One connection to a scripted service: sends what a test wants, and keeps what the client sent. */
export interface Connection {
  readonly request: IncomingMessage;
  readonly socket: WebSocket;
  /** What the client sent, in order: text messages parsed, audio as its length in bytes. */
  readonly received: unknown[];
  /** Sends a message; anything but a string as JSON. */
  readonly send: (message: unknown) => void;
  /** Resolves with the code of the close. */
  readonly closed: Promise<number>;
  /** Resolves when the client sent something that the predicate takes. */
  readonly until: (predicate: (message: unknown) => boolean) => Promise<void>;
}

/** A service without any rules: for what the local service is too strict. */
export interface ScriptedService {
  readonly url: string;
  readonly connections: Connection[];
  close(): Promise<void>;
}

export const BEGIN = { type: 'Begin', id: 'scripted', expires_at: 4_000_000_000 };
export const TERMINATION = { type: 'Termination', audio_duration_seconds: 1, session_duration_seconds: 2 };
export const isTerminate = (message: unknown): boolean => (message as { type?: string } | null)?.type === 'Terminate';

const leaf = openAuthority(process.env.RXSCRIBE_TEST_CA_DIR ?? '').then((authority) => authority.issue());

export interface ServiceSettings {
  /** The HTTP status with which every connection is refused. */
  readonly refuseWith?: number | undefined;
  /** Whether messages are compressed. */
  readonly compressed?: boolean;
}

/** Starts a scripted service; `script` runs for each connection once its upgrade is done. */
export async function scriptedService(
  script: (connection: Connection) => void,
  { refuseWith, compressed = false }: ServiceSettings = {},
): Promise<ScriptedService> {
  const server = createServer(await leaf);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: compressed });
  const streams = new Set<Socket>();
  const connections: Connection[] = [];
  server.on('connection', (stream: Socket) => streams.add(stream));
  server.on('upgrade', (request, stream, head) => {
    if (refuseWith !== undefined) {
      stream.end(`HTTP/1.1 ${refuseWith} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const connection = connect(request, socket);
      connections.push(connection);
      script(connection);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `wss://localhost:${(server.address() as AddressInfo).port}/v3/ws`,
    connections,
    close: () => {
      for (const stream of streams) stream.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

function connect(request: IncomingMessage, socket: WebSocket): Connection {
  const received: unknown[] = [];
  const waiting: (() => void)[] = [];
  socket.on('error', () => {}); // a client that breaks off is part of the script
  socket.on('message', (data: Buffer, isBinary) => {
    received.push(isBinary ? data.length : JSON.parse(data.toString()));
    for (const check of waiting.slice()) check();
  });
  return {
    request,
    socket,
    received,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    closed: new Promise((resolve) => void socket.once('close', resolve)),
    until: (predicate) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!received.some(predicate)) return;
          waiting.splice(waiting.indexOf(check), 1);
          resolve();
        };
        waiting.push(check);
        check();
      }),
  };
}
