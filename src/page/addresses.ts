import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** The default address to listen on. */
export const LOOPBACK = '127.0.0.1';
const LOOPBACK_NAMES = new Set(['localhost', LOOPBACK, '[::1]']);
const ALL_ADDRESSES = new Set(['0.0.0.0', '::']);

const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?$/;

/**
 * Whether the `Host` header names this server. A website can make its own name resolve to this machine, but the browser
 * then sends that name: only our names and, where allowed, addresses are accepted.
 *
 * @param host The host the server listens on, if not loopback only.
 */
export function isOwnHost(header: string | undefined, port: number, host: string | undefined): boolean {
  const [, name, headerPort = '80'] = HOST.exec(header?.toLowerCase() ?? '') ?? [];
  if (name === undefined || Number(headerPort) !== port) return false;
  return LOOPBACK_NAMES.has(name) || (host !== undefined && namesOf(host).includes(name)) || isAddressOf(name, host);
}

/** Returns the host for URLs of a server: if it listens on all addresses, the first one that others can reach. */
export function urlHost(host: string): string {
  return bracketed(ALL_ADDRESSES.has(host) ? (externalAddress() ?? hostname()) : host);
}

function namesOf(host: string): string[] {
  const own = hostname().toLowerCase();
  return [bracketed(host.toLowerCase()), ...(ALL_ADDRESSES.has(host) ? [own, `${own}.local`] : [])];
}

function isAddressOf(name: string, host: string | undefined): boolean {
  return host !== undefined && ALL_ADDRESSES.has(host) && isIP(name.replaceAll(/[[\]]/g, '')) !== 0;
}

/** An IPv6 address is in brackets in a URL. */
function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function externalAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
