import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** Where it listens unless a host is given. */
export const LOOPBACK = '127.0.0.1';
const OF_LOOPBACK = new Set(['localhost', LOOPBACK, '[::1]']);
const EVERYWHERE = new Set(['0.0.0.0', '::']);

const HOST = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?$/;

/**
 * Whether a request was meant for this server, by its `Host`. A page of somebody else can have its own name lead to this
 * machine, but cannot make a browser say another name, nor have an address for a name.
 *
 * @param host What the user lets it listen on, if not loopback alone.
 */
export function isForUs(header: string | undefined, port: number, host: string | undefined): boolean {
  const [, name, said = '80'] = HOST.exec(header?.toLowerCase() ?? '') ?? [];
  if (name === undefined || Number(said) !== port) return false;
  return OF_LOOPBACK.has(name) || (host !== undefined && namesOf(host).includes(name)) || isAddressOf(name, host);
}

/** Where viewers reach a server that listens on a host: for all addresses of this machine, the first that others reach. */
export function reachable(host: string): string {
  return written(EVERYWHERE.has(host) ? (outerAddress() ?? hostname()) : host);
}

function namesOf(host: string): string[] {
  const own = hostname().toLowerCase();
  return [written(host.toLowerCase()), ...(EVERYWHERE.has(host) ? [own, `${own}.local`] : [])];
}

function isAddressOf(name: string, host: string | undefined): boolean {
  return host !== undefined && EVERYWHERE.has(host) && isIP(name.replaceAll(/[[\]]/g, '')) !== 0;
}

/** An address as it stands in a URL. */
function written(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function outerAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
