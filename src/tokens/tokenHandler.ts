import type { NodeRequest, NodeResponse } from './nodeHttp.ts';
import { checkOptions } from './options.ts';
import type { TokenHandlerOptions, TokenRequest } from './options.ts';
import { TokenEndpoint } from './tokenEndpoint.ts';

/** Responds to requests for tokens: called itself by Node's http, Express and Fastify, its `fetch` by fetch runtimes. */
export interface TokenHandler<ServerRequest extends TokenRequest = TokenRequest> {
  /** The result may be awaited by servers that wait for their handlers; it never rejects. */
  (request: Extract<ServerRequest, NodeRequest>, response: NodeResponse): void;
  /** Needs no `this`, so it can be passed on by itself. */
  readonly fetch: (request: Extract<ServerRequest, Request>) => Promise<Response>;
}

/**
 * Creates a request handler that gives temporary tokens to pages, so that the key stays on the server.
 *
 * Tokens are requested with POST: no cache stores the response, no link, image or prefetch sends one, and browsers state the
 * page's origin with it. The method, the origin, the limit and `allow` are checked in this order; then the SDK requests the
 * token. Every response is JSON, `{ token, expires_in_seconds }` or `{ error }`, with `Cache-Control: no-store`.
 *
 * | What happens                                     | Status | `onError` |
 * | ------------------------------------------------ | ------ | --------- |
 * | a token                                          | 200    |           |
 * | a preflight of an allowed origin                 | 204    |           |
 * | an origin or a host that is not allowed          | 403    |           |
 * | `allow` returns false                            | 403    |           |
 * | another method                                   | 405    |           |
 * | the limit is exceeded; with `Retry-After`        | 429    |           |
 * | a hook throws, or returns something unexpected   | 500    | called    |
 * | the service refuses, or cannot be reached        | 502    | called    |
 *
 * The check of the origin keeps out pages of other sites only: any program can send any origin. Use `allow` to keep out
 * strangers. On loopback without TLS the host must be `localhost` or an IP address, because a foreign site could point its
 * own name there (DNS rebinding): behind a proxy on the same machine, set `origins`. A request whose body has not arrived
 * when the response is ready loses its connection; the handler never reads the body.
 *
 * @example
 * import { createServer } from 'node:http';
 * import { tokenHandler } from 'rxscribe/tokens';
 *
 * const tokens = tokenHandler({
 *   apiKey: process.env.ASSEMBLYAI_API_KEY,
 *   onError: (error) => console.error(error.message),
 * });
 * createServer(tokens).listen(8080);
 *
 * @throws {TypeError | RangeError} naming the option and its value, never the key.
 * @see https://www.assemblyai.com/docs/streaming/authenticate-with-a-temporary-token
 */
export function tokenHandler<ServerRequest extends TokenRequest = TokenRequest>(
  options: TokenHandlerOptions<ServerRequest>,
): TokenHandler<ServerRequest> {
  const endpoint = new TokenEndpoint(checkOptions(options));
  const handle = async (request: NodeRequest, response: NodeResponse): Promise<void> => {
    const { status, headers, body } = await endpoint.handle({
      method: request.method ?? '',
      header: (name) => request.headers[name]?.toString(),
      host: request.headers.host ?? '',
      isPlainLoopback: isPlainLoopback(request),
      address: request.socket.remoteAddress,
      request,
    });
    if (response.headersSent) return;
    // otherwise Node would read the rest of the body, however long, to keep the connection
    if (!request.complete && request.httpVersionMajor < 2) response.setHeader('connection', 'close');
    response.writeHead(status, headers).end(body);
  };
  const fetch = async (request: Request): Promise<Response> => {
    const { status, headers, body } = await endpoint.handle({
      method: request.method,
      header: (name) => request.headers.get(name) ?? undefined,
      host: new URL(request.url).host,
      address: undefined,
      request,
    });
    return new Response(status === 204 || request.method === 'HEAD' ? null : body, { status, headers });
  };
  // oxlint-disable-next-line typescript/no-misused-promises -- it never rejects, so it need not be awaited
  return Object.assign(handle, { fetch });
}

function isPlainLoopback({ socket }: NodeRequest): boolean {
  const address = socket.localAddress ?? '';
  return socket.encrypted !== true && /^(?:::ffff:)?127\.|^::1$/.test(address);
}
