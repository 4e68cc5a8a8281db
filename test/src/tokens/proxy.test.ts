import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { startSimulator } from '../../../src/simulator/index.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { tokenHandler } from '../../../src/tokens/index.ts';
import type { TokenHandlerOptions } from '../../../src/tokens/index.ts';

const KEY = 'a-secret-key-0123456789';
const ORIGIN = 'http://localhost:8080';
const VARIABLES = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
];

describe('a proxy for token requests', () => {
  let service: Simulator;
  let streamingBaseUrl: string;
  let proxy: Server;
  let address: string;
  let requests: string[];
  let status: number;
  const sockets = new Set<Socket>();
  const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));

  beforeAll(async () => {
    service = await startSimulator({ caDir: process.env['RXSCRIBE_TEST_CA_DIR'] ?? '', apiKey: KEY });
    const { port } = new URL(service.url);
    streamingBaseUrl = `https://localhost:${port}`;
    proxy = createServer().on('connect', (request, socket: Socket) => {
      sockets.add(socket.on('error', () => {}));
      requests.push(request.url ?? '');
      if (status !== 200) {
        socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const onward = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      sockets.add(onward.on('error', () => socket.destroy()));
    });
    await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    for (const name of VARIABLES) delete process.env[name];
    requests = [];
    status = 200;
  });

  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([service.close(), new Promise((resolve) => void proxy.close(resolve))]);
  });

  const request = async (options: Partial<TokenHandlerOptions> = {}): Promise<Record<string, unknown>> => {
    const errors: string[] = [];
    const onError = ({ message }: Error): void => void errors.push(message);
    const { fetch } = tokenHandler({ apiKey: KEY, streamingBaseUrl, onError, ...options });
    const response = await fetch(new Request(`${ORIGIN}/token`, { method: 'POST', headers: { origin: ORIGIN } }));
    return { status: response.status, ...((await response.json()) as object), errors };
  };

  it('is used if HTTPS_PROXY names it', async () => {
    process.env['HTTPS_PROXY'] = address;

    expect(await request()).toMatchObject({ status: 200, token: expect.any(String), errors: [] });
    expect(requests).toEqual([new URL(streamingBaseUrl).host]);
  });

  it('is not used for a host that NO_PROXY names', async () => {
    process.env['HTTPS_PROXY'] = address;
    process.env['NO_PROXY'] = 'localhost';

    expect(await request()).toMatchObject({ status: 200, token: expect.any(String) });
    expect(requests).toEqual([]);
  });

  it('can be an agent', async () => {
    const agent = new HttpsProxyAgent(address);

    expect(await request({ agent })).toMatchObject({ status: 200, token: expect.any(String) });
    expect(requests).toHaveLength(1);
  });

  it('passes on that the service refused the key', async () => {
    process.env['HTTPS_PROXY'] = address;

    const { status: code, errors } = await request({ apiKey: 'another-key' });

    expect({ code, errors }).toEqual({
      code: 502,
      errors: [expect.stringMatching(/^no token: the service refused the key: .*; check the API key$/)],
    });
  });

  it('is named in the error if it refuses or cannot be reached, without its password', async () => {
    status = 407;
    process.env['HTTPS_PROXY'] = address.replace('//', '//user:secret@');
    const refused = await request();
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:1';
    const unreachable = await request();

    const reason = (name: string, text: string): string =>
      `no token: the service cannot be reached: no response through the proxy ${name} (${text}); check the network and the address`;
    expect(refused['errors']).toEqual([reason(address, 'HTTP 407')]);
    expect(unreachable['errors']).toEqual([reason('http://127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1')]);
  });

  it('must be an agent if it is an option', () => {
    expect(() => tokenHandler({ apiKey: KEY, agent: address as never })).toThrow(
      /agent must be an Agent of node:https, not /,
    );
  });
});
