import { describe, expect, it } from '@jest/globals';
import { failure } from '../../../src/streaming/failure.ts';

const LIMIT = 'Unauthorized Connection: Too many concurrent sessions';

describe('failure', () => {
  // wire code, what was said → kind, retryable (protocol reference: "Errors and close codes")
  it.each([
    [1000, 'Session Ended', 'service', true],
    [1001, '', 'network', true],
    [1006, '', 'network', true],
    [1007, 'bad text', 'protocol', false],
    [1008, 'Unauthorized Connection: Invalid API key', 'unauthorized', false],
    [1008, 'Unauthorized Connection: Signature has expired', 'unauthorized', false],
    [1008, LIMIT, 'rate-limited', true],
    [1009, '', 'audio-format', false],
    [1011, '', 'service', true],
    [1013, '', 'service', true],
    [3005, 'Session Cancelled: An error occurred', 'service', true],
    [3006, "User Input Validation Error: Invalid 'sample_rate': 7000", 'invalid-input', false],
    [3006, 'Session terminated due to inactivity: No messages received for 5 seconds', 'expired', true],
    [3007, 'Input Duration Error: Input Duration Violation: 33.3 ms.', 'audio-format', false],
    [3008, 'Session Expired: Maximum session duration exceeded', 'expired', true],
    [3009, LIMIT, 'rate-limited', true],
    [4001, 'Not Authorized', 'unauthorized', false],
    [4031, 'Session Timeout', 'expired', true],
    [4102, 'Too many streams', 'rate-limited', true],
    [401, 'Unexpected server response: 401', 'unauthorized', false],
    [403, 'Unexpected server response: 403', 'unauthorized', false],
    [404, 'Unexpected server response: 404', 'invalid-input', false],
    [429, 'Unexpected server response: 429', 'rate-limited', true],
    [503, 'Unexpected server response: 503', 'service', true],
    [undefined, 'connect ECONNREFUSED 127.0.0.1:1', 'network', true],
    [undefined, 'Streaming connection timed out after 10000ms', 'network', true],
    [undefined, 'self-signed certificate in certificate chain', 'network', false],
  ] as const)('reads %s %j as %s, retryable %s', (wireCode, reason, kind, retryable) => {
    const error = failure(wireCode, reason);

    expect(error).toMatchObject({ name: 'TranscriptionError', kind, retryable, wireCode });
    expect(error.code).toBe(`ERR_${kind.toUpperCase().replace('-', '_')}`);
    expect(error.message).not.toMatch(/\n/);
  });

  it('keeps the error underneath', () => {
    const cause = Object.assign(new Error('unable to verify the first certificate'), {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });

    expect(failure(undefined, cause.message, cause).cause).toBe(cause);
    expect('cause' in failure(1006, '')).toBe(false);
  });

  it('says what to do', () => {
    expect(failure(1008, 'Unauthorized Connection: Invalid API key').message).toBe(
      'the service refused the key: Unauthorized Connection: Invalid API key; check the API key',
    );
  });

  it.each([
    [1008, 'Unauthorized Connection: Invalid API key', 'it must be fresh and whole'],
    [
      1008,
      'Unauthorized Connection: Signature has expired',
      'give token as a function, which each connection asks for a new one',
    ],
  ])('knows a token from a key: %s %s', (wireCode, reason, advice) => {
    const { message } = failure(wireCode, reason, undefined, 'token');

    expect(message).toBe(`the service refused the token: ${reason}; ${advice}`);
  });

  it('admits that a browser tells nothing of a connection that failed', () => {
    const error = failure(undefined, '', new Error());

    expect(error).toMatchObject({ kind: 'network', retryable: true });
    expect(error.message).toMatch(
      /the browser does not tell why: check the network, the address, its certificate, .* 401/,
    );
  });
});
