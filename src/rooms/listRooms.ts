import type { NatsConnection } from '@nats-io/transport-node';
import { STREAM_NOT_FOUND, apiCode, notSetUp, openBroker, permanentFailure, withoutJetStream } from './nats.ts';
import type { Broker } from './nats.ts';
import { STREAMS, SUBJECTS, checkRoom, decodeLogEntry, roomOf } from './protocol.ts';

/** The state of a room. Durations in milliseconds. */
export interface RoomState {
  readonly room: string;
  /** Whether it waits for its first worker, is being transcribed, or is done. */
  readonly state: 'waiting' | 'live' | 'done';
  /** The worker that stored the last event. */
  readonly worker: string | undefined;
  /** How many times it was taken by a worker. */
  readonly takes: number;
  /** Up to where the audio is transcribed or lost. */
  readonly positionMs: number;
  /** Audio that was not transcribed. */
  readonly gapMs: number;
}

/** How many rooms are read at once. */
const AT_ONCE = 32;

/** Lists the rooms of a server: those in the queue, and those in the log. */
export async function listRooms(nc: NatsConnection): Promise<RoomState[]> {
  const broker = await openBroker(nc);
  const [waiting, logged] = await Promise.all([
    subjectsOf(broker, STREAMS.jobs, SUBJECTS.job('*')),
    subjectsOf(broker, STREAMS.log, SUBJECTS.log('*')),
  ]);
  const rooms = [...new Set([...waiting, ...logged].map(roomOf))].toSorted();
  const states: RoomState[] = [];
  for (let from = 0; from < rooms.length; from += AT_ONCE) {
    states.push(...(await Promise.all(rooms.slice(from, from + AT_ONCE).map((room) => stateOf(broker, room)))));
  }
  return states;
}

/**
 * Removes a room: its transcript, its audio and its job. Its name can then be used again. End its edge first.
 *
 * @throws {TypeError} as a rejection when it is not the name of a room.
 */
export async function removeRoom(nc: NatsConnection, room: string): Promise<void> {
  checkRoom(room);
  const { jsm } = await openBroker(nc);
  await jsm.streams.purge(STREAMS.jobs, { filter: SUBJECTS.job(room) });
  await jsm.streams.purge(STREAMS.audio, { filter: SUBJECTS.audio(room) });
  await jsm.streams.purge(STREAMS.log, { filter: SUBJECTS.log(room) });
}

async function subjectsOf({ nc, jsm }: Broker, stream: string, filter: string): Promise<string[]> {
  try {
    const { state } = await jsm.streams.info(stream, { subjects_filter: filter });
    return Object.keys(state.subjects ?? {});
  } catch (error) {
    throw apiCode(error) === STREAM_NOT_FOUND
      ? notSetUp(error)
      : (permanentFailure(nc, error) ?? withoutJetStream(error));
  }
}

async function stateOf({ jsm }: Broker, room: string): Promise<RoomState> {
  const message = await jsm.direct.getMessage(STREAMS.log, { last_by_subj: SUBJECTS.log(room) });
  const entry = message ? decodeLogEntry(message.header, message.seq) : undefined;
  const state = entry?.type === 'Done' ? 'done' : entry ? 'live' : 'waiting';
  const { positionMs = 0, gapMs = 0 } = entry?.checkpoint ?? {};
  return { room, state, worker: entry?.worker, takes: entry?.epoch ?? 0, positionMs, gapMs };
}
