import type { IncomingMessage, ServerResponse } from 'node:http';
import { Desk } from './desk.ts';
import { checkOptions } from './options.ts';
import type { TokenHandlerOptions, TokenRequest } from './options.ts';

/** Answers requests for tokens: itself those of Node's http, Express and Fastify, its `fetch` those of fetch runtimes. */
export interface TokenHandler<Asked extends TokenRequest = TokenRequest> {
  /** What it returns may be awaited by servers that wait for their handlers, and never rejects. */
  (request: Extract<Asked, IncomingMessage>, response: ServerResponse): void;
  /** As it is, wherever it is passed to. */
  readonly fetch: (request: Extract<Asked, Request>) => Promise<Response>;
}

/**
 * Makes a handler that gives temporary tokens to pages, so that the key stays on the server.
 *
 * It takes POST: what answers a POST is kept by no cache and asked for by no link, image or prefetch, and browsers tell
 * with it where it comes from. A request passes, in this order, the checks of method, origin, limit and `allow`; then the
 * SDK asks the service. Every answer is JSON, `{ token, expires_in_seconds }` or `{ error }`, with `Cache-Control: no-store`.
 *
 * | What happens                              | Status | `onError` |
 * | ----------------------------------------- | ------ | --------- |
 * | a token                                   | 200    |           |
 * | a preflight of an allowed origin          | 204    |           |
 * | an origin that is not allowed, or none    | 403    |           |
 * | `allow` tells false                       | 403    |           |
 * | another method                            | 405    |           |
 * | the limit, with `Retry-After`             | 429    |           |
 * | a hook throws, or tells something else    | 500    | told      |
 * | the service refuses, or is out of reach   | 502    | told      |
 *
 * The origin keeps pages of other sites out, and nobody else: any program can claim any. What keeps strangers out is `allow`.
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
export function tokenHandler<Asked extends TokenRequest = TokenRequest>(
  options: TokenHandlerOptions<Asked>,
): TokenHandler<Asked> {
  const desk = new Desk(checkOptions(options));
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, headers, body } = await desk.answer({
      method: request.method ?? '',
      header: (name) => request.headers[name]?.toString(),
      host: request.headers.host ?? '',
      address: request.socket.remoteAddress,
      request,
    });
    if (!response.headersSent) response.writeHead(status, headers).end(body);
  };
  const fetch = async (request: Request): Promise<Response> => {
    const { status, headers, body } = await desk.answer({
      method: request.method,
      header: (name) => request.headers.get(name) ?? undefined,
      host: new URL(request.url).host,
      address: undefined,
      request,
    });
    return new Response(status === 204 || request.method === 'HEAD' ? null : body, { status, headers });
  };
  // oxlint-disable-next-line typescript/no-misused-promises -- whoever does not wait for it misses no rejection
  return Object.assign(handle, { fetch });
}
