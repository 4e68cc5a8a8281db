import { randomBytes } from 'node:crypto';
import { START, advance } from '../../operators/checkpoint.ts';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { monotonicNow } from '../monotonicNow.ts';
import { REQUEST_MS, RETRY_MS, WRONG_LAST_SEQUENCE, apiCode, delay, permanentFailure, untilAnswered } from './nats.ts';
import type { Broker } from './nats.ts';
import { SUBJECTS, encodeLogEntry, headersOf, lastLogEntry } from './protocol.ts';
import type { LogEntry } from './protocol.ts';
import type { WorkerCounts } from './workerMetrics.ts';

/** What the log needs to know of the tape: where a worker that takes over has to read. */
export interface TapePosition {
  /** The sequence in the stream from which the audio at a position can be read. */
  sequenceAt(positionMs: number): number;
  /** How many control messages were taken. */
  readonly controls: number;
  /** Wall clock of byte 0, in milliseconds since 1970; 0 until there is audio. */
  readonly origin: number;
}

/** The most events that wait for the broker without being stored; more partials than that are dropped. */
const MOST_UNSTORED = 100;

/**
 * The log of one room: transcript, checkpoint, lease and fence in one subject.
 *
 * An append is accepted only directly after the last message that this worker knows. So of two workers that take a room one
 * succeeds, and a worker whose room was taken is refused at its next append.
 */
export class RoomLog {
  checkpoint: Checkpoint = START;
  epoch = 0;
  /** The tape, once there is one. */
  tape: TapePosition = { sequenceAt: () => 0, controls: 0, origin: 0 };
  /** Called once when nothing can be appended any more: another worker has the room, or the broker gave this error. */
  onLost: (error?: unknown) => void = () => undefined;
  readonly #broker: Broker;
  readonly #room: string;
  readonly #worker: string;
  readonly #counts: WorkerCounts;
  #isClosed = false;
  /** The sequence of the last message of the subject. */
  #sequence = 0;
  /** Appends happen one after the other. */
  #pending: Promise<void> = Promise.resolve();
  #unstored = 0;

  constructor(broker: Broker, room: string, worker: string, counts: WorkerCounts) {
    this.#broker = broker;
    this.#room = room;
    this.#worker = worker;
    this.#counts = counts;
  }

  /** Whether nothing is appended any more: another worker has the room, or this one left it. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Takes the room.
   *
   * @returns `lost` if another worker was faster, `done` if the room has ended.
   */
  async take(): Promise<'taken' | 'lost' | 'done'> {
    const last = await this.last();
    if (this.#isClosed) return 'lost';
    if (last?.type === 'Done') return 'done';
    const { sequence = 0, checkpoint = START, epoch = 0, tape = 0, controls = 0, origin = 0 } = last ?? {};
    this.#sequence = sequence;
    this.checkpoint = checkpoint;
    this.epoch = epoch + 1;
    this.tape = { sequenceAt: () => tape, controls, origin };
    await this.#append('Took', { type: 'Took', worker: this.#worker });
    return this.#isClosed ? 'lost' : 'taken';
  }

  /** Reads the last message of the room. */
  last(): Promise<LogEntry | undefined> {
    return untilAnswered(
      this.#broker,
      () => lastLogEntry(this.#broker, this.#room),
      () => this.#isClosed,
    );
  }

  /** Appends an event of the transcription. */
  append(event: TranscriptionEvent): Promise<void> {
    this.checkpoint = advance(this.checkpoint, event);
    return this.#append(event.type, event);
  }

  /** Appends that the room is done. */
  finish(): Promise<void> {
    return this.#append('Done', { type: 'Done' });
  }

  /** Publishes an event that is not stored, after the appends so far. */
  publish(event: TranscriptionEvent): void {
    if (this.#isClosed || this.#unstored > MOST_UNSTORED) return;
    this.#unstored++;
    const data = JSON.stringify(event);
    this.#pending = this.#pending.then(() => {
      this.#unstored--;
      const { nc } = this.#broker;
      if (this.#isClosed || nc.isClosed()) return;
      nc.publish(SUBJECTS.live(this.#room), data, { headers: headersOf(this.#broker, { Epoch: this.epoch }) });
    });
  }

  /** Stops appending, once what was appended so far is stored. */
  async close(): Promise<void> {
    await this.#pending;
    this.#isClosed = true;
  }

  /** Stops appending at once. */
  abandon(): void {
    this.#isClosed = true;
  }

  #append(type: string, event: object): Promise<void> {
    const data = JSON.stringify(event);
    const entry = {
      epoch: this.epoch,
      type,
      id: randomBytes(6).toString('base64url'),
      worker: this.#worker,
      checkpoint: this.checkpoint,
      tape: this.tape.sequenceAt(this.checkpoint.positionMs),
      controls: this.tape.controls,
      origin: this.tape.origin,
    };
    this.#pending = this.#pending.then(() => this.#store(data, entry));
    return this.#pending;
  }

  async #store(data: string, entry: Omit<LogEntry, 'sequence'>): Promise<void> {
    const { js, nc } = this.#broker;
    const startedAt = monotonicNow();
    while (!this.#isClosed) {
      try {
        const { seq } = await js.publish(SUBJECTS.log(this.#room), data, {
          headers: encodeLogEntry(this.#broker, entry),
          expect: { lastSubjectSequence: this.#sequence },
          timeout: REQUEST_MS,
        });
        this.#sequence = seq;
        this.#counts.appends.push(monotonicNow() - startedAt);
        return;
      } catch (error) {
        if (this.#isClosed) return;
        const failure = permanentFailure(nc, error);
        if (failure) return this.#lose(failure);
        if (apiCode(error) === WRONG_LAST_SEQUENCE) return this.#settle(entry.id);
        await delay(RETRY_MS); // whether an append without an answer was stored, the next attempt shows
      }
    }
  }

  /** The last message is not the one expected: either it is this append, stored without an answer, or the room is lost. */
  async #settle(id: string): Promise<void> {
    try {
      const last = await this.last();
      if (this.#isClosed) return;
      if (last?.id !== id) {
        this.#counts.refused++;
        return this.#lose();
      }
      this.#sequence = last.sequence;
      this.#counts.unanswered++;
    } catch (error) {
      this.#lose(error);
    }
  }

  #lose(error?: unknown): void {
    this.#isClosed = true;
    this.onLost(error);
  }
}
