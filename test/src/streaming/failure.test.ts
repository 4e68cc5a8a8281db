import { describe, expect, it } from '@jest/globals';
import { failure } from '../../../src/streaming/failure.ts';

const LIMIT = 'Unauthorized Connection: Too many concurrent sessions';

describe('failure', () => {
  // wire code, text → kind, retryable (protocol reference: "Errors and close codes")
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
    [302, '', 'invalid-input', false],
    [200, '', 'protocol', false],
    [407, '', 'network', false],
    [408, '', 'network', true],
    [414, '', 'invalid-input', false],
    [431, '', 'invalid-input', false],
    [1008, 'Invalid parameter: speech_model', 'invalid-input', false],
    [undefined, 'connect ECONNREFUSED 127.0.0.1:1', 'network', true],
    [undefined, 'Streaming connection timed out after 10000ms', 'network', true],
    [undefined, 'self-signed certificate in certificate chain', 'network', false],
  ] as const)('reads %s %j as %s, retryable %s', (wireCode, reason, kind, retryable) => {
    const error = failure(wireCode, reason);

    expect(error).toMatchObject({ name: 'TranscriptionError', kind, retryable, wireCode });
    expect(error.code).toBe(`ERR_${kind.toUpperCase().replace('-', '_')}`);
    expect(error.message).not.toMatch(/\n/);
  });

  it('keeps the original error', () => {
    const cause = Object.assign(new Error('unable to verify the first certificate'), {
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });

    expect(failure(undefined, cause.message, cause).cause).toBe(cause);
    expect('cause' in failure(1006, '')).toBe(false);
  });

  it('names what to do', () => {
    expect(failure(1008, 'Unauthorized Connection: Invalid API key').message).toBe(
      'the service refused the key: Unauthorized Connection: Invalid API key; check the API key',
    );
  });

  it.each([
    ['CERT_HAS_EXPIRED', 'certificate has expired', /has expired; check the clock of this machine/],
    ['CERT_NOT_YET_VALID', 'certificate is not yet valid', /is not yet valid; check the clock/],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      "Hostname/IP does not match certificate's altnames",
      /for another name; check the address/,
    ],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'self-signed certificate in certificate chain',
      /does not trust; .* NODE_EXTRA_CA_CERTS/,
    ],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', /NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', /NODE_EXTRA_CA_CERTS/],
  ])('explains the certificate problem %s', (code, reason, text) => {
    const error = failure(undefined, reason, Object.assign(new Error(reason), { code }));

    expect(error).toMatchObject({ kind: 'network', retryable: false });
    expect(error.message).toMatch(text);
  });

  it.each([
    [414, /the address is too long; shorten prompt, agentContext/],
    [302, /a redirect, which is not followed/],
    [407, /a proxy answered HTTP 407/],
    [1008, /the service refused the session: maintenance$/],
  ])('does not blame the key for %d', (wireCode, text) => {
    const { message } = failure(wireCode, 'maintenance');

    expect(message).toMatch(text);
    expect(message).not.toMatch(/API key/);
  });

  it.each([
    [1008, 'Unauthorized Connection: Invalid API key', 'it must be new and complete'],
    [
      1008,
      'Unauthorized Connection: Signature has expired',
      'pass token as a function, which is called for each connection',
    ],
  ])('names the token instead of the key: %s %s', (wireCode, reason, advice) => {
    const { message } = failure(wireCode, reason, undefined, 'token');

    expect(message).toBe(`the service refused the token: ${reason}; ${advice}`);
  });

  it('states that a browser reports no reason', () => {
    const error = failure(undefined, '', new Error());

    expect(error).toMatchObject({ kind: 'network', retryable: true });
    expect(error.message).toMatch(
      /the browser does not report why: check the network, the address, its certificate, .* 401/,
    );
  });
});
