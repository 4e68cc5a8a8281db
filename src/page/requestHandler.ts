import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isOwnHost } from './addresses.ts';
import type { Asset } from './assets.ts';
import { MAX_VIEWERS } from './viewers.ts';
import type { Viewers } from './viewers.ts';

/** The page runs and fetches its own files only, and only our own pages may frame it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Most headers of a request; browsers send about 15. */
const MAX_HEADERS = 100;

/** What requests are answered from. */
export interface RequestContext {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly viewers: Viewers;
  /** The host the server listens on, if not loopback only. */
  readonly host: string | undefined;
  /** The secret that every path begins with, if there is one. */
  readonly secret: string | undefined;
  /** Called with the connection of a request that knows the secret. */
  readonly onTrusted: (socket: Socket) => void;
}

/** Serves the page, its setup page, their files and the event stream. Everything else is refused. */
export function handleRequest(context: RequestContext, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const { method, headers, rawHeaders, socket, url = '/' } = request;
  if (rawHeaders.length > 2 * MAX_HEADERS) return refuse(response, 431, `more than ${MAX_HEADERS} headers`);
  if (!isOwnHost(headers.host, socket.localPort ?? 0, context.host)) {
    return refuse(response, 403, 'the Host header names a different server');
  }
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host?.toLowerCase()}`) {
    return refuse(response, 403, 'requests from other origins are refused');
  }
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(response.setHeader('allow', 'GET, HEAD'), 405, 'GET or HEAD');
  const [path = '', query] = url.split(/\?(.*)/s);
  const route = routeOf(path, context.secret);
  if (route === undefined) return refuse(response, 404, 'not found');
  context.onTrusted(socket);
  if (route === 'events') return streamEvents(context, request, response, new URLSearchParams(query));
  const asset = context.assets.get(route);
  if (!asset) return refuse(response, 404, 'not found');
  response.writeHead(200, { 'content-type': asset.type, 'content-length': asset.body.length });
  response.end(method === 'HEAD' ? undefined : asset.body);
}

/** Returns the part of a path after the secret; `undefined` without the right secret. */
function routeOf(path: string, secret: string | undefined): string | undefined {
  if (secret === undefined) return path.slice(1);
  const [, given = '', route] = /^\/([^/]*)\/(.*)$/s.exec(path) ?? [];
  return isSame(given, secret) ? route : undefined;
}

/** Compares in a time that does not depend on where the two differ. */
function isSame(given: string, secret: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

function streamEvents(
  { viewers }: RequestContext,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): void {
  if (viewers.size >= MAX_VIEWERS) return refuse(response, 503, `there are ${MAX_VIEWERS} viewers already`);
  if (method === 'HEAD') return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
  const known = headers['last-event-id'];
  viewers.add(response, typeof known === 'string' ? known : (query.get('since') ?? undefined));
}

/** Refuses a request and closes its connection, without reading the rest of the request. */
function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(`${reason}\n`);
}
