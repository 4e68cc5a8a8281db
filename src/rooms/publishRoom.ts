import { Observable, from } from 'rxjs';
import type { ObservableInput, OperatorFunction, Subscriber } from 'rxjs';
import type { NatsConnection } from '@nats-io/transport-node';
import type { ControlMessage } from '../../operators/events.ts';
import { MAX_FRAME_MS, MIN_FRAME_MS, bytesToMs, isLegalFrame, msToBytes } from '../audio/pcm.ts';
import type { PcmEncoding } from '../audio/pcm.ts';
import { pauseSource } from '../backpressure.ts';
import { TranscriptionError } from '../errors.ts';
import { takeLostAudio } from '../lostAudio.ts';
import { monotonicNow } from '../monotonicNow.ts';
import { checkOptionRules, integer, oneOf, range, text } from '../optionRules.ts';
import type { OptionRule } from '../optionRules.ts';
import { readControlMessage } from '../streaming/controlMessage.ts';
import { DiskSpool } from './diskSpool.ts';
import { REQUEST_MS, RETRY_MS, delay, notSetUp, openBroker, permanentFailure, untilAnswered } from './nats.ts';
import type { Broker } from './nats.ts';
import { SUBJECTS, checkRoom, encodeJob, encodeTape } from './protocol.ts';
import type { TapeMessage } from './protocol.ts';
import { EMPTY_ROOM, readTail } from './roomTail.ts';
import type { Tail } from './roomTail.ts';
import { MemorySpool } from './spool.ts';
import type { Spool, SpoolItem } from './spool.ts';

/** Options of {@link publishRoom}. */
export interface PublishRoomOptions {
  /** Sample rate of the frames, 8000 to 96000 Hz. @defaultValue 16000 */
  readonly sampleRate?: number;
  /** The encoding of a sample. @defaultValue 'pcm_s16le' */
  readonly encoding?: PcmEncoding;
  /**
   * For a recording: where the source starts on the clock of the room, in milliseconds; what is stored already is skipped.
   * Without it the source is live: after a restart it continues at the present time, after an `AudioGap`. @defaultValue live
   */
  readonly startMs?: number;
  /** Control messages, each for the audio that follows. If it errors or completes, the room continues. */
  readonly control?: ObservableInput<ControlMessage>;
  /**
   * A folder for audio that the broker has not stored yet; the next process continues with it. One room per folder. @defaultValue in memory
   */
  readonly spool?: string;
  /** The most audio that waits for the broker, in milliseconds; beyond it the oldest is dropped. @defaultValue 600000 */
  readonly spoolLength?: number;
  /** Whether the completion of the source is not the end of the room, as when only this process ends. @defaultValue never */
  readonly isInterrupted?: () => boolean;
}

/** How much audio of a room is stored. Durations in milliseconds. */
export interface PublishedAudio {
  /** Audio received from the source. */
  readonly capturedMs: number;
  /** Where the stored audio ends on the clock of the room. */
  readonly storedMs: number;
  /** Audio that waits for the broker. */
  readonly waitingMs: number;
  /** Audio that was dropped because the spool was full. */
  readonly droppedMs: number;
}

const isFunction: OptionRule = { accepts: (value) => typeof value === 'function', expected: 'a function' };

const RULES: Readonly<Record<keyof PublishRoomOptions, OptionRule>> = {
  sampleRate: integer(8000, 96_000, 'Hz'),
  encoding: oneOf('pcm_s16le', 'pcm_mulaw'),
  startMs: range(0, Number.MAX_SAFE_INTEGER, 'ms'),
  control: {
    accepts: (value) => value !== null && ['object', 'function'].includes(typeof value),
    expected: 'an Observable',
  },
  spool: text(),
  spoolLength: integer(10_000, 7 * 86_400_000, 'ms'),
  isInterrupted: isFunction,
};

/** The most messages that wait for an answer at once, so that a distant broker can keep up. */
const WINDOW = 16;
/** A source that can wait is paused while more audio than this waits, in milliseconds. */
const MOST_UNSTORED_MS = 5000;
/** A live source that restarts within this time continues without a gap, in milliseconds. */
const SHORTEST_GAP_MS = 100;
/** How long no stream may accept the first message before the broker counts as not set up, in milliseconds. */
const NOT_SET_UP_MS = 10_000;

/**
 * The edge of a room: stores frames in the broker, from where workers transcribe them. Its completion ends the room.
 *
 * The source is subscribed at once. While the broker is away, audio waits in memory or on the disk. An edge that restarts
 * continues its room: a recording where it stopped, a live source at the present time. Only one edge may publish a room.
 *
 * | What happens            | Source       | The room                          | Downstream                |
 * | ----------------------- | ------------ | --------------------------------- | ------------------------- |
 * | source completes        | finalized    | ends once everything is stored    | complete                  |
 * | source errors           | finalized    | stays open; what waits is stored  | that error                |
 * | the broker is away      | continues    | waits                             | continues                 |
 * | the spool is full       | continues    | an `AudioGap`, `tape-full`        | continues                 |
 * | the room has ended      | unsubscribed | –                                 | `TranscriptionError`      |
 * | downstream unsubscribes | unsubscribed | stays open                        | nothing                   |
 *
 * @example
 * import { connect } from '@nats-io/transport-node';
 * import { microphone } from 'rxscribe';
 * import { bufferBytes } from 'rxscribe/operators';
 * import { publishRoom } from 'rxscribe/rooms';
 *
 * const nc = await connect({ servers: 'nats://127.0.0.1:4222', maxReconnectAttempts: -1 });
 * microphone()
 *   .pipe(bufferBytes(3200), publishRoom(nc, 'hall-1'))
 *   .subscribe(({ storedMs }) => console.log(storedMs));
 *
 * @param nc A connection with `maxReconnectAttempts: -1`, so that the edge outlives a broker that restarts.
 * @param room 1 to 64 letters, digits, `-` and `_`; a name that was not used before.
 * @returns An operator that accepts frames of 50 to 1000 ms and emits how much audio is stored.
 * @throws {TypeError | RangeError} when an argument is not accepted.
 */
export function publishRoom(
  nc: NatsConnection,
  room: string,
  options: PublishRoomOptions = {},
): OperatorFunction<Uint8Array, PublishedAudio> {
  checkRoom(room);
  checkOptionRules(options, RULES);
  return (source) => new Observable((subscriber) => new Edge(nc, room, options, subscriber).start(source));
}

/** Where the stored audio ends, and which process recorded the last of it, if it is known. */
interface EdgeTail extends Tail {
  readonly run?: number;
}

class Edge {
  readonly #nc: NatsConnection;
  readonly #room: string;
  readonly #options: PublishRoomOptions;
  readonly #format: { readonly sampleRate: number; readonly encoding: PcmEncoding };
  readonly #spool: Spool;
  readonly #subscriber: Subscriber<PublishedAudio>;
  /** The wall clock of the first byte of this process. */
  #run = 0;
  #capturedBytes = 0;
  #tail: EdgeTail = EMPTY_ROOM;
  /** Set when the source has ended, with its error if there was one. */
  #sourceEnd: { readonly error?: unknown } | undefined;
  #wake: () => void = () => undefined;
  /** Sources that wait until there is less to store. */
  #paused: (() => void)[] = [];

  constructor(nc: NatsConnection, room: string, options: PublishRoomOptions, subscriber: Subscriber<PublishedAudio>) {
    const { sampleRate = 16_000, encoding = 'pcm_s16le', spool, spoolLength = 600_000 } = options;
    this.#nc = nc;
    this.#room = room;
    this.#options = options;
    this.#format = { sampleRate, encoding };
    this.#subscriber = subscriber;
    const mostBytes = msToBytes(spoolLength, this.#format);
    this.#spool = spool === undefined ? new MemorySpool(mostBytes) : new DiskSpool(spool, room, mostBytes);
  }

  start(source: Observable<Uint8Array>): void {
    const subscriber = this.#subscriber;
    subscriber.add(() => this.#close());
    const { control } = this.#options;
    const fail = (error: unknown): void => subscriber.error(error);
    if (control) {
      const onControl = (message: ControlMessage): void => this.#try(() => this.#record(new Uint8Array(0), message));
      subscriber.add(from(control).subscribe({ next: onControl, error: () => undefined }));
    }
    subscriber.add(
      source.subscribe({
        next: (frame) => this.#try(() => this.#receive(frame)),
        error: (error: unknown) => this.#endSource({ error }),
        complete: () => this.#endSource({}),
      }),
    );
    if (!subscriber.closed) this.#publish().then(() => this.#finish(), fail);
  }

  /** Reports an error of the spool or of a frame downstream. */
  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#subscriber.error(error);
    }
  }

  #receive(frame: Uint8Array): void {
    if (!isLegalFrame(frame.length, this.#format)) {
      throw new TranscriptionError(
        'audio-format',
        `a frame of ${frame.length} bytes is ${bytesToMs(frame.length, this.#format).toFixed(1)} ms; a room takes whole ` +
          `samples, ${MIN_FRAME_MS} to ${MAX_FRAME_MS} ms: put bufferBytes before publishRoom()`,
      );
    }
    this.#startRun(bytesToMs(frame.length, this.#format));
    this.#record(frame);
    if (this.#ms(this.#spool.bytes) > MOST_UNSTORED_MS) {
      pauseSource(() => new Promise((resolve) => this.#paused.push(resolve)));
    }
  }

  /** @param recordedMs The length of the first frame, which is recorded by now. */
  #startRun(recordedMs: number): void {
    if (this.#run > 0) return;
    this.#run = Math.round(Date.now() - recordedMs);
    const { startMs } = this.#options;
    if (startMs !== undefined) this.#spool.setBase(this.#run, msToBytes(startMs, this.#format));
  }

  #record(data: Uint8Array, control?: ControlMessage, isEnd?: boolean): void {
    this.#startRun(0);
    const lost = [...takeLostAudio()];
    this.#spool.push({ run: this.#run, offset: this.#capturedBytes, data, lost, control, isEnd });
    this.#capturedBytes += data.length;
    this.#wake();
  }

  #endSource(end: { readonly error?: unknown }): void {
    if (this.#subscriber.closed) return;
    const isInterrupted = 'error' in end || this.#options.isInterrupted?.() === true;
    if (!isInterrupted) this.#try(() => this.#record(new Uint8Array(0), undefined, true));
    this.#sourceEnd = end;
    this.#wake();
  }

  #finish(): void {
    const end = this.#sourceEnd;
    if (end && 'error' in end) this.#subscriber.error(end.error);
    else this.#subscriber.complete();
  }

  #close(): void {
    this.#wake();
    this.#resume();
    this.#spool.close();
  }

  #resume(): void {
    for (const resume of this.#paused.splice(0)) resume();
  }

  /** Publishes what is recorded until the source has ended and everything is stored. */
  async #publish(): Promise<void> {
    const broker = await openBroker(this.#nc);
    await this.#join(broker);
    this.#acceptControl(broker);
    while (!this.#subscriber.closed) {
      const waiting = this.#spool.peek(WINDOW);
      if (waiting.length === 0) {
        if (this.#sourceEnd) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const isStored = await this.#store(broker, waiting);
      if (this.#subscriber.closed) return;
      if (this.#ms(this.#spool.bytes) <= MOST_UNSTORED_MS) this.#resume();
      this.#report();
      if (!isStored) await delay(RETRY_MS);
    }
  }

  /** Takes control messages from `controlRoom()`. */
  #acceptControl({ nc }: Broker): void {
    const subscription = nc.subscribe(SUBJECTS.control(this.#room), {
      callback: (error, message) => {
        if (error || this.#subscriber.closed) return; // without permission, only this process sends control messages
        const checked = parseControl(message.string());
        if (typeof checked !== 'string') this.#try(() => this.#record(new Uint8Array(0), checked));
        message.respond(typeof checked === 'string' ? checked : '');
      },
    });
    this.#subscriber.add(() => {
      if (!nc.isClosed()) subscription.unsubscribe();
    });
  }

  /** Finds out where the room continues, and puts its job into the queue. */
  async #join(broker: Broker): Promise<void> {
    const isCancelled = (): boolean => this.#subscriber.closed;
    const tail = await untilAnswered(broker, () => readTail(broker, this.#room, this.#format), isCancelled);
    if (tail?.hasEnded) {
      this.#spool.removeUpTo(Infinity); // what an earlier process left of it
      throw new TranscriptionError(
        'invalid-input',
        `room ${this.#room} has ended; choose a name that was not used before`,
      );
    }
    this.#tail = tail ?? this.#tail;
    await this.#putJob(broker);
  }

  async #putJob(broker: Broker): Promise<void> {
    const startedAt = monotonicNow();
    while (!this.#subscriber.closed) {
      try {
        const job = encodeJob({ room: this.#room, ...this.#format });
        await broker.js.publish(SUBJECTS.job(this.#room), job, { timeout: REQUEST_MS });
        return;
      } catch (error) {
        if (String(error).includes('maximum messages per subject')) return; // it is there already
        const failure = permanentFailure(this.#nc, error);
        if (failure) throw failure;
        const isRefused = error instanceof Error && error.name === 'JetStreamNotEnabled';
        if (isRefused && monotonicNow() - startedAt > NOT_SET_UP_MS) throw notSetUp(error);
        await delay(RETRY_MS);
      }
    }
  }

  /**
   * Publishes some items at once. Those behind one that was not stored are published again, so that the stream never ends
   * with a hole; workers drop what they have read.
   *
   * @returns Whether all were stored.
   */
  async #store(
    broker: Broker,
    waiting: readonly { readonly number: number; readonly item: SpoolItem }[],
  ): Promise<boolean> {
    let tail = this.#tail;
    const tails: (typeof tail)[] = [];
    const answers = waiting.map(({ item }) => {
      const placed = this.#place(item, tail);
      tail = placed?.tail ?? tail;
      tails.push(tail);
      if (!placed) return Promise.resolve(); // it is stored already
      const { data, headers } = encodeTape(broker, placed.message);
      return broker.js.publish(SUBJECTS.audio(this.#room), data, { headers, timeout: REQUEST_MS });
    });
    const results = await Promise.allSettled(answers);
    const failed = results.findIndex(({ status }) => status === 'rejected');
    const stored = failed < 0 ? results.length : failed;
    const lastStored = waiting[stored - 1];
    if (this.#subscriber.closed) return true;
    if (lastStored) {
      this.#tail = tails[stored - 1] ?? this.#tail;
      this.#spool.removeUpTo(lastStored.number);
    }
    const failure = results[failed];
    if (failure?.status !== 'rejected') return true;
    const permanent = permanentFailure(this.#nc, failure.reason);
    if (permanent) throw permanent;
    return false;
  }

  /** Decides where an item is in the audio of the room; `undefined` if it is stored already. */
  #place(
    item: SpoolItem,
    tail: EdgeTail,
  ): { readonly message: Omit<TapeMessage, 'sequence'>; readonly tail: EdgeTail } | undefined {
    const { run, offset, data, isEnd = false, control } = item;
    const origin = tail.origin ?? run;
    const base = this.#baseOf(run, tail, origin);
    const at = base + offset;
    const isNew = at + data.length > tail.end || ((isEnd || control !== undefined) && at >= tail.end);
    if (!isNew) return undefined;
    const reason = run === tail.run ? ('tape-full' as const) : ('restart' as const);
    const baseMs = bytesToMs(base, this.#format);
    const controls = tail.controls + (control ? 1 : 0);
    const message = {
      at,
      origin,
      data,
      isEnd,
      control,
      controls,
      hole: at > tail.end ? { from: tail.end, reason: tail.origin === undefined ? 'tape-full' : reason } : undefined,
      lost: item.lost.map(({ startMs, endMs }) => ({ startMs: baseMs + startMs, endMs: baseMs + endMs })),
    } as const;
    return { message, tail: { end: at + data.length, origin, controls, hasEnded: isEnd, run } };
  }

  /** Where what a process recorded starts in the audio of the room, in bytes. */
  #baseOf(run: number, { end }: Tail, origin: number): number {
    const known = this.#spool.bases.get(run);
    if (known !== undefined) return known;
    const clock = msToBytes(Math.max(0, run - origin), this.#format);
    const base = clock - end >= msToBytes(SHORTEST_GAP_MS, this.#format) ? clock : end;
    this.#spool.setBase(run, base);
    return base;
  }

  #report(): void {
    this.#subscriber.next({
      capturedMs: this.#ms(this.#capturedBytes),
      storedMs: this.#ms(this.#tail.end),
      waitingMs: this.#ms(this.#spool.bytes),
      droppedMs: this.#ms(this.#spool.droppedBytes),
    });
  }

  #ms(bytes: number): number {
    return bytesToMs(bytes, this.#format);
  }
}

/** Reads a control message; a string is why it is none. */
function parseControl(json: string): ControlMessage | string {
  try {
    return readControlMessage(JSON.parse(json));
  } catch {
    return 'a control message must be JSON';
  }
}
