import type { ClientRequest, OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { Proxy } from '../streaming/proxy.ts';

/** Sends a GET request through an agent, which the `fetch` of Node cannot, and fails as `fetch` does. */
export function fetchThrough({ agent, name }: Proxy, url: string, headers: OutgoingHttpHeaders): Promise<Response> {
  return new Promise((resolve, reject) => {
    let proxyStatus = 200;
    const fail = (cause: Error): void => reject(new TypeError(`no response through ${name}`, { cause }));
    const sent: ClientRequest = request(url, { agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', fail);
      response.once('end', () => {
        if (proxyStatus === 200) resolve(new Response(Buffer.concat(parts), { status: response.statusCode ?? 0 }));
        else fail(new Error(`HTTP ${proxyStatus}`));
      });
    });
    sent.once('proxyConnect', ({ statusCode }: { statusCode: number }) => (proxyStatus = statusCode));
    sent.once('error', fail).end();
  });
}
