import { TranscriptionError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';

type Verdict = readonly [kind: ErrorKind, retryable: boolean, message: string];

/** What is wrong with a certificate, by Node's code. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE_PROBLEMS: readonly (readonly [code: RegExp, text: string])[] = [
  [/CERT_HAS_EXPIRED|certificate has expired/, 'has expired; check the clock of this machine, or renew it'],
  [/CERT_NOT_YET_VALID|not yet valid/, 'is not yet valid; check the clock of this machine'],
  [/ERR_TLS_CERT_ALTNAME_INVALID|altnames/, 'is for another name; check the address'],
  [/CERT_REVOKED/, 'was revoked'],
  [
    /SELF_SIGNED|self.signed|UNABLE_TO_(VERIFY|GET)|unable to (verify|get)|CERT_UNTRUSTED|CERT_|certificate/,
    'is from an authority that Node does not trust; name the file of a private one in NODE_EXTRA_CA_CERTS before Node starts',
  ],
];

/** Browsers report only that a connection failed, for any reason. */
const UNKNOWN_IN_BROWSER =
  'the service cannot be reached, and the browser does not report why: check the network, the address, its certificate, and whether something answers HTTP 401 or 403 there';

/**
 * Turns a failed connection or a closed session into an error: its kind, whether to retry, and what to do.
 *
 * Codes 1008 and 3009 are used both for refused keys and for the limit on new sessions, so their text decides.
 *
 * @param wireCode A WebSocket close code, the code of an `Error` message, or an HTTP status; `undefined` if none came.
 * @param reason The text of the service or the network.
 * @param cause The original error, if any.
 * @param credential What was sent to authenticate.
 * @see https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures
 */
export function failure(
  wireCode: number | undefined,
  reason: string,
  cause?: unknown,
  credential: 'key' | 'token' = 'key',
): TranscriptionError {
  const [kind, retryable, message] = verdict(wireCode, oneLine(reason), cause, credential);
  const options = { retryable, ...(wireCode !== undefined && { wireCode }), ...(cause !== undefined && { cause }) };
  return new TranscriptionError(kind, message, options);
}

/** A text from outside, on one line. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function verdict(code: number | undefined, reason: string, cause: unknown, credential: 'key' | 'token'): Verdict {
  if (code === undefined) return networkVerdict(reason, cause);
  if (code >= 100 && code < 1000) return httpVerdict(code, credential);
  const text = reason === '' ? `close code ${code}` : reason;
  const [kind, retryable, message] = closeVerdict(code, text);
  return kind === 'unauthorized' && credential === 'token' && /refused the key/.test(message)
    ? [kind, retryable, tokenRefused(text)]
    : [kind, retryable, message];
}

function tokenRefused(text: string): string {
  const advice = /expired/i.test(text)
    ? 'pass token as a function, which is called for each connection'
    : 'it must be new and complete';
  return `the service refused the token: ${text}; ${advice}`;
}

function networkVerdict(reason: string, cause: unknown): Verdict {
  const { code } = Object(cause) as { code?: unknown };
  const clues = `${typeof code === 'string' ? code : ''} ${reason}`;
  const certificate = CERTIFICATE_PROBLEMS.find(([pattern]) => pattern.test(clues));
  if (certificate)
    return ['network', false, `the certificate of the service ${certificate[1]} (${reason || clues.trim()})`];
  if (/\bproxy\b/i.test(reason)) return ['network', true, reason];
  if (reason === '') return ['network', true, UNKNOWN_IN_BROWSER];
  return ['network', true, `the service cannot be reached: ${reason}; check the network and the address`];
}

function httpVerdict(status: number, credential: 'key' | 'token'): Verdict {
  const answer = `the service answered HTTP ${status}`;
  switch (status) {
    case 401:
      return [
        'unauthorized',
        false,
        `${answer}: the ${credential} was refused; check the ${credential === 'key' ? 'API key' : 'token'}`,
      ];
    case 403:
      return ['unauthorized', false, `${answer}: check the plan and the region of the ${credential}, and any proxy`];
    case 407:
      return [
        'network',
        false,
        `a proxy answered HTTP 407: it requires a user name and a password; add them to its address`,
      ];
    case 408:
      return ['network', true, `${answer}: it, or a proxy, waited too long for the request; try again`];
    case 414:
    case 431:
      return [
        'invalid-input',
        false,
        `${answer}: the address is too long; shorten prompt, agentContext, keytermsPrompt or llmGateway`,
      ];
    case 429:
      return ['rate-limited', true, `${answer}: too many new sessions; wait a minute`];
    default:
      break;
  }
  if (status >= 500) return ['service', true, `${answer}; try again later`];
  if (status >= 300 && status < 400) {
    return ['invalid-input', false, `${answer}, a redirect, which is not followed; use the address that it leads to`];
  }
  if (status < 300) return ['protocol', false, `${answer} instead of a WebSocket; check the address and any proxy`];
  return ['invalid-input', false, `${answer}: no streaming service at this address`];
}

function closeVerdict(code: number, reason: string): Verdict {
  const limited = /concurrent|too many|rate limit/i.test(reason);
  switch (code) {
    case 1000:
      return ['service', true, `the service ended the session without being asked (${reason})`];
    case 1001:
    case 1005:
    case 1006:
      return ['network', true, `the connection broke (${reason})`];
    case 1002:
    case 1003:
    case 1007:
      return ['protocol', false, `the service did not understand a message: ${reason}`];
    case 1008:
    case 3009:
    case 4102:
      if (limited || code !== 1008) return ['rate-limited', true, `too many sessions: ${reason}; wait a minute`];
      return policyVerdict(reason);
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

/** Close code 1008 has several meanings; only its text shows whether the key was refused. */
function policyVerdict(reason: string): Verdict {
  if (/\bparam|setting|\bInvalid '|speech_model|validation/i.test(reason)) {
    return ['invalid-input', false, `the service refused a setting: ${reason}`];
  }
  if (/unauthori[sz]ed|authori[sz]ation|\bkey\b|token|signature|credential|close code 1008/i.test(reason)) {
    return ['unauthorized', false, `the service refused the key: ${reason}; check the API key`];
  }
  return ['unauthorized', false, `the service refused the session: ${reason}`];
}
