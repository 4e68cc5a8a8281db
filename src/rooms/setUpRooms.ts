import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { checkOptionRules, integer, isIntegerWithin } from '../optionRules.ts';
import type { OptionRule } from '../optionRules.ts';
import { CONSUMER_NOT_FOUND, STREAM_NOT_FOUND, apiCode, loadNats, permanentFailure, withoutJetStream } from './nats.ts';
import { STREAMS, SUBJECTS, WORKERS } from './protocol.ts';

/** Options of {@link setUpRooms}. */
export interface SetUpRoomsOptions {
  /** How many servers store each message: 1, 3 or 5. It cannot be changed later, so omit it then. @defaultValue 1 */
  readonly replicas?: 1 | 3 | 5;
  /** How long audio is kept, in milliseconds: the longest time a room may wait for a worker. @defaultValue 600000 */
  readonly tapeLength?: number;
  /** How long transcripts are kept after their last event, in milliseconds; `Infinity` keeps them. @defaultValue Infinity */
  readonly logLength?: number;
  /** The most rooms that are transcribed at once; the others wait. @defaultValue 1000 */
  readonly maxRooms?: number;
  /** How many sessions all workers together may open in a minute; `Infinity` sets no limit. @defaultValue Infinity */
  readonly newSessionsPerMinute?: number;
  /** How long a worker may be silent before its rooms are given to others, in milliseconds. @defaultValue 5000 */
  readonly lease?: number;
}

const DAY_MS = 86_400_000;
const NANOS_PER_MS = 1e6;
/** The service counts new sessions in a sliding minute; the clocks need not agree. */
const PERMIT_MS = 62_000;
/** A worker extends its lease each second. */
const LEAST_LEASE_MS = 2000;

const RULES: Readonly<Record<keyof SetUpRoomsOptions, OptionRule>> = {
  replicas: { accepts: (value) => [1, 3, 5].includes(value as number), expected: '1, 3 or 5', numeric: true },
  tapeLength: integer(60_000, 30 * DAY_MS, 'ms'),
  logLength: orInfinity(60_000, 36_500 * DAY_MS),
  maxRooms: integer(1, 1_000_000),
  newSessionsPerMinute: orInfinity(1, 1_000_000),
  lease: integer(LEAST_LEASE_MS, 600_000, 'ms'),
};

function orInfinity(least: number, most: number): OptionRule {
  return {
    accepts: (value) => value === Infinity || isIntegerWithin(value, least, most),
    expected: `a whole number from ${least} to ${most}, or Infinity`,
    numeric: true,
  };
}

/**
 * Creates the streams for rooms on a NATS server, or changes those that exist. Run it once before the first edge and
 * worker, and again to change an option.
 *
 * @example
 * import { connect } from '@nats-io/transport-node';
 * import { setUpRooms } from 'rxscribe/rooms';
 *
 * const nc = await connect({ servers: 'nats://127.0.0.1:4222' });
 * await setUpRooms(nc, { maxRooms: 500, newSessionsPerMinute: 100 });
 * await nc.close();
 *
 * @throws {TypeError | RangeError} as a rejection when an option is not accepted.
 * @throws {TranscriptionError} as a rejection when the server has no JetStream, or refuses.
 */
export async function setUpRooms(nc: NatsConnection, options: SetUpRoomsOptions = {}): Promise<void> {
  checkOptionRules(options, RULES);
  const {
    tapeLength = 600_000,
    logLength = Infinity,
    maxRooms = 1000,
    newSessionsPerMinute = Infinity,
    lease = 5000,
  } = options;
  const { jetstream } = await loadNats();
  const jsm = await jetstream.jetstreamManager(nc).catch((cause: unknown) => {
    throw permanentFailure(nc, cause) ?? withoutJetStream(cause);
  });
  const replicas = await chooseReplicas(jsm, options.replicas);
  const stored = { storage: 'file', num_replicas: replicas, duplicate_window: 100 * NANOS_PER_MS, allow_direct: true };
  await putStream(jsm, {
    ...stored,
    name: STREAMS.audio,
    subjects: [SUBJECTS.audio('*')],
    max_age: tapeLength * NANOS_PER_MS,
    republish: { src: SUBJECTS.audio('*'), dest: SUBJECTS.tape('{{wildcard(1)}}') },
  } as never);
  await putStream(jsm, {
    ...stored,
    name: STREAMS.log,
    subjects: [SUBJECTS.log('*')],
    max_age: logLength === Infinity ? 0 : logLength * NANOS_PER_MS,
    republish: { src: SUBJECTS.log('*'), dest: SUBJECTS.out('{{wildcard(1)}}') },
  } as never);
  await putStream(jsm, {
    name: STREAMS.jobs,
    subjects: [SUBJECTS.job('*')],
    storage: 'file',
    num_replicas: replicas,
    retention: 'workqueue',
    max_msgs_per_subject: 1,
    discard: 'new',
    discard_new_per_subject: true,
  } as never);
  await putConsumer(jsm, { ack_wait: lease * NANOS_PER_MS, max_ack_pending: maxRooms, replicas });
  if (newSessionsPerMinute === Infinity) return dropStream(jsm, STREAMS.permits);
  await putStream(jsm, {
    name: STREAMS.permits,
    subjects: [SUBJECTS.permits],
    storage: 'memory',
    max_msgs: newSessionsPerMinute,
    max_age: PERMIT_MS * NANOS_PER_MS,
    discard: 'new',
    duplicate_window: 100 * NANOS_PER_MS,
  } as never);
}

/** The replicas of the streams that exist, else those wanted. */
async function chooseReplicas(jsm: JetStreamManager, wanted: number | undefined): Promise<number> {
  const existing = (await orUndefined(STREAM_NOT_FOUND, () => jsm.streams.info(STREAMS.log)))?.config.num_replicas;
  if (existing !== undefined && wanted !== undefined && wanted !== existing) {
    throw new RangeError(`replicas are ${existing} here and cannot be changed to ${wanted}; omit them to keep them`);
  }
  return existing ?? wanted ?? 1;
}

async function putStream(jsm: JetStreamManager, config: StreamConfig): Promise<void> {
  const found = await orUndefined(STREAM_NOT_FOUND, () => jsm.streams.info(config.name));
  if (found) await jsm.streams.update(config.name, config);
  else await jsm.streams.add(config);
}

async function dropStream(jsm: JetStreamManager, name: string): Promise<void> {
  await orUndefined(STREAM_NOT_FOUND, () => jsm.streams.delete(name));
}

async function putConsumer(
  jsm: JetStreamManager,
  { replicas, ...limits }: { ack_wait: number; max_ack_pending: number; replicas: number },
): Promise<void> {
  const found = await orUndefined(CONSUMER_NOT_FOUND, () => jsm.consumers.info(STREAMS.jobs, WORKERS));
  if (found) await jsm.consumers.update(STREAMS.jobs, WORKERS, limits);
  else {
    await jsm.consumers.add(STREAMS.jobs, {
      durable_name: WORKERS,
      ack_policy: 'explicit',
      max_deliver: -1,
      num_replicas: replicas,
      ...limits,
    } as never);
  }
}

async function orUndefined<Result>(code: number, request: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await request();
  } catch (error) {
    if (apiCode(error) === code) return undefined;
    throw error;
  }
}
