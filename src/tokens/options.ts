import { checkOptionRules, isRecord, oneOf, describeValue, integer } from '../optionRules.ts';
import type { OptionRule } from '../optionRules.ts';
import { isSecret } from '../streaming/credential.ts';
import type { Secret } from '../streaming/credential.ts';
import type { ConnectionAgent, Region } from '../streaming/options.ts';
import type { NodeRequest } from './nodeHttp.ts';

/** The server's own request: an `IncomingMessage` in Node (as are those of Express), a `Request` in fetch runtimes. */
export type TokenRequest = NodeRequest | Request;

/** Which client a request counts for; requests without one count together. */
export type Client = string | null | undefined;

/** Who gets tokens, and what the tokens allow. */
export interface TokenHandlerOptions<ServerRequest extends TokenRequest = TokenRequest> {
  /** An API key, or a function that returns one and is called once per token. Required. */
  readonly apiKey: Secret | undefined;
  /** How long a token can open sessions, in seconds, 1 to 600. @defaultValue 60 */
  readonly expiresInSeconds?: number | undefined;
  /** How long a session opened with the token may last, in seconds, 60 to 10800. @defaultValue the service's, 10800 */
  readonly maxSessionDurationSeconds?: number | undefined;
  /** Returns whether this request gets a token: check the app's login here. @defaultValue every request does */
  readonly allow?: ((request: ServerRequest) => boolean | Promise<boolean>) | undefined;
  /**
   * Origins such as `https://app.example` whose pages may request tokens; pages of other sites may then read the response
   * and send cookies. Required behind a proxy on the same machine. @defaultValue only pages of the handler's own origin
   */
  readonly origins?: readonly string[] | undefined;
  /** Requests per minute and client, all of which may come at once; may be Infinity. @defaultValue 10 */
  readonly limit?: number | undefined;
  /**
   * Returns which client a request counts for: a user, or the address given by a trusted proxy. Requests for which it
   * returns nothing count together. @defaultValue the address of the connection; a `Request` of `fetch` has none
   */
  readonly clientOf?: ((request: ServerRequest) => Client | Promise<Client>) | undefined;
  /** Called with the reason, without the key, when a valid request gets no token. */
  readonly onError?: ((error: Error) => void | Promise<void>) | undefined;
  /** How long each hook may take, and then the service, in milliseconds. @defaultValue 10000 */
  readonly timeout?: number | undefined;
  /** The data zone in which the token opens sessions; not together with `streamingBaseUrl`. @defaultValue the nearest */
  readonly region?: Region | undefined;
  /** The address of another service, `https://…`. */
  readonly streamingBaseUrl?: string | undefined;
  /**
   * An `Agent` of `node:https` for requests to the service. Node only. @defaultValue one for the proxy in `HTTPS_PROXY`,
   * unless `NO_PROXY` names the host of the service
   */
  readonly agent?: ConnectionAgent | undefined;
}

/** Checked options, defaults applied. */
export interface TokenSettings {
  readonly apiKey: () => unknown;
  readonly streamingBaseUrl: string;
  readonly expiresInSeconds: number;
  readonly maxSessionDurationSeconds: number | undefined;
  readonly allow: ((request: TokenRequest) => unknown) | undefined;
  readonly origins: ReadonlySet<string> | undefined;
  readonly limit: number;
  readonly clientOf: ((request: TokenRequest) => unknown) | undefined;
  readonly onError: (error: Error) => void | Promise<void>;
  readonly timeout: number;
  readonly agent: ConnectionAgent | undefined;
}

/** Addresses at which tokens are created. @see https://www.assemblyai.com/docs/streaming/endpoints-and-data-zones */
const URL_OF_REGION: Readonly<Record<Region, string>> = {
  us: 'https://streaming.us.assemblyai.com',
  eu: 'https://streaming.eu.assemblyai.com',
};
const NEAREST = 'https://streaming.assemblyai.com';

const aFunction: OptionRule = { accepts: (value) => typeof value === 'function', expected: 'a function' };
const requests = integer(1, 1_000_000, 'requests per minute');

const RULES: Readonly<Record<keyof TokenHandlerOptions, OptionRule>> = {
  apiKey: {
    accepts: (value) => typeof value === 'function' || isSecret(value),
    expected: 'only a key, without quotes or "Bearer", or a function that returns one',
    hidden: true,
  },
  expiresInSeconds: integer(1, 600, 's'),
  maxSessionDurationSeconds: integer(60, 10_800, 's'),
  allow: aFunction,
  origins: {
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every(isOrigin),
    expected: 'a list of origins such as "https://app.example"',
  },
  limit: {
    ...requests,
    accepts: (value) => value === Infinity || requests.accepts(value),
    expected: `${requests.expected} or Infinity`,
  },
  clientOf: aFunction,
  onError: aFunction,
  timeout: integer(1, 2 ** 30, 'ms'),
  region: oneOf('us', 'eu'),
  streamingBaseUrl: { accepts: isAddress, expected: 'an https:// address without a query' },
  agent: { accepts: isAgent, expected: 'an Agent of node:https' },
};

/**
 * Checks the options of `tokenHandler()`.
 *
 * @throws {TypeError | RangeError} naming the option and its value (never a key) and what is accepted.
 */
export function checkOptions<ServerRequest extends TokenRequest>(
  options: TokenHandlerOptions<ServerRequest>,
): TokenSettings {
  if (!isRecord(options)) throw new TypeError(`options must be an object, not ${describeValue(options)}`);
  checkOptionRules(options, RULES);
  const { apiKey, region, streamingBaseUrl, origins } = options;
  if (apiKey === undefined) throw new TypeError('apiKey is missing; there is no default');
  if (region !== undefined && streamingBaseUrl !== undefined) {
    throw new TypeError('give region or streamingBaseUrl, not both');
  }
  const zone = region === undefined ? NEAREST : URL_OF_REGION[region];
  return {
    apiKey: typeof apiKey === 'function' ? apiKey : () => apiKey,
    streamingBaseUrl: (streamingBaseUrl ?? zone).replace(/\/+$/, ''),
    expiresInSeconds: options.expiresInSeconds ?? 60,
    maxSessionDurationSeconds: options.maxSessionDurationSeconds,
    allow: options.allow as TokenSettings['allow'], // each form of the handler receives only its own kind of request
    origins: origins && new Set(origins),
    limit: options.limit ?? 10,
    clientOf: options.clientOf as TokenSettings['clientOf'],
    onError: options.onError ?? (() => {}),
    timeout: options.timeout ?? 10_000,
    agent: options.agent,
  };
}

function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

function isAgent(value: unknown): boolean {
  return isRecord(value) && typeof value['addRequest'] === 'function';
}

function isAddress(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, search, hash, username, password } = new URL(value);
  return protocol === 'https:' && `${search}${hash}${username}${password}` === '';
}
