import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isForUs } from './addresses.ts';
import type { Asset } from './assets.ts';
import { MOST_VIEWERS } from './viewers.ts';
import type { Viewers } from './viewers.ts';

/** What the page may do: run and fetch what is its own, and stand in a frame of its own. Nothing in line, nothing outside. */
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
  'cache-control': 'no-store',
};

/** What is served, and to whom. */
export interface House {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly viewers: Viewers;
  readonly host: string | undefined;
  readonly secret: string | undefined;
}

/** Answers a request: the page, how to set it up, their files, the events; nothing else, and nothing to strangers. */
export function answer(house: House, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const { method, headers, socket, url = '/' } = request;
  if (!isForUs(headers.host, socket.localPort ?? 0, house.host)) return refuse(response, 403, 'not for this server');
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host?.toLowerCase()}`) {
    return refuse(response, 403, 'not from another origin');
  }
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(response.setHeader('allow', 'GET, HEAD'), 405, 'GET or HEAD');
  const [path = '', query] = url.split(/\?(.*)/s);
  const place = placeOf(path, house.secret);
  if (place === undefined) return refuse(response, 404, 'not found');
  if (place === 'events') return watch(house, request, response, new URLSearchParams(query));
  const asset = house.assets.get(place);
  if (!asset) return refuse(response, 404, 'not found');
  response.writeHead(200, { 'content-type': asset.type, 'content-length': asset.body.length });
  response.end(method === 'HEAD' ? undefined : asset.body);
}

/** What a path leads to: it begins with the secret where there is one. */
function placeOf(path: string, secret: string | undefined): string | undefined {
  if (secret === undefined) return path.slice(1);
  const [, given = '', place] = /^\/([^/]*)\/(.*)$/s.exec(path) ?? [];
  return isSame(given, secret) ? place : undefined;
}

/** Compares in a time that tells nothing of where the two differ. */
function isSame(given: string, secret: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

function watch(
  { viewers }: House,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): void {
  if (viewers.size >= MOST_VIEWERS) return refuse(response, 503, `${MOST_VIEWERS} are looking on already`);
  if (method === 'HEAD') return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
  const known = headers['last-event-id'];
  viewers.add(response, typeof known === 'string' ? known : (query.get('since') ?? undefined));
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${why}\n`);
}
