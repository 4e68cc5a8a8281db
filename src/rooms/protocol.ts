import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { AudioGapReason, ControlMessage } from '../../operators/events.ts';
import type { PcmEncoding, PcmFormat } from '../audio/pcm.ts';
import type { LostAudio } from '../lostAudio.ts';
import type { Broker } from './nats.ts';

/** The streams of JetStream. Their names, the subjects and the headers are documented in docs/rooms.md. */
export const STREAMS = { audio: 'RX_AUDIO', log: 'RX_LOG', jobs: 'RX_JOBS', permits: 'RX_PERMITS' } as const;

/** The consumer of the jobs, shared by all workers. */
export const WORKERS = 'workers';

/** The subjects of a room; `*` stands for all rooms. */
export const SUBJECTS = {
  /** Frames and control messages, as the edge publishes them. */
  audio: (room: string): string => `rx.audio.${room}`,
  /** The same, once they are stored. */
  tape: (room: string): string => `rx.tape.${room}`,
  /** Events, as the worker appends them; also appends that the stream refuses. */
  log: (room: string): string => `rx.log.${room}`,
  /** The same, once they are stored. */
  out: (room: string): string => `rx.out.${room}`,
  /** Events that are not stored, such as partials. */
  live: (room: string): string => `rx.live.${room}`,
  /** Control messages for the edge, which puts them into the audio and answers with an error or nothing. */
  control: (room: string): string => `rx.control.${room}`,
  job: (room: string): string => `rx.jobs.${room}`,
  permits: 'rx.permits',
} as const;

/** @throws {TypeError} unless it is the name of a room: 1 to 64 letters, digits, `-` and `_`. */
export function checkRoom(room: string): void {
  if (typeof room === 'string' && /^[\w-]{1,64}$/.test(room)) return;
  throw new TypeError(`a room must be named by 1 to 64 letters, digits, - and _, not ${JSON.stringify(room)}`);
}

/** The last part of a subject. */
export function roomOf(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

/** Creates headers from names and values; those that are undefined are omitted. */
export function headersOf(broker: Broker, values: Readonly<Record<string, string | number | undefined>>): MsgHdrs {
  const result = broker.headers();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) result.set(name, String(value));
  return result;
}

function numberIn(headers: MsgHdrs | undefined, name: string): number {
  return Number(headers?.get(name) ?? 0); // an absent header is the empty string: 0
}

/** What a job contains: the room and the format of its audio. */
export interface Job extends PcmFormat {
  readonly room: string;
}

/** Encodes the job of a room. */
export function encodeJob({ room, sampleRate, encoding = 'pcm_s16le' }: Job): string {
  return JSON.stringify({ room, sampleRate, encoding });
}

/** Decodes a job; `undefined` if it is not one. */
export function decodeJob(text: string): Required<Job> | undefined {
  try {
    const { room, sampleRate, encoding } = JSON.parse(text) as Partial<Required<Job>>;
    const isJob = room !== undefined && Number.isInteger(sampleRate) && isEncoding(encoding);
    return isJob ? { room, sampleRate: sampleRate!, encoding } : undefined;
  } catch {
    return undefined;
  }
}

function isEncoding(value: unknown): value is PcmEncoding {
  return value === 'pcm_s16le' || value === 'pcm_mulaw';
}

/** Why audio before a frame is missing. */
export type HoleReason = Extract<AudioGapReason, 'restart' | 'tape-full'>;

/** One message on the tape of a room: a frame, a control message, or the end. */
export interface TapeMessage {
  /** Sequence in the stream. */
  readonly sequence: number;
  /** Position of the first byte in the audio of the room. */
  readonly at: number;
  /** Wall clock of byte 0, in milliseconds since 1970. */
  readonly origin: number;
  /** Empty for a control message and the end. */
  readonly data: Uint8Array;
  readonly isEnd: boolean;
  /** How many control messages there are before this one, itself included. */
  readonly controls: number;
  readonly control?: ControlMessage | undefined;
  /** Where the audio before a hole ended, in bytes, and why there is one. */
  readonly hole?: { readonly from: number; readonly reason: HoleReason } | undefined;
  /** Stretches that the source filled with silence, in milliseconds on the audio clock. */
  readonly lost: readonly LostAudio[];
}

/** Encodes the headers and the data of a message on the tape. */
export function encodeTape(
  broker: Broker,
  message: Omit<TapeMessage, 'sequence'>,
): { data: Uint8Array; headers: MsgHdrs } {
  const { at, origin, data, isEnd, controls, control, hole, lost } = message;
  const headers = headersOf(broker, {
    At: at,
    Origin: origin,
    End: isEnd ? 1 : undefined,
    Controls: controls > 0 ? controls : undefined,
    Control: control ? 1 : undefined,
    'Previous-End': hole?.from,
    'Gap-Reason': hole?.reason,
    Lost: lost.length > 0 ? JSON.stringify(lost) : undefined,
  });
  return { data: control ? Buffer.from(JSON.stringify(control)) : data, headers };
}

/** Decodes a message on the tape. The data is a copy, because the client reuses its buffers. */
export function decodeTape(headers: MsgHdrs | undefined, data: Uint8Array, sequence: number): TapeMessage {
  const isControl = headers?.has('Control') ?? false;
  return {
    sequence,
    at: numberIn(headers, 'At'),
    origin: numberIn(headers, 'Origin'),
    data: isControl ? new Uint8Array(0) : Uint8Array.from(data),
    isEnd: headers?.has('End') ?? false,
    controls: numberIn(headers, 'Controls'),
    control: isControl ? (JSON.parse(Buffer.from(data).toString()) as ControlMessage) : undefined,
    hole: headers?.has('Previous-End')
      ? {
          from: numberIn(headers, 'Previous-End'),
          reason: headers.get('Gap-Reason') === 'restart' ? 'restart' : 'tape-full',
        }
      : undefined,
    lost: headers?.has('Lost') ? (JSON.parse(headers.get('Lost')) as LostAudio[]) : [],
  };
}

/** Decodes a republished message on the tape. */
export function decodeLiveTape({ headers, data }: Msg): TapeMessage {
  return decodeTape(headers, data, numberIn(headers, 'Nats-Sequence'));
}

/** The headers of a message in the log. */
export interface LogEntry {
  /** Sequence in the stream; 0 for the log of a room that does not exist yet. */
  readonly sequence: number;
  /** How many times the room was taken. */
  readonly epoch: number;
  /** The type of the event, `Took` or `Done`. */
  readonly type: string;
  /** Identifies the append. */
  readonly id: string;
  /** The worker that appended it. */
  readonly worker: string;
  readonly checkpoint: Checkpoint;
  /** Where the tape is read from to continue: a sequence in the stream of audio. */
  readonly tape: number;
  /** How many control messages were taken from the tape. */
  readonly controls: number;
  /** Wall clock of byte 0, in milliseconds since 1970; 0 until there is audio. */
  readonly origin: number;
}

/** Encodes the headers of a message in the log. */
export function encodeLogEntry(broker: Broker, entry: Omit<LogEntry, 'sequence'>): MsgHdrs {
  return headersOf(broker, {
    Epoch: entry.epoch,
    Type: entry.type,
    Id: entry.id,
    By: entry.worker,
    Checkpoint: JSON.stringify(entry.checkpoint),
    Tape: entry.tape,
    Controls: entry.controls,
    Origin: entry.origin,
    Time: Date.now(),
  });
}

/** Decodes the headers of a message in the log. */
export function decodeLogEntry(headers: MsgHdrs, sequence: number): LogEntry {
  return {
    sequence,
    epoch: numberIn(headers, 'Epoch'),
    type: headers.get('Type'),
    id: headers.get('Id'),
    worker: headers.get('By'),
    checkpoint: JSON.parse(headers.get('Checkpoint')) as Checkpoint,
    tape: numberIn(headers, 'Tape'),
    controls: numberIn(headers, 'Controls'),
    origin: numberIn(headers, 'Origin'),
  };
}

/** Reads the last message of a room's log from the leader of the stream; `undefined` if there is none. */
export async function lastLogEntry({ jsm }: Broker, room: string): Promise<LogEntry | undefined> {
  const message = await jsm.streams.getMessage(STREAMS.log, { last_by_subj: SUBJECTS.log(room) });
  return message ? decodeLogEntry(message.header, message.seq) : undefined;
}
