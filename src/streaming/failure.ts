import { TranscriptionError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';

type Verdict = readonly [kind: ErrorKind, retryable: boolean, message: string];

const BAD_CERTIFICATE =
  /self.signed|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|CERT_|ERR_TLS|unable to (verify|get)|certificate/;

/** All that a browser says of a connection that was not made, whatever the reason, is that it failed. */
const UNTOLD =
  'the service cannot be reached, and the browser does not tell why: check the network, the address, its certificate, and whether something answers HTTP 401 or 403 there';

/**
 * Tells what a failed connection or a closed session means: which kind of error, and whether to try again.
 *
 * Codes 1008 and 3009 are shared by refused keys and by the limit on new sessions, so their text decides.
 *
 * @param wireCode A WebSocket close code, the code of an `Error` message, or an HTTP status; `undefined` if none came.
 * @param reason What the service or the network said.
 * @param cause The error underneath, if any.
 * @param credential What the connection came with.
 * @see https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures
 */
export function failure(
  wireCode: number | undefined,
  reason: string,
  cause?: unknown,
  credential: 'key' | 'token' = 'key',
): TranscriptionError {
  const [kind, retryable, message] = verdict(wireCode, reason.trim(), cause, credential);
  const options = { retryable, ...(wireCode !== undefined && { wireCode }), ...(cause !== undefined && { cause }) };
  return new TranscriptionError(kind, message, options);
}

function verdict(code: number | undefined, reason: string, cause: unknown, credential: 'key' | 'token'): Verdict {
  if (code === undefined) return networkVerdict(reason, cause);
  if (code < 1000) return httpVerdict(code);
  const said = reason === '' ? `close code ${code}` : reason;
  const [kind, retryable, message] = closeVerdict(code, said);
  return kind === 'unauthorized' && credential === 'token'
    ? [kind, retryable, tokenRefused(said)]
    : [kind, retryable, message];
}

function tokenRefused(said: string): string {
  const advice = /expired/i.test(said)
    ? 'give token as a function, which each connection asks for a new one'
    : 'it must be fresh and whole';
  return `the service refused the token: ${said}; ${advice}`;
}

function networkVerdict(reason: string, cause: unknown): Verdict {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (BAD_CERTIFICATE.test(`${String(code)} ${reason}`)) {
    return [
      'network',
      false,
      `the certificate of the service is not trusted (${reason}); a private CA goes into NODE_EXTRA_CA_CERTS before Node starts`,
    ];
  }
  if (reason === '') return ['network', true, UNTOLD];
  return ['network', true, `the service cannot be reached: ${reason}; check the network and the address`];
}

function httpVerdict(status: number): Verdict {
  const said = `the service answered HTTP ${status}`;
  if (status === 401) return ['unauthorized', false, `${said}: the key was refused; check the API key`];
  if (status === 403) return ['unauthorized', false, `${said}: check the key's plan and region, and any proxy`];
  if (status === 429) return ['rate-limited', true, `${said}: too many new sessions; wait a minute`];
  if (status >= 500) return ['service', true, `${said}; try again later`];
  return ['invalid-input', false, `${said}: no streaming service at this address`];
}

function closeVerdict(code: number, reason: string): Verdict {
  const limited = /concurrent|too many|rate limit/i.test(reason);
  switch (code) {
    case 1000:
      return ['service', true, `the service ended the session unasked (${reason})`];
    case 1001:
    case 1005:
    case 1006:
      return ['network', true, `the connection broke (${reason})`];
    case 1002:
    case 1003:
    case 1007:
      return ['protocol', false, `the service did not understand: ${reason}`];
    case 1008:
    case 3009:
    case 4102:
      if (limited || code !== 1008) return ['rate-limited', true, `too many sessions: ${reason}; wait a minute`];
      return ['unauthorized', false, `the service refused the key: ${reason}; check the API key`];
    case 4001:
    case 4002:
    case 4003:
      return ['unauthorized', false, `the service refused the account: ${reason}; check the API key and its plan`];
    case 3006:
      if (/inactivity/i.test(reason)) return ['expired', true, reason];
      return ['invalid-input', false, `the service refused a setting: ${reason}`];
    case 4000:
    case 4101:
      return ['invalid-input', false, `the service refused a setting: ${reason}`];
    case 1009:
    case 3007:
    case 4032:
    case 4033:
      return [
        'audio-format',
        false,
        `the service refused the audio: ${reason}; send 50 to 1000 ms a frame, in real time`,
      ];
    case 3008:
    case 4008:
    case 4031:
      return ['expired', true, `the session expired: ${reason}`];
    default:
      return ['service', true, `the service failed with code ${code}: ${reason}`];
  }
}
