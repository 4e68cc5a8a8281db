import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { Consumer } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { stopSignal } from '../audio/stop.ts';
import type { Stop } from '../audio/stop.ts';
import { callOnError } from '../captions/callOnError.ts';
import { checkOptionRules, integer, text } from '../optionRules.ts';
import type { OptionRule } from '../optionRules.ts';
import { CONSUMER_NOT_FOUND, STREAM_NOT_FOUND, apiCode, delay, notSetUp, openBroker, untilAnswered } from './nats.ts';
import type { Broker } from './nats.ts';
import { findPermits } from './permits.ts';
import { STREAMS, WORKERS } from './protocol.ts';
import { serveRoom } from './serveRoom.ts';
import type { RoomTranscribeOptions } from './serveRoom.ts';
import { WorkerCounts } from './workerMetrics.ts';
import type { WorkerMetrics } from './workerMetrics.ts';

/** Options of {@link serveRooms}. */
export interface ServeRoomsOptions {
  /** Returns the options of `transcribe()` for a room. The sample rate and the encoding are those of the edge. */
  readonly transcribe: (room: string) => RoomTranscribeOptions;
  /** The most rooms that this worker transcribes at once, 1 to 10000. @defaultValue 50 */
  readonly slots?: number;
  /** The name of this worker in the log. @defaultValue the host and the process */
  readonly name?: string;
  /** Hands over all rooms and completes: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
  /** Called when the transcription of a room fails; the room is tried again, by any worker. @defaultValue ignored */
  readonly onError?: (error: unknown, room: string) => void;
}

const aFunction: OptionRule = { accepts: (value) => typeof value === 'function', expected: 'a function' };

const RULES: Readonly<Record<keyof ServeRoomsOptions, OptionRule>> = {
  transcribe: aFunction,
  slots: integer(1, 10_000),
  name: text(100),
  stop: {
    accepts: (value) => typeof value === 'object' || typeof value === 'function',
    expected: 'an Observable or a signal',
  },
  onError: aFunction,
};

const METRICS_MS = 1000;
/** How long one request for a job lasts, in milliseconds: a worker that stops waits for its end. */
const PULL_MS = 1000;
/** The pause before the next request: a worker with more rooms asks later, so that rooms spread. */
const PAUSE_MS = 2;
const PAUSE_PER_ROOM_MS = 1;
/** How often a worker with all slots taken looks for a free one, in milliseconds. */
const FULL_MS = 100;

/**
 * A worker: takes rooms from the queue and transcribes each, from where another worker stopped if there was one.
 *
 * | What happens                | Its rooms                              | Observable                     |
 * | --------------------------- | -------------------------------------- | ------------------------------ |
 * | `stop` emits or aborts      | handed over, within milliseconds       | complete                       |
 * | unsubscribe                 | handed over                            | nothing                        |
 * | the process is killed       | taken by others when its lease ends    | –                              |
 * | the broker is away          | continue; events are stored afterwards | continues                      |
 * | the connection is closed    | taken by others when its lease ends    | `TranscriptionError`           |
 * | a transcription fails       | that room is tried again; `onError`    | continues                      |
 *
 * @example
 * import { connect } from '@nats-io/transport-node';
 * import { serveRooms } from 'rxscribe/rooms';
 *
 * const nc = await connect({ servers: 'nats://127.0.0.1:4222', maxReconnectAttempts: -1 });
 * serveRooms(nc, {
 *   slots: 50,
 *   transcribe: () => ({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro' }),
 * }).subscribe((metrics) => console.log(metrics.rooms));
 *
 * @param nc A connection with `maxReconnectAttempts: -1`, so that the worker outlives a broker that restarts.
 * @returns Emits metrics each second; each subscription is a worker of its own.
 * @throws {TypeError | RangeError} when an option is missing or not accepted.
 */
export function serveRooms(nc: NatsConnection, options: ServeRoomsOptions): Observable<WorkerMetrics> {
  checkOptionRules(options, RULES);
  if (typeof options.transcribe !== 'function') throw new TypeError('transcribe is missing: a function of a room');
  return new Observable((subscriber) => {
    const worker = new Worker(nc, options, subscriber);
    subscriber.add(() => worker.leave());
    worker.run().then(
      () => subscriber.complete(),
      (error) => subscriber.error(error),
    );
  });
}

class Worker {
  readonly #nc: NatsConnection;
  readonly #options: ServeRoomsOptions;
  readonly #counts = new WorkerCounts();
  readonly #leaving = new AbortController();
  readonly #rooms = new Set<Promise<void>>();
  readonly #subscriber: Subscriber<WorkerMetrics>;

  constructor(nc: NatsConnection, options: ServeRoomsOptions, subscriber: Subscriber<WorkerMetrics>) {
    this.#nc = nc;
    this.#options = options;
    this.#subscriber = subscriber;
    subscriber.add(
      stopSignal(options.stop).subscribe({ next: () => this.leave(), error: (error) => subscriber.error(error) }),
    );
  }

  /** Hands over all rooms. */
  leave(): void {
    this.#leaving.abort();
  }

  async run(): Promise<void> {
    const { slots = 50, name = `${hostname()}-${process.pid}`, transcribe, onError = () => undefined } = this.#options;
    const { signal } = this.#leaving;
    setMaxListeners(0, signal); // one for each room
    const broker = await openBroker(this.#nc);
    const [jobs, permit] = [await openJobs(broker), await findPermits(broker, this.#counts)];
    const { ack_wait = 0 } = (await jobs.info(true)).config;
    const context = {
      broker,
      worker: name,
      counts: this.#counts,
      lease: ack_wait / 1e6,
      permit,
      transcribe,
      onError: (error: unknown, room: string) => callOnError((each: unknown) => onError(each, room), error),
      leaving: signal,
    };
    const timer = setInterval(() => this.#subscriber.next(this.#counts.take()), METRICS_MS);
    try {
      while (!signal.aborted) {
        if (this.#counts.rooms >= slots) {
          await delay(FULL_MS, signal);
          continue;
        }
        const job = await untilAnswered(
          broker,
          () => jobs.next({ expires: PULL_MS }),
          () => signal.aborted,
        );
        if (!job) continue;
        // the last request may return a room that was just handed over
        if (signal.aborted) job.nak();
        else this.#serve(serveRoom(job, context));
        await delay(PAUSE_MS + PAUSE_PER_ROOM_MS * this.#counts.rooms * Math.random(), signal);
      }
      await Promise.all(this.#rooms);
      await this.#nc.flush();
    } finally {
      this.leave();
      clearInterval(timer);
      this.#subscriber.next(this.#counts.take());
    }
  }

  #serve(served: Promise<void>): void {
    this.#counts.rooms++;
    const room = served.finally(() => {
      this.#counts.rooms--;
      this.#rooms.delete(room);
    });
    this.#rooms.add(room);
  }
}

async function openJobs(broker: Broker): Promise<Consumer> {
  const jobs = await untilAnswered(broker, async () => {
    try {
      return await broker.js.consumers.get(STREAMS.jobs, WORKERS);
    } catch (error) {
      const code = apiCode(error);
      if (code === STREAM_NOT_FOUND || code === CONSUMER_NOT_FOUND) return undefined;
      throw error;
    }
  });
  if (!jobs) throw notSetUp();
  return jobs;
}
