import type { JsMsg } from '@nats-io/jetstream';
import type { AudioGap, Stats, TranscriptionEvent } from '../../operators/events.ts';
import type { Checkpoint } from '../../operators/checkpoint.ts';
import { bytesToMs, msToBytes } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { pcmStream } from '../audio/pcmStream.ts';
import { withLostAudio } from '../durable/withLostAudio.ts';
import { TranscriptionError } from '../errors.ts';
import type { TranscribeOptions } from '../streaming/options.ts';
import { transcribe } from '../streaming/transcribe.ts';
import { delay, untilAnswered } from './nats.ts';
import type { Broker } from './nats.ts';
import { PERMIT_CONNECT_TIMEOUT_MS, withPermit } from './permits.ts';
import type { Permit } from './permits.ts';
import { STREAMS, SUBJECTS, decodeJob, decodeLiveTape, decodeTape } from './protocol.ts';
import type { Job, TapeMessage } from './protocol.ts';
import { keepLease } from './keepLease.ts';
import { RoomLog } from './roomLog.ts';
import { RoomTape } from './roomTape.ts';
import type { TapeItem } from './roomTape.ts';
import { Stretch, TapeReader } from './stretch.ts';
import type { WorkerCounts } from './workerMetrics.ts';

/** The options of `transcribe()` for a room; the format of the audio is that of the edge. */
export interface RoomTranscribeOptions extends Omit<TranscribeOptions, 'from' | 'control' | 'sampleRate' | 'encoding'> {
  /** Ignored: the edge declares the sample rate of its room. */
  readonly sampleRate?: number;
}

/** What all rooms of a worker share. */
export interface WorkerContext {
  readonly broker: Broker;
  readonly worker: string;
  readonly counts: WorkerCounts;
  /** In milliseconds. */
  readonly lease: number;
  readonly permit: Permit | undefined;
  readonly transcribe: (room: string) => RoomTranscribeOptions;
  readonly onError: (error: unknown, room: string) => void;
  /** Aborts when the worker hands over its rooms. */
  readonly leaving: AbortSignal;
}

/** How the work on a room ended. */
type Outcome = 'done' | 'failed' | 'lost' | 'left';

/** When a room whose transcription failed is tried again, in milliseconds, and if the error is not worth a retry. */
const RETRY_FAILED_MS = 1000;
const RETRY_REFUSED_MS = 10_000;
/** How long a worker that leaves waits for its last append, in milliseconds. */
const LEAVE_MS = 2000;

/** Transcribes one room until it ends or fails, another worker takes it, or it is handed over. */
export async function serveRoom(message: JsMsg, context: WorkerContext): Promise<void> {
  const job = decodeJob(message.string());
  if (!job) {
    context.onError(new TranscriptionError('protocol', `the job on ${message.subject} is not valid`), message.subject);
    return message.term();
  }
  await new ServedRoom(message, job, context).serve();
}

class ServedRoom {
  readonly #message: JsMsg;
  readonly #job: Required<Job>;
  readonly #context: WorkerContext;
  readonly #log: RoomLog;
  readonly #interrupted: Promise<Outcome>;
  #interrupt: (outcome: Outcome) => void = () => undefined;
  readonly #stopped = new AbortController();
  #retryMs = RETRY_FAILED_MS;
  /** Whether only the end is still to be stored: it is not handed over. */
  #isEnding = false;

  constructor(message: JsMsg, job: Required<Job>, context: WorkerContext) {
    this.#message = message;
    this.#job = job;
    this.#context = context;
    this.#log = new RoomLog(context.broker, job.room, context.worker, context.counts);
    this.#interrupted = new Promise((resolve) => {
      this.#interrupt = resolve;
    });
  }

  async serve(): Promise<void> {
    const { counts, lease, leaving, onError } = this.#context;
    const log = this.#log;
    log.onLost = (error) => {
      if (error !== undefined) onError(error, this.#job.room);
      this.#interrupt('lost');
    };
    const leave = (): void => {
      if (!this.#isEnding) this.#interrupt('left');
    };
    leaving.addEventListener('abort', leave);
    if (leaving.aborted) leave();
    const stopLease = keepLease(this.#message, log, lease, () => this.#interrupt('lost'));
    try {
      const taken = await Promise.race([log.take(), this.#interrupted]);
      if (taken === 'taken') counts.taken++;
      const outcome = taken === 'taken' ? await Promise.race([this.#transcribe(), this.#interrupted]) : taken;
      await this.#settle(outcome, taken === 'taken');
    } catch (error) {
      log.abandon();
      onError(error, this.#job.room);
    } finally {
      this.#stopped.abort();
      stopLease();
      leaving.removeEventListener('abort', leave);
    }
  }

  /** Returns the job to the queue, or removes it. */
  async #settle(outcome: Outcome, isTaken: boolean): Promise<void> {
    const { broker, counts } = this.#context;
    this.#stopped.abort();
    if (outcome === 'left' || outcome === 'failed') {
      await Promise.race([this.#log.close(), delay(LEAVE_MS)]);
    }
    this.#log.abandon();
    if (outcome === 'done') await untilAnswered(broker, () => this.#message.ackAck());
    if (outcome === 'left') this.#message.nak();
    if (outcome === 'failed') this.#message.nak(this.#retryMs);
    if (!isTaken) return;
    counts[outcome === 'left' ? 'handedOver' : outcome]++;
  }

  /** Transcribes stretch by stretch from the checkpoint to the end of the tape. */
  async #transcribe(): Promise<Outcome> {
    const log = this.#log;
    const tape = this.#openTape();
    const reader = new TapeReader(tape.items());
    for (;;) {
      const { positionMs, gaps } = log.checkpoint;
      const limit = gaps[0] && msToBytes(gaps[0].startMs, this.#job);
      const stretch = new Stretch(reader, this.#job, msToBytes(positionMs, this.#job), limit);
      // a session is opened when there is audio, not before
      if ((await reader.peek()) === 'audio' && !(await this.#transcribeStretch(stretch))) return 'failed';
      if (log.isClosed || this.#stopped.signal.aborted) return 'lost';
      const item = await reader.next();
      if (!item) return 'lost';
      if (item.type === 'end') break;
      if (item.type === 'hole') await this.#appendHole(item);
      else reader.unread(item);
    }
    this.#isEnding = true;
    await log.finish();
    return log.isClosed ? 'lost' : 'done';
  }

  /** Opens the tape at the checkpoint; it is closed when the work on the room ends. */
  #openTape(): RoomTape {
    const { broker, counts } = this.#context;
    const { room } = this.#job;
    const { signal } = this.#stopped;
    const { positionMs } = this.#log.checkpoint;
    const tape = new RoomTape({
      position: msToBytes(positionMs, this.#job),
      sequence: this.#log.tape.sequenceAt(positionMs),
      controls: this.#log.tape.controls,
      origin: this.#log.tape.origin,
      bytesPerMs: bytesPerMs(this.#job),
      onCatchUp: (ms) => (counts.catchUpMs += ms),
      read: (sequence) =>
        untilAnswered(
          broker,
          () => readTape(broker, room, sequence),
          () => signal.aborted,
        ),
    });
    this.#log.tape = tape;
    const subscription = broker.nc.subscribe(SUBJECTS.tape(room), {
      callback: (error, message) => {
        if (error) return;
        const frame = decodeLiveTape(message);
        const lengthMs = frame.data.length / bytesPerMs(this.#job);
        counts.audioMs += lengthMs;
        if (lengthMs > 0)
          counts.frameDelays.push(Date.now() - frame.origin - frame.at / bytesPerMs(this.#job) - lengthMs);
        tape.receive(frame);
      },
    });
    signal.addEventListener('abort', () => {
      if (!broker.nc.isClosed()) subscription.unsubscribe();
      tape.close();
    });
    return tape;
  }

  /** @returns Whether the transcription reached the end of the stretch. */
  #transcribeStretch(stretch: Stretch): Promise<boolean> {
    const { room, sampleRate, encoding } = this.#job;
    const { permit, onError } = this.#context;
    const log = this.#log;
    const from = log.checkpoint;
    const { signal } = this.#stopped;
    return new Promise((resolve) => {
      let isComplete = true;
      const fail = (error: unknown): void => {
        this.#retryMs = error instanceof TranscriptionError && !error.retryable ? RETRY_REFUSED_MS : RETRY_FAILED_MS;
        if (!signal.aborted) onError(error, room);
        resolve(false);
      };
      try {
        const own = this.#context.transcribe(room);
        const options = { ...(permit ? withPermits(own, permit) : own), sampleRate, encoding, from };
        const subscription = pcmStream(stretch.frames(), { encoding })
          .pipe(
            withLostAudio(stretch.lost, from.positionMs, this.#job),
            transcribe({ ...options, control: stretch.control$ }),
          )
          .subscribe({
            next: (event) => {
              // the audio after a failure is transcribed by the next worker, so its gap is not stored
              isComplete &&= !(
                event.type === 'AudioGap' &&
                (event.reason === 'error' || event.reason === 'end-timeout')
              );
              if (isComplete) this.#report(event);
            },
            error: fail,
            complete: () => resolve(isComplete),
          });
        signal.addEventListener('abort', () => subscription.unsubscribe());
        if (signal.aborted) subscription.unsubscribe();
      } catch (error) {
        fail(error);
      }
    });
  }

  #report(event: TranscriptionEvent): void {
    if (isStored(event)) void this.#log.append(event);
    else this.#log.publish(event);
  }

  /** Appends that there is no audio between two positions, and the totals after that. */
  async #appendHole({ from, to, reason }: Extract<TapeItem, { type: 'hole' }>): Promise<void> {
    const log = this.#log;
    const { positionMs, session } = log.checkpoint;
    const startMs = Math.max(positionMs, bytesToMs(from, this.#job));
    const endMs = bytesToMs(to, this.#job);
    if (endMs <= startMs) return;
    const gap: AudioGap = { type: 'AudioGap', startMs, endMs, reason, session: Math.max(0, session - 1) };
    void log.append(gap);
    await log.append(totals(log.checkpoint));
  }
}

/** The totals at a checkpoint. */
function totals(checkpoint: Checkpoint): Stats {
  const { positionMs, gapMs, skippedMs, openMs, sentMs, replayedMs, reconnects, session } = checkpoint;
  return {
    type: 'Stats',
    capturedMs: positionMs,
    sentMs,
    replayedMs,
    transcribedMs: positionMs - gapMs - skippedMs,
    gapMs,
    skippedMs,
    openMs,
    sessions: session,
    reconnects,
    finalDelayMs: undefined,
    session: Math.max(0, session - 1),
  };
}

/** Whether an event belongs to the transcript or its accounts; all others are published once and not kept. */
function isStored(event: TranscriptionEvent): boolean {
  switch (event.type) {
    case 'Turn':
      return event.isFinal;
    case 'Heartbeat':
    case 'Reconnecting':
    case 'Silence':
    case 'SpeechStarted':
    case 'Warning':
      return false;
    default:
      return true;
  }
}

function withPermits(options: RoomTranscribeOptions, permit: Permit): RoomTranscribeOptions {
  const { apiKey, token, connectTimeout = 0 } = options;
  return {
    ...options,
    ...(apiKey !== undefined && { apiKey: withPermit(apiKey, permit) }),
    ...(token !== undefined && { token: withPermit(token, permit) }),
    connectTimeout: Math.max(connectTimeout, PERMIT_CONNECT_TIMEOUT_MS),
  };
}

async function readTape({ jsm }: Broker, room: string, sequence: number): Promise<TapeMessage | undefined> {
  const query = { seq: Math.max(1, sequence), next_by_subj: SUBJECTS.audio(room) };
  const message = await jsm.direct.getMessage(STREAMS.audio, query);
  return message ? decodeTape(message.header, message.data, message.seq) : undefined;
}

function bytesPerMs(format: PcmFormat): number {
  return 1 / bytesToMs(1, format);
}
