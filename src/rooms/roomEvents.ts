import { randomBytes } from 'node:crypto';
import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { checkOptionRules, oneOf } from '../optionRules.ts';
import { REQUEST_MS, openBroker, permanentFailure, untilAnswered } from './nats.ts';
import type { Broker } from './nats.ts';
import { STREAMS, SUBJECTS, checkRoom } from './protocol.ts';

/** Options of {@link roomEvents}. */
export interface RoomEventsOptions {
  /** Where to start: at the first event of the room, or now. @defaultValue 'start' */
  readonly from?: 'start' | 'now';
}

/** How long no event may be stored before the log is checked for one that did not arrive, in milliseconds. */
const QUIET_MS = 10_000;
/** How many messages of the log are requested at once. */
const BATCH = 256;
/** How long the broker keeps a reader of the log that does not ask for more, in nanoseconds. */
const READER_NS = 30e9;

/**
 * Emits the events of a room, as `transcribe()` would: the stored ones in order, each once, and partials while they are new.
 * It waits for a room that does not exist yet, and completes when the room is done.
 *
 * Partials, `SpeechStarted`, `Heartbeat`, `Silence`, `Warning` and `Reconnecting` are not stored, so a late subscriber does not
 * receive earlier ones. If the connection breaks, stored events are read afterwards.
 *
 * @example
 * import { connect } from '@nats-io/transport-node';
 * import { finals } from 'rxscribe/operators';
 * import { roomEvents } from 'rxscribe/rooms';
 *
 * const nc = await connect({ servers: 'nats://127.0.0.1:4222', maxReconnectAttempts: -1 });
 * roomEvents(nc, 'hall-1')
 *   .pipe(finals())
 *   .subscribe((turn) => console.log(turn.transcript));
 *
 * @throws {TypeError} when an argument is not accepted.
 */
export function roomEvents(
  nc: NatsConnection,
  room: string,
  options: RoomEventsOptions = {},
): Observable<TranscriptionEvent> {
  checkRoom(room);
  checkOptionRules(options, { from: oneOf('start', 'now') });
  return new Observable((subscriber) => {
    const viewer = new Viewer(room, subscriber);
    viewer.start(nc, options.from ?? 'start').catch((error) => subscriber.error(error));
  });
}

class Viewer {
  readonly #room: string;
  readonly #subscriber: Subscriber<TranscriptionEvent>;
  /** The sequence of the last stored event that was emitted or skipped. */
  #sequence = 0;
  /** The latest worker's epoch: partials of earlier ones are dropped. */
  #epoch = 0;
  /** Stored events that arrived while the log was read. */
  #arrived: Msg[] | undefined = [];
  #quiet: NodeJS.Timeout | undefined;

  constructor(room: string, subscriber: Subscriber<TranscriptionEvent>) {
    this.#room = room;
    this.#subscriber = subscriber;
  }

  async start(nc: NatsConnection, from: 'start' | 'now'): Promise<void> {
    const broker = await openBroker(nc);
    const subscriber = this.#subscriber;
    if (subscriber.closed) return;
    const out = nc.subscribe(SUBJECTS.out(this.#room), {
      callback: (error, message) => this.#receive(broker, error, message),
    });
    const live = nc.subscribe(SUBJECTS.live(this.#room), {
      callback: (error, message) => this.#emitLive(nc, error, message),
    });
    subscriber.add(() => {
      clearTimeout(this.#quiet);
      if (nc.isClosed()) return;
      out.unsubscribe();
      live.unsubscribe();
    });
    this.#watchConnection(broker);
    await nc.flush();
    if (from === 'now') await this.#skipToNow(broker);
    await this.#readLog(broker);
  }

  /** Reads the log after each break of the connection, and after a time without events. */
  #watchConnection(broker: Broker): void {
    const watch = async (): Promise<void> => {
      for await (const { type } of broker.nc.status()) {
        if (this.#subscriber.closed) return;
        if (type === 'reconnect') this.#catchUp(broker);
      }
    };
    watch().catch(() => undefined);
    void broker.nc.closed().then(() => {
      if (this.#subscriber.closed) return;
      untilAnswered(broker, () => Promise.reject(new Error('closed'))).catch((error) => this.#subscriber.error(error));
    });
  }

  #catchUp(broker: Broker): void {
    if (this.#arrived || this.#subscriber.closed) return; // it is being read
    this.#arrived = [];
    this.#readLog(broker).catch((error) => this.#subscriber.error(error));
  }

  #receive(broker: Broker, error: Error | null, message: Msg): void {
    if (error) return this.#fail(broker.nc, error);
    if (this.#arrived) {
      this.#arrived.push(message);
      return;
    }
    const before = Number(message.headers?.get('Nats-Last-Sequence'));
    if (before > this.#sequence) return this.#catchUp(broker); // one did not arrive
    this.#emit(message.headers, message.data, Number(message.headers?.get('Nats-Sequence')));
    this.#watchQuiet(broker);
  }

  #watchQuiet(broker: Broker): void {
    clearTimeout(this.#quiet);
    if (!this.#subscriber.closed) this.#quiet = setTimeout(() => this.#catchUp(broker), QUIET_MS);
  }

  /** Emits what the log holds after the last event, then what arrived while it was read. */
  async #readLog(broker: Broker): Promise<void> {
    const isCancelled = (): boolean => this.#subscriber.closed;
    await untilAnswered(broker, () => this.#readStored(broker), isCancelled);
    const arrived = this.#arrived ?? [];
    this.#arrived = undefined;
    for (const message of arrived) this.#receive(broker, null, message);
    this.#watchQuiet(broker);
  }

  async #readStored({ js, jsm }: Broker): Promise<void> {
    const info = await jsm.consumers.add(STREAMS.log, {
      name: `${this.#room}-${randomBytes(9).toString('base64url')}`,
      filter_subject: SUBJECTS.log(this.#room),
      deliver_policy: 'by_start_sequence',
      opt_start_seq: this.#sequence + 1,
      ack_policy: 'none',
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: READER_NS,
    } as never);
    try {
      const consumer = js.consumers.getConsumerFromInfo(info);
      for (let left = info.num_pending; left > 0 && !this.#subscriber.closed;) {
        const messages = await consumer.fetch({ max_messages: Math.min(BATCH, left), expires: REQUEST_MS });
        const before = left;
        for await (const { headers, data, seq, info: delivery } of messages) {
          this.#emit(headers, data, seq);
          left = delivery.pending;
        }
        if (left === before) throw new Error('the log was not delivered');
      }
    } finally {
      jsm.consumers.delete(STREAMS.log, info.name).catch(() => undefined); // the broker also removes it by itself
    }
  }

  async #skipToNow(broker: Broker): Promise<void> {
    const query = { last_by_subj: SUBJECTS.log(this.#room) };
    const last = await untilAnswered(broker, () => broker.jsm.direct.getMessage(STREAMS.log, query));
    // a room that is done has no more events, so the last one is read
    if (last) this.#sequence = last.header.get('Type') === 'Done' ? last.seq - 1 : last.seq;
  }

  /** Emits a stored event, unless that was done before. */
  #emit(headers: Msg['headers'], data: Uint8Array, sequence: number): void {
    if (sequence <= this.#sequence || this.#subscriber.closed) return;
    this.#sequence = sequence;
    this.#epoch = Math.max(this.#epoch, Number(headers?.get('Epoch')));
    const type = headers?.get('Type');
    if (type === 'Done') this.#subscriber.complete();
    else if (type !== 'Took') this.#subscriber.next(eventOf(data));
  }

  #fail(nc: NatsConnection, error: Error): void {
    this.#subscriber.error(permanentFailure(nc, error) ?? error);
  }

  #emitLive(nc: NatsConnection, error: Error | null, { headers, data }: Msg): void {
    if (error) return this.#fail(nc, error);
    if (Number(headers?.get('Epoch')) >= this.#epoch && !this.#arrived) this.#subscriber.next(eventOf(data));
  }
}

function eventOf(data: Uint8Array): TranscriptionEvent {
  return JSON.parse(Buffer.from(data).toString()) as TranscriptionEvent;
}
