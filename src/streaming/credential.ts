import { TranscriptionError } from '../errors.ts';

/** A key or token: as it is, or made anew by a function for each connection. */
export type Secret = string | (() => string | Promise<string>);

/** What lets a connection in: a key goes into a header, a token into the address. */
export type Credential = { readonly apiKey: string } | { readonly token: string };

/** Where the credential of each connection comes from. */
export interface CredentialSettings {
  /** The credential for one connection; rejects with a `TranscriptionError`. */
  readonly credential: () => Promise<Credential>;
  /** Whether each connection asks for a credential of its own, so that an expired one can be replaced. */
  readonly freshCredential: boolean;
}

type Name = 'apiKey' | 'token';

/**
 * Tells where the credential comes from.
 *
 * A function that fails is asked again with the next attempt, for what it needs may be out of reach as the service is. It
 * decides otherwise by failing with a `TranscriptionError` of its own.
 *
 * @throws {TypeError} when there is none, or not exactly one, or it cannot be one; never showing it.
 */
export function credentialOf(options: {
  readonly apiKey?: Secret | undefined;
  readonly token?: Secret | undefined;
}): CredentialSettings {
  const { apiKey, token } = options;
  if (apiKey !== undefined && token !== undefined) throw new TypeError('give apiKey or token, not both');
  const name: Name = token === undefined ? 'apiKey' : 'token';
  const given = token ?? apiKey;
  if (given === undefined) throw new TypeError('apiKey is missing; give an API key, or a temporary token as token');
  if (typeof given !== 'function') {
    checkSecret(name, given);
    return { freshCredential: false, credential: () => Promise.resolve(named(name, given)) };
  }
  return { freshCredential: true, credential: async () => named(name, await ask(name, given)) };
}

async function ask(name: Name, make: () => string | Promise<string>): Promise<string> {
  let secret: unknown;
  try {
    secret = await make();
  } catch (cause) {
    throw cause instanceof TranscriptionError ? cause : refusal(name, cause, true);
  }
  try {
    checkSecret(name, secret);
    return secret;
  } catch (cause) {
    throw refusal(name, cause, false);
  }
}

function refusal(name: Name, cause: unknown, retryable: boolean): TranscriptionError {
  const what = name === 'token' ? 'token' : 'key';
  const message = `the ${what} function failed: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new TranscriptionError('unauthorized', message, { retryable, cause });
}

function named(name: Name, secret: string): Credential {
  return name === 'token' ? { token: secret } : { apiKey: secret };
}

function checkSecret(name: Name, value: unknown): asserts value is string {
  if (isSecret(value)) return;
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string or a function, not ${typeof value}`);
  const what = value.trim() === '' ? 'is empty' : 'contains a space or a line break';
  throw new TypeError(`${name} ${what}; give it alone, without quotes or "Bearer"`);
}

/** Whether it can be a key or a token: a header can hold it, so that nobody who refuses it has to show it. */
export function isSecret(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}
