import express from 'express';
import fastify from 'fastify';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tokenHandler } from '../../../src/tokens/index.ts';
import type { TokenHandlerOptions } from '../../../src/tokens/index.ts';

/** A response. */
export interface TokenResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A server with a handler at `/token`, and a function that sends requests as a page of the server would. */
export interface TokenServer {
  /** `http://localhost:PORT`. */
  readonly origin: string;
  /** Sends a request, by default a POST with the page's own `Origin`. */
  readonly send: (options?: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }) => Promise<TokenResponse>;
  readonly close: () => Promise<void>;
}

/** Starts each kind of server with the handler. */
export const SERVERS = {
  'node:http': async (options) => listening(createServer(tokenHandler(options))),
  express: async (options) => {
    const app = express();
    app.use(express.json());
    app.all('/token', tokenHandler(options));
    return listening(createServer(app));
  },
  fastify: async (options) => {
    const tokens = tokenHandler(options);
    const app = fastify();
    app.all('/token', (request, reply) => {
      reply.hijack();
      return tokens(request.raw, reply.raw);
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    return tokenServer(port, () => app.close());
  },
  fetch: async (options) => {
    const { fetch } = tokenHandler(options); // without its object, as a runtime takes it
    const origin = 'http://localhost:8080';
    return {
      origin,
      send: async ({ method = 'POST', headers = { origin } } = {}) => {
        const response = await fetch(new Request(`${origin}/token`, { method, headers }));
        return {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          text: await response.text(),
        };
      },
      close: async () => {},
    };
  },
} satisfies Record<string, (options: TokenHandlerOptions) => Promise<TokenServer>>;

/** Starts a server on loopback. */
export async function listening(server: Server): Promise<TokenServer> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return tokenServer(port, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
}

function tokenServer(port: number, close: () => Promise<unknown>): TokenServer {
  const origin = `http://localhost:${port}`;
  return {
    origin,
    send: ({ method = 'POST', headers = { origin } } = {}) => send(port, method, headers),
    close: async () => void (await close()),
  };
}

/** Not `fetch`, because that adds headers. */
function send(port: number, method: string, headers: Readonly<Record<string, string>>): Promise<TokenResponse> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/token', method, agent: false };
    const request = httpRequest({ ...options, headers: { host: `localhost:${port}`, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.once('error', reject).end();
  });
}
