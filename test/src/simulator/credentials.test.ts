import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Credentials } from '../../../src/simulator/credentials.ts';

const credentials = new Credentials('the key');

/** What `GET /v3/token` answers. */
function ask(query: string, authorization?: string): { status: number; body: { token?: string; detail?: unknown } } {
  const request = new IncomingMessage(new Socket());
  if (authorization !== undefined) request.headers.authorization = authorization;
  const response = new ServerResponse(request);
  let body = '';
  response.end = (chunk?: unknown) => {
    body = String(chunk);
    return response;
  };
  credentials.answer(request, new URLSearchParams(query), response);
  return { status: response.statusCode, body: JSON.parse(body) };
}

afterEach(() => {
  jest.useRealTimers();
});

describe('Credentials', () => {
  it('takes the key in the header, a token in either place, and nothing else', () => {
    const { token } = ask('expires_in_seconds=60', 'the key').body;
    expect(credentials.check('the key', undefined)).toEqual({ authorization: 'ok', capSeconds: 10_800 });
    expect(credentials.check(undefined, token)).toMatchObject({ authorization: 'ok' });
    expect(credentials.check(token, undefined)).toMatchObject({ authorization: 'ok' });
    expect(credentials.check(undefined, 'the key')).toMatchObject({ authorization: 'invalid' });
    expect(credentials.check('the kez', undefined)).toMatchObject({ authorization: 'invalid' });
    expect(credentials.check(undefined, `${token}x`)).toMatchObject({ authorization: 'invalid' });
    expect(credentials.check(undefined, undefined)).toMatchObject({ authorization: 'missing' });
  });

  it('lets a token expire, and open no more sessions then', () => {
    jest.useFakeTimers();
    const { token } = ask('expires_in_seconds=5&max_session_duration_seconds=60', 'the key').body;
    jest.advanceTimersByTime(5000);
    expect(credentials.check(undefined, token)).toEqual({ authorization: 'ok', capSeconds: 60 });
    jest.advanceTimersByTime(1);
    expect(credentials.check(undefined, token)).toEqual({
      authorization: 'invalid',
      message: 'Unauthorized Connection: Signature has expired',
    });
  });

  it('answers 422 with a detail to a request that is not well formed, a missing key included', () => {
    for (const [query, key] of [
      ['expires_in_seconds=60', undefined],
      ['', 'the key'],
      ['expires_in_seconds=0', 'the key'],
      ['expires_in_seconds=601', 'the key'],
      ['expires_in_seconds=60&max_session_duration_seconds=59', 'the key'],
      ['expires_in_seconds=60&max_session_duration_seconds=10801', 'the key'],
    ] as const) {
      expect(ask(query, key)).toMatchObject({ status: 422, body: { detail: [{ type: 'value_error' }] } });
    }
  });

  it('answers 401 to a wrong key, and takes the right one with Bearer here', () => {
    expect(ask('expires_in_seconds=60', 'nonsense').status).toBe(401);
    expect(ask('expires_in_seconds=60', 'Bearer the key')).toMatchObject({
      status: 200,
      body: { token: expect.any(String), expires_in_seconds: 60 },
    });
  });
});
