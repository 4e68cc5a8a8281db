import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openAuthority, temporaryAuthority, type Authority } from './authority.ts';
import { Connections } from './connections.ts';
import { Credentials } from './credentials.ts';
import type { Simulator, SimulatorOptions } from './options.ts';
import { recogniseRecordings } from './recogniseRecordings.ts';
import { bundledRecording } from './recording.ts';
import { parseTarget } from './requestTarget.ts';
import { ServiceState } from './serviceState.ts';
import { UpgradeHandler, STREAM_PATH } from './upgradeHandler.ts';

const MAX_MESSAGE_BYTES = 128 * 1024;

/**
 * Starts a local service that speaks the streaming protocol (v3) over TLS on loopback. Use it in demonstrations and tests:
 * it needs no API key, no network and no microphone.
 *
 * Without the option `engine` the service does not recognise speech. It compares the audio it receives with recordings it
 * knows, byte for byte, and sends the words whose audio arrived. For any other audio it only reports that there is speech.
 * Messages, errors and close codes follow the protocol, and every mistake of a client is listed in `violations`.
 *
 * @example
 * import { startSimulator } from 'rxscribe/simulator';
 *
 * const simulator = await startSimulator();
 * // start the client with NODE_EXTRA_CA_CERTS=simulator.caFile, and use simulator.url and simulator.apiKey
 * await simulator.close();
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, apiKey = randomBytes(16).toString('hex'), caDir } = options;
  const service = await createState(options);
  const { WebSocketServer } = await import('ws');
  const credentials = new Credentials(apiKey);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, clientTracking: false });
  const authority = caDir === undefined ? await temporaryAuthority() : await openAuthority(caDir);
  const server = createServer(authority.issue(), (request, response) => handleRequest(credentials, request, response));
  const connections = new Connections(server);
  const upgradeHandler = new UpgradeHandler(service, credentials, sockets, connections);
  server.on('upgrade', (request, stream, head) => upgradeHandler.handle(request, stream, head));
  const boundPort = await listen(server, port);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    service.closing = true;
    return (closing ??= shutDown(connections, authority));
  };
  const url = `wss://localhost:${boundPort}${STREAM_PATH}`;
  const { sessions, violations } = service;
  return { url, caFile: authority.caFile, apiKey, sessions, violations, close, [Symbol.asyncDispose]: close };
}

async function createState(options: SimulatorOptions): Promise<ServiceState> {
  const serviceOptions = {
    keepAudio: options.keepAudio ?? true,
    beginDelayMs: options.beginDelayMs ?? 0,
    terminationDelayMs: options.terminationDelayMs ?? 0,
    maxSessionSeconds: options.maxSessionSeconds ?? 10_800,
    refuse: options.refuse ?? ('error-frame' as const),
    formatting: options.formatting ?? ('two-finals' as const),
    aheadLimitMs: options.aheadLimitMs ?? Infinity,
    sessionsPerMinute: options.sessionsPerMinute ?? Infinity,
    minuteMs: options.minuteMs ?? 60_000,
    faults: options.faults ?? [],
  };
  const recordings = options.recordings ?? [await bundledRecording()];
  const recogniser = options.recogniser ?? recogniseRecordings(recordings);
  return new ServiceState(serviceOptions, recogniser, recordings, options);
}

function handleRequest(credentials: Credentials, request: IncomingMessage, response: ServerResponse): void {
  const { path, query } = parseTarget(request);
  if (request.method === 'GET' && path === '/v3/token') credentials.handleTokenRequest(request, query, response);
  else response.writeHead(404).end();
}

/** Listens on loopback and returns the port. */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function shutDown(connections: Connections, authority: Authority): Promise<void> {
  await connections.close();
  await authority.remove();
}
