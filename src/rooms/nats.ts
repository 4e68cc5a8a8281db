import type * as jetstream from '@nats-io/jetstream';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type * as transport from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { TranscriptionError } from '../errors.ts';

/** The packages of NATS, as far as rooms use them. */
export interface NatsPackages {
  readonly transport: Pick<typeof transport, 'connect' | 'credsAuthenticator' | 'headers'>;
  readonly jetstream: Pick<typeof jetstream, 'jetstream' | 'jetstreamManager'>;
}

/** What rooms need of a connection to NATS. */
export interface Broker {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly headers: NatsPackages['transport']['headers'];
}

/** How long a request to the broker may take, in milliseconds. */
export const REQUEST_MS = 2000;
/** Pause before a request is repeated, in milliseconds. */
export const RETRY_MS = 150;

const NOT_INSTALLED = 'rooms need two more packages: npm install @nats-io/transport-node @nats-io/jetstream';

/**
 * Loads the packages of NATS, which are optional peers.
 *
 * @throws {Error} that names the packages to install.
 */
export async function loadNats(): Promise<NatsPackages> {
  try {
    const packages = await Promise.all([import('@nats-io/transport-node'), import('@nats-io/jetstream')]);
    return { transport: packages[0], jetstream: packages[1] };
  } catch (cause) {
    throw new Error(NOT_INSTALLED, { cause });
  }
}

/** Prepares a connection for rooms. */
export async function openBroker(nc: NatsConnection): Promise<Broker> {
  const packages = await loadNats();
  const options = { timeout: REQUEST_MS };
  const jsm = await packages.jetstream.jetstreamManager(nc, { ...options, checkAPI: false });
  return { nc, jsm, js: packages.jetstream.jetstream(nc, options), headers: packages.transport.headers };
}

/**
 * Repeats a request until the broker answers, because it may be restarting.
 *
 * @param isCancelled Whether the answer is no longer needed; the promise then resolves to `undefined`.
 * @throws {TranscriptionError} when the connection was closed, or the broker refuses the request.
 */
export async function untilAnswered<Answer>(
  { nc }: Broker,
  request: () => Promise<Answer>,
  isCancelled: () => boolean = () => false,
): Promise<Answer | undefined> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      const failure = permanentFailure(nc, error);
      if (failure) throw failure;
    }
    if (isCancelled()) return undefined;
    await delay(RETRY_MS);
  }
}

/** Code of the JetStream API: the expected last sequence of an append is not the last one. */
export const WRONG_LAST_SEQUENCE = 10_071;
/** Code of the JetStream API: there is no such stream. */
export const STREAM_NOT_FOUND = 10_059;
/** Code of the JetStream API: there is no such consumer. */
export const CONSUMER_NOT_FOUND = 10_014;

/** The code of an error of the JetStream API. */
export function apiCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** Why repeating a request would not help; `undefined` if it may. */
export function permanentFailure(nc: NatsConnection, cause: unknown): TranscriptionError | undefined {
  if (nc.isClosed()) return new TranscriptionError('network', 'the connection to NATS is closed', { cause });
  const refusal = permissionOf(cause);
  if (!refusal) return undefined;
  const { operation, subject } = refusal;
  const action = operation === 'subscription' ? 'subscribe to' : 'publish to';
  return new TranscriptionError('unauthorized', `this user of NATS may not ${action} ${subject}`, { cause });
}

/** The server has no streams for rooms. */
export function notSetUp(cause?: unknown): TranscriptionError {
  return new TranscriptionError(
    'invalid-input',
    'this server is not set up for rooms; run rxscribe rooms setup, or call setUpRooms()',
    { cause },
  );
}

/** What to do about a server without JetStream; the error itself if it is another one. */
export function withoutJetStream(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause.name !== 'JetStreamNotEnabled') return cause;
  return new TranscriptionError('invalid-input', 'this server has no JetStream; start it with nats-server -js', {
    cause,
  });
}

/** The refused operation, if the error or its cause is a missing permission. */
function permissionOf(error: unknown): { operation: string; subject: string } | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'PermissionViolationError') return cause as unknown as { operation: string; subject: string };
  }
  return undefined;
}

/** Resolves after some milliseconds, or as soon as the signal aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
