import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { NatsConnection } from '@nats-io/transport-node';
import { loadNats } from '../../rooms/nats.ts';
import type { NatsFlags } from '../flags/roomsFlags.ts';
import { printable } from '../terminal/printable.ts';
import { UsageError } from '../usageError.ts';

/** How long the first connection may take, in milliseconds. */
const CONNECT_MS = 5000;
const RECONNECT_MS = 500;

/**
 * Connects to the broker of `--nats`; later breaks are repaired by the client.
 *
 * @throws {UsageError} when the credentials cannot be read.
 * @throws {Error} of one line when there is no server, or it refuses.
 */
export async function connectNats({ nats, creds, inboxPrefix }: NatsFlags, name: string): Promise<NatsConnection> {
  const { transport } = await loadNats();
  const servers = nats.split(',').map((server) => server.trim());
  const authenticator = creds === undefined ? undefined : transport.credsAuthenticator(readCredentials(creds));
  const sockets: Socket[] = [];
  const collect = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
  subscribe('net.client.socket', collect);
  try {
    return await transport.connect({
      servers,
      name: `rxscribe rooms ${name}`,
      timeout: CONNECT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      ...(authenticator && { authenticator }),
      ...(inboxPrefix !== undefined && { inboxPrefix }),
      ...(servers.some((server) => server.startsWith('tls:')) && { tls: {} }),
    });
  } catch (cause) {
    for (const socket of sockets) socket.destroy(); // the client leaves open what never answered
    const message = cause instanceof Error ? cause.message : String(cause);
    const reason = message === 'timeout' ? `no answer in ${CONNECT_MS / 1000} s` : message;
    const start = /refused/i.test(reason) ? '; start one with nats-server -js, or name another with --nats' : '';
    const names = servers.map(withoutUser).join(', ');
    throw new Error(`cannot connect to NATS at ${printable(names)}: ${printable(reason)}${start}`, { cause });
  } finally {
    unsubscribe('net.client.socket', collect);
  }
}

function readCredentials(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`--creds: cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** An address without the user and password it may contain. */
function withoutUser(server: string): string {
  return server.replace(/\/\/.*@/, '//').replace(/^[^/]*@/, '');
}
