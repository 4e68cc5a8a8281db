import { isSecret } from '../streaming/credential.ts';
import { Limit } from './limit.ts';
import { mint, oneLine } from './mint.ts';
import type { Client, TokenRequest, TokenSettings } from './options.ts';
import { mayAsk, preflight, sharedWith } from './origin.ts';
import type { Sender } from './origin.ts';
import { within } from './within.ts';

/** A request, of whichever server. */
export interface Visit extends Sender {
  readonly method: string;
  /** The address of the connection, where the server tells it. */
  readonly address: string | undefined;
  /** The request itself, for the hooks. */
  readonly request: TokenRequest;
}

/** What is answered; the body is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the functions of an app have to tell. */
const EXPECTED = {
  allow: 'must tell true or false',
  apiKey: 'must tell a key by itself, without quotes or "Bearer"',
  clientOf: 'must tell a string or nothing',
} as const;

/** Decides on requests for tokens, the same way for every server. It holds the limit's memory. */
export class Desk {
  readonly #settings: TokenSettings;
  readonly #limit: Limit;

  constructor(settings: TokenSettings) {
    this.#settings = settings;
    this.#limit = new Limit(settings.limit);
  }

  /** Answers a request; never rejects. */
  async answer(visit: Visit): Promise<Answer> {
    const { origins } = this.#settings;
    const shared = sharedWith(visit, origins);
    try {
      return await this.#decide(visit, shared);
    } catch (error) {
      void this.#tell(error as Error); // all that is thrown here is ours
      return refusal(500, 'no token: the server failed; its log may say why', shared);
    }
  }

  async #decide(visit: Visit, shared: Readonly<Record<string, string>>): Promise<Answer> {
    const { apiKey, allow, clientOf, origins, expiresInSeconds } = this.#settings;
    if (visit.method !== 'POST' && visit.method !== 'OPTIONS') {
      return refusal(405, 'ask for a token with POST', { ...shared, allow: 'POST, OPTIONS' });
    }
    if (!mayAsk(visit, origins)) return refusal(403, 'pages of this origin get no token', shared);
    if (visit.method === 'OPTIONS') return answer(204, '', { ...shared, ...preflight(visit) });

    const client = clientOf ? await this.#hear('clientOf', () => clientOf(visit.request), isClient) : visit.address;
    const seconds = this.#limit.take(client ?? '');
    if (seconds > 0) {
      const headers = { ...shared, 'retry-after': String(seconds) };
      return refusal(429, `too many tokens asked for; ask again in ${seconds} s`, headers);
    }
    if (allow && !(await this.#hear('allow', () => allow(visit.request), isBoolean))) {
      return refusal(403, 'not allowed to have a token; sign in first', shared);
    }
    const key = await this.#hear('apiKey', apiKey, isSecret);
    try {
      const token = await mint(key, this.#settings);
      return answer(200, JSON.stringify({ token, expires_in_seconds: expiresInSeconds }), shared);
    } catch (error) {
      void this.#tell(error as Error); // all that is thrown here is ours
      return refusal(502, 'no token: the transcription service refused or is out of reach', shared);
    }
  }

  /** Asks a function of the app, and insists on an answer of the right kind. */
  async #hear<T>(name: keyof typeof EXPECTED, ask: () => unknown, isRight: (told: unknown) => told is T): Promise<T> {
    const told = await within(this.#settings.timeout, (async () => ask())()).catch((cause: unknown) => {
      throw new Error(`${name} failed: ${oneLine(cause)}`, { cause });
    });
    if (!isRight(told)) throw new TypeError(`${name} ${EXPECTED[name]}, and it told something else (${typeof told})`);
    return told;
  }

  /** Whatever comes of it, whoever asked for a token gets an answer. */
  async #tell(error: Error): Promise<void> {
    try {
      await this.#settings.onError(error);
    } catch {
      // it is told of nothing else
    }
  }
}

function isBoolean(told: unknown): told is boolean {
  return typeof told === 'boolean';
}

function isClient(told: unknown): told is Client {
  return typeof told === 'string' || told === undefined || told === null;
}

function refusal(status: number, error: string, headers: Readonly<Record<string, string>>): Answer {
  return answer(status, JSON.stringify({ error }), headers);
}

function answer(status: number, body: string, headers: Readonly<Record<string, string>>): Answer {
  const type = body === '' ? {} : { 'content-type': 'application/json' };
  return { status, headers: { ...headers, ...type, 'cache-control': 'no-store' }, body };
}
