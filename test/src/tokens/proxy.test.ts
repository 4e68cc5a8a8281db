import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { startSimulator } from '../../../src/simulator/index.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { tokenHandler } from '../../../src/tokens/index.ts';
import type { TokenHandlerOptions } from '../../../src/tokens/index.ts';
import { connectProxy, withoutProxyVariables } from '../../support/connectProxy.ts';
import type { ConnectProxy } from '../../support/connectProxy.ts';

const KEY = 'a-secret-key-0123456789';
const ORIGIN = 'http://localhost:8080';

describe('a proxy for token requests', () => {
  let service: Simulator;
  let streamingBaseUrl: string;
  let proxy: ConnectProxy;
  let restore: () => void;

  beforeAll(async () => {
    service = await startSimulator({ caDir: process.env['RXSCRIBE_TEST_CA_DIR'] ?? '', apiKey: KEY });
    streamingBaseUrl = `https://${new URL(service.url).host}`;
  });

  beforeEach(async () => {
    restore = withoutProxyVariables();
    proxy = await connectProxy(Number(new URL(service.url).port));
  });

  afterEach(async () => {
    restore();
    await proxy.close();
  });

  afterAll(() => service.close());

  const request = async (options: Partial<TokenHandlerOptions> = {}): Promise<Record<string, unknown>> => {
    const errors: string[] = [];
    const onError = ({ message }: Error): void => void errors.push(message);
    const { fetch } = tokenHandler({ apiKey: KEY, streamingBaseUrl, onError, ...options });
    const response = await fetch(new Request(`${ORIGIN}/token`, { method: 'POST', headers: { origin: ORIGIN } }));
    return { status: response.status, ...((await response.json()) as object), errors };
  };

  it('is used if HTTPS_PROXY names it', async () => {
    process.env['HTTPS_PROXY'] = proxy.address;

    expect(await request()).toMatchObject({ status: 200, token: expect.any(String), errors: [] });
    expect(proxy.requests).toEqual([new URL(streamingBaseUrl).host]);
  });

  it('is not used for a host that NO_PROXY names', async () => {
    process.env['HTTPS_PROXY'] = proxy.address;
    process.env['NO_PROXY'] = 'localhost';

    expect(await request()).toMatchObject({ status: 200, token: expect.any(String) });
    expect(proxy.requests).toEqual([]);
  });

  it('can be an agent', async () => {
    const agent = new HttpsProxyAgent(proxy.address);

    expect(await request({ agent })).toMatchObject({ status: 200, token: expect.any(String) });
    expect(proxy.requests).toHaveLength(1);
  });

  it('passes on that the service refused the key', async () => {
    process.env['HTTPS_PROXY'] = proxy.address;

    const { status: code, errors } = await request({ apiKey: 'another-key' });

    expect({ code, errors }).toEqual({
      code: 502,
      errors: [expect.stringMatching(/^no token: the service refused the key: .*; check the API key$/)],
    });
  });

  it('is named in the error if it refuses or cannot be reached, without its password', async () => {
    proxy.status = 407;
    process.env['HTTPS_PROXY'] = proxy.address.replace('//', '//user:secret@');
    const refused = await request();
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:1';
    const unreachable = await request();

    const reason = (name: string, text: string): string =>
      `no token: the service cannot be reached: no response through the proxy ${name} (${text}); check the network and the address`;
    expect(refused['errors']).toEqual([reason(proxy.address, 'HTTP 407')]);
    expect(unreachable['errors']).toEqual([reason('http://127.0.0.1:1', 'connect ECONNREFUSED 127.0.0.1:1')]);
  });

  it('must be an agent if it is an option', () => {
    expect(() => tokenHandler({ apiKey: KEY, agent: proxy.address as never })).toThrow(
      /agent must be an Agent of node:https, not /,
    );
  });
});
