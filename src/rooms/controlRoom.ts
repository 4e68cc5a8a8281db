import type { NatsConnection } from '@nats-io/transport-node';
import type { ControlMessage } from '../../operators/events.ts';
import { TranscriptionError } from '../errors.ts';
import { REQUEST_MS } from './nats.ts';
import { SUBJECTS, checkRoom } from './protocol.ts';

/**
 * Sends a control message to the edge of a room, which puts it between the audio before and after it. It then reaches the
 * session in that place, whichever worker has the room.
 *
 * @example
 * import { connect } from '@nats-io/transport-node';
 * import { controlRoom } from 'rxscribe/rooms';
 *
 * const nc = await connect({ servers: 'nats://127.0.0.1:4222' });
 * await controlRoom(nc, 'hall-1', { type: 'ForceEndpoint' });
 *
 * @throws {TypeError} as a rejection when an argument is not accepted.
 * @throws {TranscriptionError} as a rejection, kind `network`, when no edge answers.
 */
export async function controlRoom(nc: NatsConnection, room: string, message: ControlMessage): Promise<void> {
  checkRoom(room);
  let answer: string;
  try {
    answer = (await nc.request(SUBJECTS.control(room), JSON.stringify(message), { timeout: REQUEST_MS })).string();
  } catch (cause) {
    throw new TranscriptionError('network', `the edge of room ${room} does not answer`, { retryable: true, cause });
  }
  if (answer !== '') throw new TypeError(answer);
}
