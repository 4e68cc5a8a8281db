import { TranscriptionError } from '../errors.ts';
import { monotonicNow } from '../monotonicNow.ts';
import type { Secret } from '../streaming/credential.ts';
import { REQUEST_MS, STREAM_NOT_FOUND, apiCode, delay, untilAnswered } from './nats.ts';
import type { Broker } from './nats.ts';
import { STREAMS, SUBJECTS } from './protocol.ts';
import type { WorkerCounts } from './workerMetrics.ts';

/** How long one session waits for a permit, in milliseconds: the service's limit counts a minute. */
const MOST_WAIT_MS = 65_000;
/** The least `connectTimeout` while there are permits, in milliseconds: it also limits the time to get a key. */
export const PERMIT_CONNECT_TIMEOUT_MS = 70_000;
const PAUSE_MS = 500;

/** Waits until all workers together may open one more session. */
export type Permit = () => Promise<void>;

/** How the workers share a limit of new sessions; `undefined` if none is set up. */
export async function findPermits(broker: Broker, counts: WorkerCounts): Promise<Permit | undefined> {
  const hasLimit = await untilAnswered(broker, async () => {
    try {
      await broker.jsm.streams.info(STREAMS.permits);
      return true;
    } catch (error) {
      if (apiCode(error) === STREAM_NOT_FOUND) return false;
      throw error;
    }
  });
  return hasLimit ? () => permit(broker, counts) : undefined;
}

/** The stream holds as many messages as sessions may start within a minute; one more is refused. */
async function permit({ js }: Broker, counts: WorkerCounts): Promise<void> {
  for (const startedAt = monotonicNow(); monotonicNow() - startedAt < MOST_WAIT_MS;) {
    try {
      await js.publish(SUBJECTS.permits, '', { timeout: REQUEST_MS });
      return;
    } catch {
      counts.permitWaits++;
      await delay(PAUSE_MS * (1 + Math.random()));
    }
  }
  throw new TranscriptionError('rate-limited', 'no permit for a new session within 65 s', { retryable: true });
}

/** A key or token that is returned once there is a permit. */
export function withPermit(secret: Secret, wait: Permit): Secret {
  return async () => {
    await wait();
    return typeof secret === 'function' ? secret() : secret;
  };
}
