import { CAPTIONS } from './captionsFlags.ts';
import type { CaptionsFlags } from './captionsFlags.ts';
import { CONDITIONING } from './conditioningFlags.ts';
import type { ConditioningFlags } from './conditioningFlags.ts';
import { COMMON, inGroup, number } from './declareFlags.ts';
import type { CommonFlags, Declarations } from './declareFlags.ts';
import { DEVICE } from './deviceFlags.ts';
import type { DeviceFlags } from './deviceFlags.ts';
import { FOLLOW } from './followFlags.ts';
import type { FollowFlags } from './followFlags.ts';
import { OUTPUT } from './outputFlags.ts';
import type { OutputFlags } from './outputFlags.ts';
import { SERVICE } from './serviceFlags.ts';
import type { ServiceFlags } from './serviceFlags.ts';
import { SPEED } from './speedFlags.ts';
import type { SpeedFlags } from './speedFlags.ts';

/** The flags of every command of rooms. */
export interface NatsFlags extends CommonFlags {
  readonly nats: string;
  readonly creds?: string;
  readonly inboxPrefix?: string;
}

export const NATS: Declarations<NatsFlags> = {
  ...inGroup<Omit<NatsFlags, 'verbose'>>('Broker:', {
    nats: {
      type: 'string',
      requiresArg: true,
      default: 'nats://127.0.0.1:4222',
      describe: 'Address of the NATS server with JetStream; several of a cluster separated by commas',
    },
    creds: { type: 'string', requiresArg: true, describe: 'File of NATS with the credentials of this user' },
    'inbox-prefix': {
      type: 'string',
      requiresArg: true,
      describe: 'Subject on which this user receives answers, if its permissions name one',
    },
  }),
  ...COMMON,
};

export interface SetupFlags extends NatsFlags {
  readonly replicas?: number;
  readonly tapeMinutes: number;
  readonly logDays?: number;
  readonly maxRooms: number;
  readonly newSessions?: number;
  readonly leaseSeconds: number;
}

export const SETUP: Declarations<SetupFlags> = {
  replicas: {
    choices: [1, 3, 5],
    requiresArg: true,
    describe: 'How many servers store each message; 1 at first, then fixed',
  },
  'tape-minutes': count('tape-minutes', 10, 'How long audio is kept: the longest time a room may wait for a worker'),
  'log-days': count('log-days', undefined, 'How long transcripts are kept; without it forever'),
  'max-rooms': count('max-rooms', 1000, 'The most rooms that are transcribed at once; the others wait'),
  'new-sessions': count('new-sessions', undefined, 'How many sessions all workers together may open in a minute'),
  'lease-seconds': count('lease-seconds', 5, 'How long a worker may be silent before others take its rooms'),
  ...NATS,
};

export interface PublishFlags extends NatsFlags, DeviceFlags, SpeedFlags, FollowFlags, ConditioningFlags {
  readonly sampleRate: number;
  readonly spool?: string;
}

export const PUBLISH: Declarations<PublishFlags> = {
  spool: {
    type: 'string',
    requiresArg: true,
    describe: 'Folder for audio while the broker is away, an hour at most; without it ten minutes stay in memory',
  },
  'sample-rate': SERVICE['sample-rate'],
  ...DEVICE,
  ...SPEED,
  ...FOLLOW,
  ...CONDITIONING,
  ...NATS,
};

export interface WorkFlags extends NatsFlags, Omit<ServiceFlags, 'sampleRate'> {
  readonly slots: number;
  readonly name?: string;
  readonly metrics: boolean;
}

const { 'sample-rate': _sampleRate, ...RECOGNITION } = SERVICE;

export const WORK: Declarations<WorkFlags> = {
  slots: count('slots', 50, 'The most rooms that this worker transcribes at once'),
  name: { type: 'string', requiresArg: true, describe: 'Name of this worker in the log; the host and the process' },
  metrics: { type: 'boolean', default: false, describe: 'Print metrics as a line of JSON each second' },
  ...RECOGNITION,
  ...NATS,
};

export interface WatchFlags extends NatsFlags, CaptionsFlags, Pick<OutputFlags, 'format' | 'output' | 'force'> {
  readonly now: boolean;
}

export const WATCH: Declarations<WatchFlags> = {
  now: { type: 'boolean', default: false, describe: 'Start now, not at the first word of the room' },
  format: OUTPUT.format,
  output: OUTPUT.output,
  force: OUTPUT.force,
  ...CAPTIONS,
  ...NATS,
};

export interface RoomsDemoFlags extends NatsFlags {
  readonly rooms: number;
}

export const ROOMS_DEMO: Declarations<RoomsDemoFlags> = {
  rooms: count('rooms', 6, 'How many rooms, 1 to 12'),
  ...NATS,
};

function count(flag: string, value: number | undefined, describe: string): Declarations<{ count: number }>['count'] {
  return { requiresArg: true, coerce: number(flag), describe, ...(value !== undefined && { default: value }) };
}
