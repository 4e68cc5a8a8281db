import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { lastValueFrom, of, toArray } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import { proxyFor } from '../../../src/streaming/proxy.ts';
import { transcribe } from '../../../src/streaming/transcribe.ts';
import { connectProxy, withoutProxyVariables } from '../../support/connectProxy.ts';
import type { ConnectProxy } from '../../support/connectProxy.ts';
import { BEGIN, TERMINATION, isTerminate, scriptedService } from '../../support/scriptedService.ts';
import type { ScriptedService } from '../../support/scriptedService.ts';

describe('a proxy', () => {
  let service: ScriptedService;
  let proxy: ConnectProxy;
  let restore: () => void;

  beforeEach(async () => {
    restore = withoutProxyVariables();
    service = await scriptedService(({ socket, until }) => {
      socket.send(JSON.stringify(BEGIN));
      void until(isTerminate).then(() => socket.send(JSON.stringify(TERMINATION), () => socket.close(1000)));
    });
    proxy = await connectProxy(Number(new URL(service.url).port));
  });

  afterEach(async () => {
    restore();
    await Promise.all([service.close(), proxy.close()]);
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
    process.env[name] = proxy.address;

    expect((await events()).map(({ type }) => type)).toEqual(['Begin', 'Termination', 'Stats']);
    expect(proxy.requests).toEqual([`localhost:${new URL(service.url).port}`]);
  });

  it('is not used for a host that NO_PROXY names', async () => {
    process.env['HTTPS_PROXY'] = proxy.address;
    process.env['no_proxy'] = 'localhost';

    expect((await events()).map(({ type }) => type)).toEqual(['Begin', 'Termination', 'Stats']);
    expect(proxy.requests).toEqual([]);
  });

  it('can be an agent', async () => {
    expect((await events({ agent: new HttpsProxyAgent(proxy.address) })).map(({ type }) => type)).toContain(
      'Termination',
    );
    expect(proxy.requests).toHaveLength(1);
  });

  it('that refuses is named in the error, without its password', async () => {
    proxy.status = 407;
    process.env['HTTPS_PROXY'] = proxy.address.replace('//', '//user:secret@');

    const error = await events().catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      kind: 'network',
      message: `the proxy ${proxy.address} answered HTTP 407; add a user name and a password to its address`,
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
