import { TranscriptionError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';
import { describeValue } from '../optionRules.ts';

/** How long a response may take, in milliseconds, unless the init has a signal. */
const TIMEOUT_MS = 15_000;

/**
 * Fetches tokens in a page from the address of a `tokenHandler`. Pass the result as the option `token` of `transcribe`,
 * which calls it once per connection.
 *
 * A failure is a `TranscriptionError`: it is `retryable` if the network is away, the limit is exceeded or the service fails,
 * and not if the request is refused.
 *
 * @example
 * import { transcribe } from 'rxscribe';
 * import { tokenFrom } from 'rxscribe/tokens';
 *
 * transcribe({ token: tokenFrom('/token'), speechModel: 'universal-3-6-pro', sampleRate: 16_000 });
 *
 * @param url The address of the handler.
 * @param init For `fetch`: for example the header of the app's login, or `credentials: 'include'` for another site.
 * @throws {TypeError} when the address is empty or not a string.
 */
export function tokenFrom(url: string | URL, init: RequestInit = {}): () => Promise<string> {
  if (!(url instanceof URL) && (typeof url !== 'string' || url === '')) {
    throw new TypeError(`url must be an address that is not empty, not ${describeValue(url)}`);
  }
  return async () => {
    const { status, ok, text } = await post(url, init);
    const { token, error } = parse(text);
    if (ok && typeof token === 'string' && token !== '') return token;
    const [kind, retryable] = classify(status);
    const reason = typeof error === 'string' ? error : 'the response has no token; is a tokenHandler at that address?';
    const message = `the token server answered HTTP ${status}: ${reason}`;
    throw new TranscriptionError(kind, message, { retryable, wireCode: status });
  };
}

interface TokenResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

async function post(address: string | URL, init: RequestInit): Promise<TokenResponse> {
  if (!URL.canParse(address, globalThis.location?.href)) {
    throw new TranscriptionError('invalid-input', 'the address of the token server is invalid here: give a full URL');
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(address, { method: 'POST', cache: 'no-store', signal, ...init });
    return { status: response.status, ok: response.ok, text: await response.text() };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `the token server cannot be reached: ${reason}; check the network`;
    throw new TranscriptionError('network', message, { retryable: true, cause });
  }
}

/** Parses the response; the page of a proxy or of a login is not JSON and yields nothing. */
function parse(text: string): { readonly token?: unknown; readonly error?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function classify(status: number): readonly [kind: ErrorKind, retryable: boolean] {
  if (status === 401 || status === 403) return ['unauthorized', false];
  if (status === 429) return ['rate-limited', true];
  return status >= 500 ? ['service', true] : ['invalid-input', false];
}
