import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inRange } from './checks.ts';

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
    const seconds = query.get('expires_in_seconds');
    const maxSeconds = query.get('max_session_duration_seconds') ?? String(LONGEST_SESSION_S);
    const problems = [
      ...(header === undefined ? [missing('header', 'authorization')] : []),
      ...(seconds === null
        ? [missing('query', 'expires_in_seconds')]
        : outOfRange('expires_in_seconds', seconds, 1, 600)),
      ...outOfRange('max_session_duration_seconds', maxSeconds, 60, LONGEST_SESSION_S),
    ];
    if (problems.length > 0) json(response, 422, { detail: problems });
    else if (!same(header!, this.apiKey)) json(response, 401, { error: 'Invalid API key' });
    else
      json(response, 200, {
        token: this.#token(Number(seconds), Number(maxSeconds)),
        expires_in_seconds: Number(seconds),
      });
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

/** A problem of a token request, as FastAPI reports it. */
interface Problem {
  readonly type: string;
  readonly loc: readonly string[];
  readonly msg: string;
  readonly input: string | null;
  readonly ctx?: object;
}

function missing(...loc: readonly string[]): Problem {
  return { type: 'missing', loc, msg: 'Field required', input: null };
}

function outOfRange(name: string, input: string, ge: number, le: number): Problem[] {
  const loc = ['query', name];
  if (!/^[+-]?\d+$/.test(input)) {
    const msg = 'Input should be a valid integer, unable to parse string as an integer';
    return [{ type: 'int_parsing', loc, msg, input }];
  }
  const checked = inRange(input, Number(input), ge, le);
  if (!('error' in checked)) return [];
  const [type, ctx] = Number(input) < ge ? ['greater_than_equal', { ge }] : ['less_than_equal', { le }];
  return [{ type, loc, msg: checked.error, input, ctx }];
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
