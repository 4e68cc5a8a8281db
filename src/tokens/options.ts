import type { IncomingMessage } from 'node:http';
import { checkOptionRules, isRecord, oneOf, describeValue, integer } from '../optionRules.ts';
import type { OptionRule } from '../optionRules.ts';
import { isSecret } from '../streaming/credential.ts';
import type { Secret } from '../streaming/credential.ts';
import type { Region } from '../streaming/options.ts';

/** A request as the server has it: Node's (Express's is one of these), or that of `fetch`. */
export type TokenRequest = IncomingMessage | Request;

/** Whom a request is counted to; nothing counts as one, too. */
export type Client = string | null | undefined;

/** How `tokenHandler()` decides, and what the tokens are good for. */
export interface TokenHandlerOptions<Asked extends TokenRequest = TokenRequest> {
  /** An API key, or a function that returns one; it is asked once per token. There is no default. */
  readonly apiKey: Secret | undefined;
  /** How long a token opens sessions, in seconds, 1 to 600. @defaultValue 60 */
  readonly expiresInSeconds?: number | undefined;
  /** How long a session opened with it may last, in seconds, 60 to 10800. @defaultValue the service's, 10800 */
  readonly maxSessionDurationSeconds?: number | undefined;
  /** Whether this request gets a token: the app's own login. @defaultValue all do */
  readonly allow?: ((request: Asked) => boolean | Promise<boolean>) | undefined;
  /**
   * Whose pages may ask: origins such as `https://app.example`; those of other sites may then read the answer, and send
   * cookies. @defaultValue pages of the address that is asked
   */
  readonly origins?: readonly string[] | undefined;
  /** Requests per minute and client, as many at once; may be Infinity. @defaultValue 10 */
  readonly limit?: number | undefined;
  /**
   * Whom to count a request to: a user, or the address that a trusted proxy tells. Requests for which it tells nothing
   * count together. @defaultValue the address of the connection; a `Request` of `fetch` tells none
   */
  readonly clientOf?: ((request: Asked) => Client | Promise<Client>) | undefined;
  /** Told why there was no token where that is no fault of the request; without the key. */
  readonly onError?: ((error: Error) => void | Promise<void>) | undefined;
  /** How long each function here may take, and then the service, in milliseconds. @defaultValue 10000 */
  readonly timeout?: number | undefined;
  /** The data zone whose sessions the token opens; instead of `streamingBaseUrl`. @defaultValue the nearest */
  readonly region?: Region | undefined;
  /** Another service, `https://…`. */
  readonly streamingBaseUrl?: string | undefined;
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
}

/** Where tokens are made. @see https://www.assemblyai.com/docs/streaming/endpoints-and-data-zones */
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
    expected: 'a key by itself, without quotes or "Bearer", or a function that returns one',
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
};

/**
 * Checks the options of `tokenHandler()`.
 *
 * @throws {TypeError | RangeError} naming the option and its value (never a key's) and what it takes.
 */
export function checkOptions<Asked extends TokenRequest>(options: TokenHandlerOptions<Asked>): TokenSettings {
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
    allow: options.allow as TokenSettings['allow'], // each form of the handler is only given the requests it is for
    origins: origins && new Set(origins),
    limit: options.limit ?? 10,
    clientOf: options.clientOf as TokenSettings['clientOf'],
    onError: options.onError ?? (() => {}),
    timeout: options.timeout ?? 10_000,
  };
}

function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

function isAddress(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, search, hash, username, password } = new URL(value);
  return protocol === 'https:' && `${search}${hash}${username}${password}` === '';
}
