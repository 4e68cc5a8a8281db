import express from 'express';
import fastify from 'fastify';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tokenHandler } from '../../../src/tokens/index.ts';
import type { TokenHandlerOptions } from '../../../src/tokens/index.ts';

/** What was answered. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A server with a handler at `/token`, and a way to ask it as a page of its own would. */
export interface Place {
  /** `http://localhost:PORT`. */
  readonly origin: string;
  /** Asks, with POST and the page's own `Origin` unless told otherwise. */
  readonly ask: (how?: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }) => Promise<Answered>;
  readonly close: () => Promise<void>;
}

/** How the handler is put into each server. */
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
    return place(port, () => app.close());
  },
  fetch: async (options) => {
    const { fetch } = tokenHandler(options); // as a runtime takes it: by itself
    const origin = 'http://localhost:8080';
    return {
      origin,
      ask: async ({ method = 'POST', headers = { origin } } = {}) => {
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
} satisfies Record<string, (options: TokenHandlerOptions) => Promise<Place>>;

/** Starts a server on loopback. */
export async function listening(server: Server): Promise<Place> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return place(port, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
}

function place(port: number, close: () => Promise<unknown>): Place {
  const origin = `http://localhost:${port}`;
  return {
    origin,
    ask: ({ method = 'POST', headers = { origin } } = {}) => ask(port, method, headers),
    close: async () => void (await close()),
  };
}

/** Not by `fetch`, which has headers of its own. */
function ask(port: number, method: string, headers: Readonly<Record<string, string>>): Promise<Answered> {
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
