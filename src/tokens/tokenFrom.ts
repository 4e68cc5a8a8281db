import { TranscriptionError } from '../errors.ts';
import type { ErrorKind } from '../errors.ts';
import { describeValue } from '../optionRules.ts';

/** How long an answer may take, in milliseconds, where the init has no signal. */
const TIMEOUT_MS = 15_000;

/**
 * Fetches tokens in a page, from wherever a `tokenHandler` answers: for the option `token` of `transcribe`, which asks for
 * one per connection.
 *
 * A failure is a typed error that says whether to try again: a network that is away, a limit and a service that fails are
 * `retryable`, a refusal is not.
 *
 * @example
 * import { transcribe } from 'rxscribe';
 * import { tokenFrom } from 'rxscribe/tokens';
 *
 * transcribe({ token: tokenFrom('/token'), speechModel: 'u3-rt-pro', sampleRate: 16_000 });
 *
 * @param url Where to ask.
 * @param init For `fetch`: the header of the app's login, say, or `credentials: 'include'` for another site.
 * @throws {TypeError} when the address is empty, or no string.
 */
export function tokenFrom(url: string | URL, init: RequestInit = {}): () => Promise<string> {
  if (!(url instanceof URL) && (typeof url !== 'string' || url === '')) {
    throw new TypeError(`url must be an address that is not empty, not ${describeValue(url)}`);
  }
  return async () => {
    const { status, ok, text } = await ask(url, init);
    const { token, error } = read(text);
    if (ok && typeof token === 'string' && token !== '') return token;
    const [kind, retryable] = verdict(status);
    const said = typeof error === 'string' ? error : 'without a token; is a tokenHandler there?';
    const message = `the server of tokens answered HTTP ${status}: ${said}`;
    throw new TranscriptionError(kind, message, { retryable, wireCode: status });
  };
}

interface Answered {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

async function ask(address: string | URL, init: RequestInit): Promise<Answered> {
  if (!URL.canParse(address, globalThis.location?.href)) {
    throw new TranscriptionError('invalid-input', 'the address of tokens is none that can be reached from here');
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(address, { method: 'POST', cache: 'no-store', signal, ...init });
    return { status: response.status, ok: response.ok, text: await response.text() };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the server of tokens cannot be reached: ${why}; check the network`;
    throw new TranscriptionError('network', message, { retryable: true, cause });
  }
}

/** What was answered; a page of some proxy or of a login is nothing. */
function read(text: string): { readonly token?: unknown; readonly error?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function verdict(status: number): readonly [kind: ErrorKind, retryable: boolean] {
  if (status === 401 || status === 403) return ['unauthorized', false];
  if (status === 429) return ['rate-limited', true];
  return status >= 500 ? ['service', true] : ['invalid-input', false];
}
