import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Connections } from './connections.ts';
import type { Credential, Credentials } from './credentials.ts';
import type { ConnectFault } from './faults.ts';
import type { DueFault } from './faultSchedule.ts';
import type { EndedBy } from './options.ts';
import { readQuery, validateParameters, type Parameters } from './parameters.ts';
import { parseTarget } from './requestTarget.ts';
import type { ServiceState } from './serviceState.ts';
import { Session, type SessionTerms } from './session.ts';
import type { SessionLog } from './sessionLog.ts';
import { SessionSocket } from './sessionSocket.ts';

/** Path of the streaming socket. Self-hosted services are also reached by their bare origin. */
export const STREAM_PATH = '/v3/ws';
const STREAM_PATHS: ReadonlySet<string> = new Set([STREAM_PATH, '/', '']);

const TOO_MANY = 'Unauthorized Connection: Too many concurrent sessions';
const INVALID_KEY = 'Unauthorized Connection: Invalid API key';

interface ConnectionRequest {
  readonly request: IncomingMessage;
  readonly query: Parameters;
  readonly credential: Credential;
  readonly log: SessionLog;
  readonly dueFault: DueFault<ConnectFault> | undefined;
}

/** The parameters of an accepted connection, or why it is refused: close code, text of the `Error`, end of the record. */
type CheckResult =
  | { readonly parameters: Parameters }
  | { readonly refusal: readonly [closeCode: number, error: string, endedBy: EndedBy] };

/** Accepts WebSocket connections. Like the real service, it opens the socket first and then checks key and parameters. */
export class UpgradeHandler {
  readonly #service: ServiceState;
  readonly #credentials: Credentials;
  readonly #sockets: WebSocketServer;
  readonly #connections: Connections;

  constructor(service: ServiceState, credentials: Credentials, sockets: WebSocketServer, connections: Connections) {
    this.#service = service;
    this.#credentials = credentials;
    this.#sockets = sockets;
    this.#connections = connections;
  }

  handle(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const target = parseTarget(request);
    if (!STREAM_PATHS.has(target.path)) return respond(stream, 404);
    const query = readQuery(target.query);
    const credential = this.#credentials.check(request.headers.authorization, query['token']);
    const log = this.#service.openLog(query, credential.authorization);
    const dueFault = this.#service.takeConnectFault(log);
    if (dueFault?.fault === 'refuse-connect') {
      return this.#refuseUpgrade(stream, log, dueFault.status ?? 503, 'fault');
    }
    const { refuse } = this.#service.options;
    if (credential.authorization !== 'ok' && refuse !== 'error-frame') {
      return this.#refuseUpgrade(stream, log, refuse === 'http-401' ? 401 : 403, 'error');
    }
    const connection = { request, query, credential, log, dueFault };
    return this.#sockets.handleUpgrade(request, stream, head, (webSocket) => this.#open(webSocket, connection));
  }

  #open(webSocket: WebSocket, connection: ConnectionRequest): void {
    const { request, log, dueFault } = connection;
    const socket = new SessionSocket(webSocket, log, () => this.#connections.reset(request.socket));
    const result = this.#check(connection);
    if (!('refusal' in result) && dueFault?.fault !== 'close-before-begin') {
      const terms = this.#terms(connection, result.parameters);
      return new Session(this.#service, log, socket, terms).open(webSocket);
    }
    webSocket.on('error', () => undefined);
    webSocket.on('close', (code) => this.#service.closeLog(log, code));
    return 'refusal' in result ? socket.fail(...result.refusal) : socket.close(1011, '', 'fault');
  }

  #check({ credential, query, log, dueFault }: ConnectionRequest): CheckResult {
    if (credential.authorization !== 'ok') return refusal(1008, credential.message);
    if (dueFault?.fault === 'rate-limit') return refusal(1008, TOO_MANY, 'fault');
    if (dueFault?.fault === 'refuse-session') {
      return refusal(dueFault.closeCode ?? 1008, dueFault.error ?? INVALID_KEY, 'fault');
    }
    if (!this.#service.admitSession()) return refusal(1008, TOO_MANY);
    const validated = validateParameters(query);
    if (!('error' in validated)) return validated;
    const { error } = validated;
    this.#service.reportViolation({ session: log.index, atMs: 0, code: 'parameter', message: error });
    return refusal(3006, error);
  }

  #terms({ request, credential, dueFault }: ConnectionRequest, parameters: Parameters): SessionTerms {
    const { maxSessionSeconds, beginDelayMs } = this.#service.options;
    const tokenSeconds = credential.authorization === 'ok' ? credential.maxSeconds : 0;
    return {
      parameters,
      apiVersion: String(request.headers['assemblyai-version'] ?? '2025-05-12'),
      maxSeconds: dueFault?.fault === 'expire-at-once' ? 0 : Math.min(maxSessionSeconds, tokenSeconds),
      beginDelayMs: beginDelayMs + (dueFault?.fault === 'slow-begin' ? (dueFault.ms ?? 1500) : 0),
    };
  }

  #refuseUpgrade(stream: Duplex, log: SessionLog, status: number, endedBy: EndedBy): void {
    respond(stream, status);
    log.endedBy = endedBy;
    this.#service.closeLog(log, undefined);
  }
}

function refusal(closeCode: number, error: string, endedBy: EndedBy = 'error'): CheckResult {
  return { refusal: [closeCode, error, endedBy] };
}

function respond(stream: Duplex, status: number): void {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`;
  stream.end(`${head}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
