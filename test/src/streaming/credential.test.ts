import { describe, expect, it } from '@jest/globals';
import { TranscriptionError } from '../../../src/errors.ts';
import { credentialOf } from '../../../src/streaming/credential.ts';

describe('credentialOf', () => {
  it('gives what it was given, or asks for it anew each time', async () => {
    let asked = 0;
    const fixed = credentialOf({ apiKey: 'a-key' });
    const fresh = credentialOf({ token: () => `token-${++asked}` });

    expect([fixed.freshCredential, await fixed.credential(), await fixed.credential()]).toEqual([
      false,
      { apiKey: 'a-key' },
      { apiKey: 'a-key' },
    ]);
    expect([fresh.freshCredential, await fresh.credential(), await fresh.credential()]).toEqual([
      true,
      { token: 'token-1' },
      { token: 'token-2' },
    ]);
  });

  it.each([
    ['token', 'the token function failed: Failed to fetch'],
    ['apiKey', 'the key function failed: Failed to fetch'],
  ])('may be tried again when the function for the %s could not reach its server', async (name, message) => {
    const cause = new TypeError('Failed to fetch'); // so says fetch when it is offline

    await expect(credentialOf({ [name]: () => Promise.reject(cause) }).credential()).rejects.toMatchObject({
      kind: 'unauthorized',
      retryable: true,
      message,
      cause,
    });
  });

  it('leaves it to the function whether to try again', async () => {
    const error = new TranscriptionError('unauthorized', 'log in first');

    await expect(credentialOf({ token: () => Promise.reject(error) }).credential()).rejects.toBe(error);
  });

  it.each([
    [undefined, 'token must be a string or a function, not undefined'],
    ['', 'token is empty; give it alone, without quotes or "Bearer"'],
    ['{"token": "t"}', 'token contains a space or a line break; give it alone, without quotes or "Bearer"'],
  ])('fails for good when the function returns %j', async (made, why) => {
    const token = (): string => made as string;

    await expect(credentialOf({ token }).credential()).rejects.toMatchObject({
      retryable: false,
      message: `the token function failed: ${why}`,
    });
  });

  it.each([
    [{}, 'apiKey is missing'],
    [{ apiKey: 'a-key', token: 'a-token' }, 'give apiKey or token, not both'],
    [{ token: 'Bearer secret' }, 'token contains a space'],
    [{ token: 'secret…' }, 'token contains a character that neither a key nor a token has'],
  ])('refuses %j at once, without showing it', (options, message) => {
    expect(() => credentialOf(options)).toThrow(TypeError);
    expect(() => credentialOf(options)).toThrow(message);
    expect(() => credentialOf(options)).not.toThrow(/secret/);
  });
});
