import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Connections } from './connections.ts';
import type { Credential, Credentials } from './credentials.ts';
import type { Ambush } from './faultSchedule.ts';
import type { House } from './house.ts';
import { complaint, type Parameters } from './parameters.ts';
import type { EndedBy } from './options.ts';
import { Session, type Admission } from './session.ts';
import type { SessionLog } from './sessionLog.ts';
import { targetOf } from './target.ts';
import { Wire } from './wire.ts';

/** Path of the streaming socket. */
export const STREAM_PATH = '/v3/ws';

const TOO_MANY = 'Unauthorized Connection: Too many concurrent sessions';

interface Visit {
  readonly request: IncomingMessage;
  readonly query: Parameters;
  readonly credential: Credential;
  readonly log: SessionLog;
  readonly ambush: Ambush | undefined;
}

/** Receives connections: opens the socket first and judges key and parameters then, as the service does. */
export class Reception {
  readonly #house: House;
  readonly #credentials: Credentials;
  readonly #sockets: WebSocketServer;
  readonly #connections: Connections;

  constructor(house: House, credentials: Credentials, sockets: WebSocketServer, connections: Connections) {
    this.#connections = connections;
    this.#house = house;
    this.#credentials = credentials;
    this.#sockets = sockets;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const target = targetOf(request);
    if (target.path !== STREAM_PATH) return refuse(stream, 404);
    const query = Object.fromEntries(target.query);
    const credential = this.#credentials.check(request.headers.authorization, query['token']);
    const log = this.#house.record(query, credential.authorization);
    const ambush = this.#house.strikeAtConnect(log);
    if (ambush?.fault === 'refuse-connect') return this.#refuse(stream, log, 503, 'fault');
    const { refuse: way } = this.#house.options;
    if (credential.authorization !== 'ok' && way !== 'error-frame') {
      return this.#refuse(stream, log, way === 'http-401' ? 401 : 403, 'error');
    }
    const visit = { request, query, credential, log, ambush };
    return this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#open(socket, visit));
  }

  #open(socket: WebSocket, visit: Visit): void {
    const { request, log, ambush, query } = visit;
    const wire = new Wire(socket, log, () => this.#connections.reset(request.socket));
    const refusal = this.#refusal(visit);
    if (refusal === undefined && ambush?.fault !== 'close-before-begin') {
      const slowMs = ambush?.fault === 'slow-begin' ? ambush.ms : 0;
      return new Session(this.#house, log, wire, query).open(socket, this.#admission(visit, slowMs));
    }
    socket.on('error', () => undefined);
    socket.on('close', (code) => this.#house.ended(log, code));
    return refusal === undefined ? wire.close(1011, '', 'fault') : wire.fail(...refusal);
  }

  /** Why the service does not take this connection, if it does not. */
  #refusal({ credential, query, log, ambush }: Visit): [number, string, EndedBy] | undefined {
    if (credential.authorization !== 'ok') return [1008, credential.message, 'error'];
    if (ambush?.fault === 'rate-limit') return [1008, TOO_MANY, 'fault'];
    if (!this.#house.admits()) return [1008, TOO_MANY, 'error'];
    const wrong = complaint(query, query['speech_model']);
    if (wrong === undefined) return undefined;
    this.#house.object({ session: log.index, atMs: 0, code: 'parameter', message: wrong });
    return [3006, wrong, 'error'];
  }

  #admission({ request, query, credential }: Visit, slowMs: number): Admission {
    const { maxSessionSeconds, beginDelayMs } = this.#house.options;
    const capSeconds = credential.authorization === 'ok' ? credential.capSeconds : 0;
    return {
      query,
      apiVersion: String(request.headers['assemblyai-version'] ?? '2025-05-12'),
      lastsSeconds: Math.min(maxSessionSeconds, capSeconds),
      beginDelayMs: beginDelayMs + slowMs,
    };
  }

  #refuse(stream: Duplex, log: SessionLog, status: number, endedBy: EndedBy): void {
    refuse(stream, status);
    log.endedBy = endedBy;
    this.#house.ended(log, undefined);
  }
}

function refuse(stream: Duplex, status: number): void {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
  stream.end(`${head}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
