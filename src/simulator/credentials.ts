import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The credential of a connection: valid, or why it is not. `maxSeconds` is how long it permits a session to last. */
export type Credential =
  | { readonly authorization: 'ok'; readonly maxSeconds: number }
  | { readonly authorization: 'missing' | 'invalid'; readonly message: string };

const LONGEST_SESSION_S = 10_800;

/** Checks the API key of the service and issues temporary tokens. */
export class Credentials {
  readonly apiKey: string;
  readonly #secret: Buffer = randomBytes(32);

  constructor(apiKey: string) {
    this.apiKey = apiKey;
  }

  /** Checks the `Authorization` header or the `token` parameter of a connection. */
  check(header: string | undefined, token: string | undefined): Credential {
    const given = header ?? token;
    if (given === undefined) return refused('missing', 'Missing Authorization header');
    if (header !== undefined && same(header, this.apiKey))
      return { authorization: 'ok', maxSeconds: LONGEST_SESSION_S };
    const [body, signature] = given.split('.');
    if (body === undefined || signature === undefined || !same(signature, this.#sign(body))) {
      return refused('invalid', 'Invalid API key');
    }
    const claims: { until: number; cap: number } = JSON.parse(Buffer.from(body, 'base64url').toString());
    if (Date.now() > claims.until) return refused('invalid', 'Signature has expired');
    return { authorization: 'ok', maxSeconds: claims.cap };
  }

  /** Handles `GET /v3/token`. */
  handleTokenRequest(request: IncomingMessage, query: URLSearchParams, response: ServerResponse): void {
    const header = request.headers.authorization?.replace(/^Bearer /, '');
    const window = query.get('expires_in_seconds');
    const cap = query.get('max_session_duration_seconds') ?? String(LONGEST_SESSION_S);
    if (header === undefined) reject(response, ['header', 'authorization'], 'Field required', null);
    else if (!same(header, this.apiKey)) json(response, 401, { error: 'Invalid API key' });
    else if (!whole(window, 1, 600)) {
      reject(response, ['query', 'expires_in_seconds'], 'Input should be a whole number from 1 to 600', window);
    } else if (!whole(cap, 60, LONGEST_SESSION_S)) {
      reject(
        response,
        ['query', 'max_session_duration_seconds'],
        'Input should be a whole number from 60 to 10800',
        cap,
      );
    } else {
      json(response, 200, { token: this.#token(Number(window), Number(cap)), expires_in_seconds: Number(window) });
    }
  }

  #token(seconds: number, cap: number): string {
    const body = Buffer.from(JSON.stringify({ until: Date.now() + 1000 * seconds, cap })).toString('base64url');
    return `${body}.${this.#sign(body)}`;
  }

  #sign(body: string): string {
    return createHmac('sha256', this.#secret).update(body).digest('base64url');
  }
}

function refused(authorization: 'missing' | 'invalid', why: string): Credential {
  return { authorization, message: `Unauthorized Connection: ${why}` };
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function whole(value: string | null, least: number, most: number): boolean {
  return value !== null && /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
}

function reject(response: ServerResponse, loc: readonly string[], msg: string, input: string | null): void {
  json(response, 422, { detail: [{ type: 'value_error', loc, msg, input, ctx: {} }] });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
