import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Credential, Credentials } from './credentials.ts';
import type { House } from './house.ts';
import { complaint, type Parameters } from './parameters.ts';
import { Session } from './session.ts';
import type { SessionLog } from './sessionLog.ts';
import { Wire } from './wire.ts';

/** Path of the streaming socket. */
export const STREAM_PATH = '/v3/ws';

interface Visit {
  readonly request: IncomingMessage;
  readonly query: Parameters;
  readonly credential: Credential;
  readonly log: SessionLog;
}

/** Receives connections: opens the socket first and judges key and parameters then, as the service does. */
export class Reception {
  readonly #house: House;
  readonly #credentials: Credentials;
  readonly #sockets: WebSocketServer;

  constructor(house: House, credentials: Credentials, sockets: WebSocketServer) {
    this.#house = house;
    this.#credentials = credentials;
    this.#sockets = sockets;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
    if (pathname !== STREAM_PATH) return refuse(stream, 404);
    const query = Object.fromEntries(searchParams);
    const credential = this.#credentials.check(request.headers.authorization, query['token']);
    const log = this.#house.record(query, credential.authorization);
    const { refuse: way } = this.#house.options;
    if (credential.authorization !== 'ok' && way !== 'error-frame') {
      refuse(stream, way === 'http-401' ? 401 : 403);
      return this.#house.ended(log, undefined);
    }
    const visit = { request, query, credential, log };
    this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#open(socket, visit));
  }

  #open(socket: WebSocket, { request, query, credential, log }: Visit): void {
    if (credential.authorization !== 'ok') return this.#turnAway(socket, log, 1008, credential.message);
    if (!this.#house.admits()) {
      return this.#turnAway(socket, log, 1008, 'Unauthorized Connection: Too many concurrent sessions');
    }
    const wrong = complaint(query);
    if (wrong !== undefined) {
      this.#house.object({ session: log.index, atMs: 0, code: 'parameter', message: wrong });
      return this.#turnAway(socket, log, 3006, wrong);
    }
    const apiVersion = String(request.headers['assemblyai-version'] ?? '2025-05-12');
    const lastsSeconds = Math.min(this.#house.options.maxSessionSeconds, credential.capSeconds);
    new Session(socket, this.#house, log, { query, apiVersion, lastsSeconds });
  }

  #turnAway(socket: WebSocket, log: SessionLog, code: number, message: string): void {
    socket.on('error', () => undefined);
    socket.on('close', (closeCode) => this.#house.ended(log, closeCode));
    new Wire(socket, log).fail(code, message);
  }
}

function refuse(stream: Duplex, status: number): void {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
  stream.end(`${head}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
