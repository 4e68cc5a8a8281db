import { isSecret } from '../streaming/credential.ts';
import { clientKey } from './clientKey.ts';
import { createToken } from './createToken.ts';
import { errorText } from './errorText.ts';
import type { Client, TokenRequest, TokenSettings } from './options.ts';
import { corsHeaders, isAllowedOrigin, mayBeRebound, preflightHeaders } from './origin.ts';
import type { RequestSource } from './origin.ts';
import { RateLimit } from './rateLimit.ts';
import { withTimeout } from './withTimeout.ts';

/** A request in the same form for every server. */
export interface EndpointRequest extends RequestSource {
  readonly method: string;
  /** The address of the connection, if the server knows it. */
  readonly address: string | undefined;
  /** The server's own request, passed to the hooks. */
  readonly request: TokenRequest;
}

/** A response in the same form for every server; the body is JSON. */
export interface EndpointResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What each hook must return. */
const EXPECTED = {
  allow: 'must return true or false',
  apiKey: 'must return only a key, without quotes or "Bearer"',
  clientOf: 'must return a string or nothing',
} as const;

/** Responds to requests for tokens, the same way for every server, and keeps the state of the rate limit. */
export class TokenEndpoint {
  readonly #settings: TokenSettings;
  readonly #limit: RateLimit;

  constructor(settings: TokenSettings) {
    this.#settings = settings;
    this.#limit = new RateLimit(settings.limit);
  }

  /** Responds to a request; never rejects. */
  async handle(request: EndpointRequest): Promise<EndpointResponse> {
    const cors = corsHeaders(request, this.#settings.origins);
    try {
      return await this.#decide(request, cors);
    } catch (error) {
      void this.#report(error as Error); // only our own errors are thrown here
      return refusal(500, 'no token: the server failed; its log may say why', cors);
    }
  }

  async #decide(request: EndpointRequest, cors: Readonly<Record<string, string>>): Promise<EndpointResponse> {
    const { apiKey, allow, clientOf, origins, expiresInSeconds } = this.#settings;
    if (request.method !== 'POST' && request.method !== 'OPTIONS') {
      return refusal(405, 'request a token with POST', { ...cors, allow: 'POST, OPTIONS' });
    }
    if (!origins && mayBeRebound(request)) {
      return refusal(403, 'pages of this host get no token; list their origin in the option origins', cors);
    }
    if (!isAllowedOrigin(request, origins)) return refusal(403, 'pages of this origin get no token', cors);
    if (request.method === 'OPTIONS') return response(204, '', { ...cors, ...preflightHeaders(request) });

    const client = clientOf
      ? await this.#callHook('clientOf', () => clientOf(request.request), isClient)
      : request.address;
    const seconds = this.#limit.take(await clientKey(client ?? ''));
    if (seconds > 0) {
      const headers = { ...cors, 'retry-after': String(seconds) };
      return refusal(429, `too many requests for tokens; try again in ${seconds} s`, headers);
    }
    if (allow && !(await this.#callHook('allow', () => allow(request.request), isBoolean))) {
      return refusal(403, 'not allowed to have a token; sign in first', cors);
    }
    const key = await this.#callHook('apiKey', apiKey, isSecret);
    try {
      const token = await createToken(key, this.#settings);
      return response(200, JSON.stringify({ token, expires_in_seconds: expiresInSeconds }), cors);
    } catch (error) {
      void this.#report(error as Error); // only our own errors are thrown here
      return refusal(502, 'no token: the transcription service refused or cannot be reached', cors);
    }
  }

  /** Calls a user-supplied hook and checks its result. */
  async #callHook<T>(
    name: keyof typeof EXPECTED,
    hook: () => unknown,
    isExpected: (result: unknown) => result is T,
  ): Promise<T> {
    const result = await withTimeout(this.#settings.timeout, (async () => hook())()).catch((cause: unknown) => {
      throw new Error(`${name} failed: ${errorText(cause)}`, { cause });
    });
    if (!isExpected(result)) throw new TypeError(`${name} ${EXPECTED[name]}, not ${typeof result}`);
    return result;
  }

  /** The page gets its response even if `onError` fails. */
  async #report(error: Error): Promise<void> {
    try {
      await this.#settings.onError(error);
    } catch {
      // there is no one left to report it to
    }
  }
}

function isBoolean(result: unknown): result is boolean {
  return typeof result === 'boolean';
}

function isClient(result: unknown): result is Client {
  return typeof result === 'string' || result === undefined || result === null;
}

function refusal(status: number, error: string, headers: Readonly<Record<string, string>>): EndpointResponse {
  return response(status, JSON.stringify({ error }), headers);
}

function response(status: number, body: string, headers: Readonly<Record<string, string>>): EndpointResponse {
  const type = body === '' ? {} : { 'content-type': 'application/json' };
  return { status, headers: { ...headers, ...type, 'cache-control': 'no-store' }, body };
}
