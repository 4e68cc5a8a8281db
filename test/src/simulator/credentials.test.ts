import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Credentials } from '../../../src/simulator/credentials.ts';

const credentials = new Credentials('the key');

/** The response to `GET /v3/token`. */
function requestToken(
  query: string,
  authorization?: string,
): { status: number; body: { token?: string; detail?: unknown } } {
  const request = new IncomingMessage(new Socket());
  if (authorization !== undefined) request.headers.authorization = authorization;
  const response = new ServerResponse(request);
  let body = '';
  response.end = (chunk?: unknown) => {
    body = String(chunk);
    return response;
  };
  credentials.handleTokenRequest(request, new URLSearchParams(query), response);
  return { status: response.statusCode, body: JSON.parse(body) };
}

afterEach(() => {
  jest.useRealTimers();
});

describe('Credentials', () => {
  it('accepts the key in the header and a token in either place', () => {
    const { token } = requestToken('expires_in_seconds=60', 'the key').body;
    expect(credentials.check('the key', undefined)).toEqual({ authorization: 'ok', maxSeconds: 10_800 });
    expect(credentials.check(undefined, token)).toMatchObject({ authorization: 'ok' });
    expect(credentials.check(token, undefined)).toMatchObject({ authorization: 'ok' });
    expect(credentials.check(undefined, 'the key')).toMatchObject({ authorization: 'invalid' });
    expect(credentials.check('the kez', undefined)).toMatchObject({ authorization: 'invalid' });
    expect(credentials.check(undefined, `${token}x`)).toMatchObject({ authorization: 'invalid' });
    expect(credentials.check(undefined, undefined)).toMatchObject({ authorization: 'missing' });
  });

  it('refuses a token that has expired', () => {
    jest.useFakeTimers();
    const { token } = requestToken('expires_in_seconds=5&max_session_duration_seconds=60', 'the key').body;
    jest.advanceTimersByTime(5000);
    expect(credentials.check(undefined, token)).toEqual({ authorization: 'ok', maxSeconds: 60 });
    jest.advanceTimersByTime(1);
    expect(credentials.check(undefined, token)).toEqual({
      authorization: 'invalid',
      message: 'Unauthorized Connection: Signature has expired',
    });
  });

  it('responds 422 with details to an invalid request, or one without a key', () => {
    for (const [query, key, detail] of [
      [
        'expires_in_seconds=60',
        undefined,
        { type: 'missing', loc: ['header', 'authorization'], msg: 'Field required' },
      ],
      ['', 'the key', { type: 'missing', loc: ['query', 'expires_in_seconds'] }],
      [
        'expires_in_seconds=0',
        'the key',
        {
          type: 'greater_than_equal',
          loc: ['query', 'expires_in_seconds'],
          msg: 'Input should be greater than or equal to 1',
          input: '0',
          ctx: { ge: 1 },
        },
      ],
      ['expires_in_seconds=601', 'the key', { type: 'less_than_equal', ctx: { le: 600 } }],
      ['expires_in_seconds=x', 'the key', { type: 'int_parsing', input: 'x' }],
      [
        'expires_in_seconds=60&max_session_duration_seconds=59',
        'the key',
        { type: 'greater_than_equal', ctx: { ge: 60 } },
      ],
      ['expires_in_seconds=60&max_session_duration_seconds=10801', 'the key', { ctx: { le: 10_800 } }],
    ] as const) {
      expect(requestToken(query, key)).toMatchObject({ status: 422, body: { detail: [detail] } });
    }
  });

  it('responds 401 to a wrong key, and accepts the right one with Bearer', () => {
    expect(requestToken('expires_in_seconds=60', 'nonsense').status).toBe(401);
    expect(requestToken('expires_in_seconds=60', 'Bearer the key')).toMatchObject({
      status: 200,
      body: { token: expect.any(String), expires_in_seconds: 60 },
    });
  });
});
