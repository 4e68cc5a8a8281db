import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { lastValueFrom, of, toArray } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import { proxyFor } from '../../../src/streaming/proxy.ts';
import { transcribe } from '../../../src/streaming/transcribe.ts';
import { BEGIN, TERMINATION, isTerminate, scriptedService } from '../../support/scriptedService.ts';
import type { ScriptedService } from '../../support/scriptedService.ts';

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

describe('a proxy', () => {
  let service: ScriptedService;
  let proxy: Server;
  let address: string;
  let requests: string[];
  let status: number;
  const sockets = new Set<Socket>();
  const before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));

  beforeEach(async () => {
    for (const name of VARIABLES) delete process.env[name];
    requests = [];
    status = 200;
    service = await scriptedService(({ socket, until }) => {
      socket.send(JSON.stringify(BEGIN));
      void until(isTerminate).then(() => socket.send(JSON.stringify(TERMINATION), () => socket.close(1000)));
    });
    const { port } = new URL(service.url);
    proxy = createServer().on('connect', (request, socket: Socket) => {
      sockets.add(socket);
      requests.push(request.url ?? '');
      socket.on('error', () => {});
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

  afterEach(async () => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    for (const socket of sockets) socket.destroy();
    await Promise.all([service.close(), new Promise((resolve) => void proxy.close(resolve))]);
  });

  function events(options: Partial<TranscribeOptions> = {}): Promise<TranscriptionEvent[]> {
    const { port } = new URL(service.url);
    const given = { apiKey: 'key', speechModel: 'universal-3-6-pro', sampleRate: 16_000, reconnect: false } as const;
    const websocketBaseUrl = `wss://localhost:${port}/v3/ws`;
    return lastValueFrom(
      of(new Uint8Array(3200)).pipe(transcribe({ ...given, websocketBaseUrl, ...options }), toArray()),
    );
  }

  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('named by %s carries the connection', async (name) => {
    process.env[name] = address;

    expect((await events()).map(({ type }) => type)).toEqual(['Begin', 'Termination', 'Stats']);
    expect(requests).toEqual([`localhost:${new URL(service.url).port}`]);
  });

  it('is not used for a host that NO_PROXY names', async () => {
    process.env['HTTPS_PROXY'] = address;
    process.env['no_proxy'] = 'localhost';

    expect((await events()).map(({ type }) => type)).toEqual(['Begin', 'Termination', 'Stats']);
    expect(requests).toEqual([]);
  });

  it('can be an agent', async () => {
    expect((await events({ agent: new HttpsProxyAgent(address) })).map(({ type }) => type)).toContain('Termination');
    expect(requests).toHaveLength(1);
  });

  it('that refuses is named in the error, without its password', async () => {
    status = 407;
    process.env['HTTPS_PROXY'] = address.replace('//', '//user:secret@');

    const error = await events().catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      kind: 'network',
      message: `the proxy ${address} answered HTTP 407; add a user name and a password to its address`,
    });
  });

  it('that cannot be reached is named in the error', async () => {
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:1';

    const error = await events().catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      kind: 'network',
      message: expect.stringContaining('cannot be reached through the proxy http://127.0.0.1:1: connect ECONNREFUSED'),
    });
  });

  it('must have an address of HTTP', async () => {
    process.env['HTTPS_PROXY'] = 'socks5://user:secret@localhost:1080';

    await expect(events()).rejects.toMatchObject({
      kind: 'invalid-input',
      message: 'HTTPS_PROXY or ALL_PROXY is not an http:// or https:// address',
    });
  });

  it('is taken for the default address, too', () => {
    process.env['HTTPS_PROXY'] = 'http://user:secret@proxy.example:3128';

    expect(proxyFor()?.name).toBe('the proxy http://proxy.example:3128');
  });
});
