import { TranscriptionError } from '../errors.ts';

/** A key or token, or a function that returns one and is called for each connection. */
export type Secret = string | (() => string | Promise<string>);

/** What authorises a connection: a key is sent in a header, a token in the address. */
export type Credential = { readonly apiKey: string } | { readonly token: string };

/** How the credential of each connection is obtained. */
export interface CredentialSettings {
  /** The credential for one connection; rejects with a `TranscriptionError`. */
  readonly credential: () => Promise<Credential>;
  /** Whether each connection gets a new credential, so that an expired one is replaced. */
  readonly freshCredential: boolean;
}

type Name = 'apiKey' | 'token';

/**
 * Checks the key or token of the options.
 *
 * A function that fails is called again with the next attempt, because it may need the same network as the service. To
 * end the transcription instead, it throws a `TranscriptionError` that is not `retryable`.
 *
 * @throws {TypeError} when both or none are given, or the one given is not usable; the message never contains it.
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
  return { freshCredential: true, credential: async () => named(name, await call(name, given)) };
}

async function call(name: Name, make: () => string | Promise<string>): Promise<string> {
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
  const odd = /\s/.test(value) ? 'a space or a line break' : 'a character that neither a key nor a token has';
  const what = value.trim() === '' ? 'is empty' : `contains ${odd}`;
  throw new TypeError(`${name} ${what}; give it alone, without quotes or "Bearer"`);
}

/** Whether it can be a key or a token: a header can hold it, so no error of the platform will show it. */
export function isSecret(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}
