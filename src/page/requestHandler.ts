import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isOwnHost } from './addresses.ts';
import { TRANSCRIPT } from './assets.ts';
import type { Asset } from './assets.ts';
import type { SpeakerNames } from './client/viewState.ts';
import { SPEAKER_NAMES, areSpeakerNames } from './speakerNames.ts';
import type { TranscriptFiles } from './transcriptFiles.ts';
import type { Scope } from './turnHistory.ts';
import type { RoomPages } from './roomPages.ts';
import { MAX_VIEWERS } from './viewers.ts';
import type { Viewers } from './viewers.ts';

/** The page runs and fetches its own files only. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Most headers of a request; browsers send about 15. */
const MAX_HEADERS = 100;
/** Largest body of a request, in bytes: the names of all speakers. */
const MAX_BODY = 65_536;
const TEXT = 'text/plain; charset=utf-8';

/** What requests are answered from. */
export interface RequestContext {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly viewers: Viewers;
  /** The pages of rooms, if there are any. */
  readonly roomPages: RoomPages | undefined;
  /** The host the server listens on, if not loopback only. */
  readonly host: string | undefined;
  /** The secret that every path begins with, if there is one. */
  readonly secret: string | undefined;
  /** The secret of the operator, who may name speakers. */
  readonly operatorKey: string;
  /** Origins whose pages may show the captions in a frame. */
  readonly embedIn: readonly string[];
  readonly files: TranscriptFiles;
  /** Called with new names of speakers. */
  readonly onNames: (names: SpeakerNames) => void;
  /** Called with the connection of a request that knows the secret. */
  readonly onTrusted: (socket: Socket) => void;
}

/** Serves the pages, their files, the event stream and the transcript, and takes names. Everything else is refused. */
export function handleRequest(context: RequestContext, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  allowFrames(response, []);
  const { method, headers, rawHeaders, socket, url = '/' } = request;
  if (rawHeaders.length > 2 * MAX_HEADERS) return refuse(response, 431, `more than ${MAX_HEADERS} headers`);
  if (!isOwnHost(headers.host, socket.localPort ?? 0, context.host)) {
    return refuse(response, 403, 'the Host header names a different server');
  }
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host?.toLowerCase()}`) {
    return refuse(response, 403, 'requests from other origins are refused');
  }
  const [path = '', query] = url.split(/\?(.*)/s);
  const route = routeOf(path, context.secret);
  if (route === 'names' && method === 'POST') return void takeNames(context, request, response);
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(response.setHeader('allow', 'GET, HEAD'), 405, 'GET or HEAD');
  if (route === undefined) return refuse(response, 404, 'not found');
  context.onTrusted(socket);
  const [, room, file = ''] = (context.roomPages && /^r\/([^/]+)(?:\/(.*))?$/s.exec(route)) ?? [];
  if (room === undefined) return servePage(context, request, response, { route, query });
  // relative addresses in the page need the slash
  if (!route.includes('/', 'r/'.length)) return void response.writeHead(308, { location: `${path}/` }).end();
  const page = context.roomPages?.pageOf(room);
  if (!page) return refuse(response, 404, 'not found');
  return servePage({ ...context, ...page }, request, response, { route: file, query });
}

/** Serves what belongs to one page. */
function servePage(
  context: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
  { route, query }: { readonly route: string; readonly query: string | undefined },
): void {
  const parameters = new URLSearchParams(query);
  const isTranscript = parameters.get('view') === 'transcript';
  if (route === 'events') {
    return streamEvents(context, request, response, isTranscript ? 'transcript' : 'captions', parameters);
  }
  if (route === '') allowFrames(response, context.embedIn);
  const asset = context.assets.get(route === '' && isTranscript ? TRANSCRIPT : route) ?? fileOf(context, route);
  if (!asset) return refuse(response, 404, 'not found');
  if (asset.fileName !== undefined) {
    response.setHeader('content-disposition', `attachment; filename="${asset.fileName}"`);
  }
  response.writeHead(200, { 'content-type': asset.type, 'content-length': asset.body.length });
  response.end(request.method === 'HEAD' ? undefined : asset.body);
}

/** Only our own pages, and those of the given origins, may frame a page. */
function allowFrames(response: ServerResponse, origins: readonly string[]): void {
  response.setHeader('content-security-policy', `${POLICY}; frame-ancestors ${["'self'", ...origins].join(' ')}`);
}

function fileOf({ files }: RequestContext, route: string): Asset | undefined {
  const text = files.read(route);
  return text === undefined ? undefined : { type: TEXT, body: Buffer.from(text), fileName: route };
}

/** Takes the names of speakers, as JSON, from a request with the key of the operator. */
async function takeNames(
  { operatorKey, onNames }: RequestContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const key = request.headers['x-operator-key'];
  if (typeof key !== 'string' || !isSame(key, operatorKey))
    return refuse(response, 403, 'only the operator can do this');
  const names = parseJson(await readBody(request));
  if (!areSpeakerNames(names)) return refuse(response, 400, SPEAKER_NAMES);
  onNames(names);
  response.writeHead(204).end();
}

/** Reads a body as text; an empty one if it is too long or breaks off. */
async function readBody(request: IncomingMessage): Promise<string> {
  let [body, size] = ['', 0];
  try {
    for await (const piece of request.setEncoding('utf8')) {
      size += String(piece).length;
      if (size > MAX_BODY) return '';
      body += String(piece);
    }
  } catch {
    return '';
  }
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
  scope: Scope,
  parameters: URLSearchParams,
): void {
  if (viewers.size >= MAX_VIEWERS) return refuse(response, 503, `there are ${MAX_VIEWERS} viewers already`);
  if (method === 'HEAD') return void response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
  const known = headers['last-event-id'];
  viewers.add(response, scope, typeof known === 'string' ? known : (parameters.get('since') ?? undefined));
}

/** Refuses a request and closes its connection, without reading the rest of the request. */
function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { 'content-type': TEXT, connection: 'close' }).end(`${reason}\n`);
}
