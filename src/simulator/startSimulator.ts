import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuthority } from './authority.ts';
import { Connections } from './connections.ts';
import { Credentials } from './credentials.ts';
import { House } from './house.ts';
import { recogniseRecordings } from './knownRecordings.ts';
import type { Simulator, SimulatorOptions } from './options.ts';
import { Reception, STREAM_PATH } from './reception.ts';
import { bundledRecording } from './recording.ts';
import { targetOf } from './target.ts';

const LARGEST_MESSAGE = 128 * 1024;

/**
 * Starts a service on loopback that speaks the streaming protocol (v3) over TLS, strictly: for demonstrations and tests
 * without key, network or microphone.
 *
 * It does not recognise speech. It recognises recordings it knows, byte for byte, and answers with the words whose audio it
 * really received; of other audio it tells only that there is speech. Connections, turns, errors and endings are those of
 * the protocol, and it says what a client does wrong.
 *
 * @example
 * import { startSimulator } from 'rxscribe/simulator';
 *
 * const simulator = await startSimulator();
 * // start the client with NODE_EXTRA_CA_CERTS=simulator.caFile, simulator.url and simulator.apiKey
 * await simulator.close();
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, apiKey = randomBytes(16).toString('hex'), caDir } = options;
  const house = await openHouse(options);
  const { WebSocketServer } = await import('ws');
  const credentials = new Credentials(apiKey);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, clientTracking: false });
  const dir = caDir ?? (await mkdtemp(join(tmpdir(), 'rxscribe-ca-')));
  const authority = await openAuthority(dir);
  const server = createServer(await authority.issue(), (request, response) => answer(credentials, request, response));
  const connections = new Connections(server);
  const reception = new Reception(house, credentials, sockets, connections);
  server.on('upgrade', (request, stream, head) => reception.upgrade(request, stream, head));
  const bound = await listen(server, port);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    house.closing = true;
    return (closing ??= shut(connections, caDir === undefined ? dir : undefined));
  };
  const url = `wss://localhost:${bound}${STREAM_PATH}`;
  const { sessions, violations } = house;
  return { url, caFile: authority.caFile, apiKey, sessions, violations, close, [Symbol.asyncDispose]: close };
}

async function openHouse(options: SimulatorOptions): Promise<House> {
  const settled = {
    keepAudio: options.keepAudio ?? true,
    beginDelayMs: options.beginDelayMs ?? 0,
    terminationDelayMs: options.terminationDelayMs ?? 0,
    maxSessionSeconds: options.maxSessionSeconds ?? 10_800,
    refuse: options.refuse ?? ('error-frame' as const),
    formatting: options.formatting ?? ('two-finals' as const),
    aheadLimitMs: options.aheadLimitMs ?? Infinity,
    sessionsPerMinute: options.sessionsPerMinute ?? Infinity,
    faults: options.faults ?? [],
  };
  const known = async () => recogniseRecordings(options.recordings ?? [await bundledRecording()]);
  return new House(settled, options.recogniser ?? (await known()), options.onEvent);
}

function answer(credentials: Credentials, request: IncomingMessage, response: ServerResponse): void {
  const { path, query } = targetOf(request);
  if (request.method === 'GET' && path === '/v3/token') credentials.answer(request, query, response);
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

async function shut(connections: Connections, temporaryDir: string | undefined): Promise<void> {
  await connections.close();
  if (temporaryDir !== undefined) await rm(temporaryDir, { recursive: true, force: true });
}
