import {
  EMPTY,
  NEVER,
  ReplaySubject,
  Subject,
  Subscription,
  catchError,
  concat,
  concatMap,
  defer,
  endWith,
  filter,
  finalize,
  firstValueFrom,
  map,
  merge,
  of,
  repeat,
  retry,
  switchMap,
  takeUntil,
  takeWhile,
  tap,
  throwError,
  timer,
} from 'rxjs';
import type { Observable } from 'rxjs';
import type {
  AudioGapReason,
  ControlMessage,
  FinalTurn,
  PartialTurn,
  Stats,
  TranscriptionEvent,
  Warning,
} from '../../operators/events.ts';
import { MIN_FRAME_MS, bytesToMs, frameBytes, msToBytes } from '../audio/pcm.ts';
import { pauseSource } from '../backpressure.ts';
import { TranscriptionError } from '../errors.ts';
import { monotonicNow } from '../monotonicNow.ts';
import { Ledger } from './ledger.ts';
import type { SessionSettings } from './settings.ts';
import { Playback } from './playback.ts';
import type { Shared } from './playback.ts';
import type { SessionEvent } from './message.ts';
import { RetryPolicy } from './retryPolicy.ts';
import type { session } from './session.ts';
import { Handover } from './handover.ts';
import type { PreparedSession } from './handover.ts';
import { Tape } from './tape.ts';
import { Timeline } from './timeline.ts';

/** How much audio may leave at once before the pace of catching up holds, in milliseconds. */
const BURST_MS = 10_000;
/** How often audio is let go of while nobody's turn ends, in milliseconds of audio: to reckon with each frame costs more. */
const TRIM_MS = 1000;
/** How far ahead of what was sent a source that can wait gets, in milliseconds; half the length of a shorter tape. */
const AHEAD_MS = 10_000;
/** How many sessions in a row may fall silent after everything was sent, before what is missing is given up. */
const SILENT_ENDINGS = 3;

const CONTROL_TYPES: ReadonlySet<unknown> = new Set(['ForceEndpoint', 'UpdateConfiguration', 'KeepAlive']);

/**
 * The sessions of one transcription, one after the other, told as if they were one.
 *
 * A session that breaks is followed by another as the policy decides; one that comes near its end, by a successor that is
 * connected before and takes over at the end of a turn. Each hears from the tape what the one before it had not finished.
 */
export class Relay {
  readonly #settings: SessionSettings;
  readonly #open: typeof session;
  readonly #tape: Tape;
  readonly #msPerByte: number;
  /** How much may wait to be sent, for the first time or again, until a source that can wait is held back, in milliseconds. */
  readonly #maxUnsentMs: number;
  readonly #shared: Shared;
  readonly #timeline: Timeline;
  readonly #ledger = new Ledger();
  readonly #policy: RetryPolicy;
  readonly #notices = new Subject<TranscriptionEvent>();
  readonly #sent = new Subject<void>();
  readonly #recorded = new Subject<void>();
  readonly #network: Observable<boolean> | undefined;
  readonly #finished = new ReplaySubject<void>(1);
  readonly #handover: Handover;
  #playback: Playback;
  #begunAt: number | undefined;
  #recordedAtBegin = 0;
  /** From where the next session will hear the tape, in bytes; it never goes back. */
  #replayFrom = 0;
  /** Where the tape was read when audio was last let go of, in milliseconds. */
  #trimmedAt = 0;
  #partial: PartialTurn | undefined;
  #silentEndings = 0;
  #ended = false;
  /** Whether there is a network, as far as is known. */
  #online = true;

  /**
   * @param open Opens a session.
   * @param network$ Emits when there is a network again, and when there is none any more, where somebody can tell.
   */
  constructor(settings: SessionSettings, open: typeof session, network$?: Observable<boolean>) {
    const { format } = settings;
    this.#settings = settings;
    this.#open = open;
    this.#network = network$?.pipe(tap((online) => (this.#online = online)));
    this.#policy = new RetryPolicy(settings);
    this.#timeline = new Timeline(settings.hasPartials);
    this.#msPerByte = bytesToMs(1, format);
    this.#maxUnsentMs = Math.min(AHEAD_MS, settings.tapeLength / 2);
    const silence = format.encoding === 'pcm_mulaw' ? 0xff : 0;
    this.#tape = new Tape(frameBytes(MIN_FRAME_MS, format), msToBytes(settings.tapeLength, format), silence);
    this.#shared = {
      tape: this.#tape,
      timeline: this.#timeline,
      ledger: this.#ledger,
      pace: { burst: msToBytes(BURST_MS, format), rate: settings.catchUpSpeed / this.#msPerByte },
      msPerByte: this.#msPerByte,
      onLost: (startMs, endMs) => this.reportGap(startMs, endMs, 'tape-full'),
      onSent: () => {
        if (this.#ms(this.#tape.head) >= this.#trimmedAt + TRIM_MS) this.#trim();
        if (this.#sent.observed && this.#unsentMs <= this.#maxUnsentMs / 2) this.#sent.next();
      },
    };
    this.#playback = new Playback(this.#shared);
    this.#handover = new Handover({
      connect: (start$) => this.#prepareSession(start$),
      onConnected: () => void (this.#timeline.turnIsOpen || this.#startHandover()),
      onDue: () => this.#startHandover(),
    });
  }

  /** Records a frame, and holds its source back, if it can wait, while too much is there to be sent. */
  record(frame: Uint8Array): void {
    this.#tape.record(frame, monotonicNow());
    if (this.#recorded.observed) this.#recorded.next();
    if (this.#unsentMs > this.#maxUnsentMs) this.#pauseUntilSent();
  }

  #pauseUntilSent(): void {
    pauseSource(() => firstValueFrom(this.#sent, { defaultValue: undefined }));
  }

  /** Says that the recording is complete; from now on the end has its time limit. */
  finish(): void {
    this.#tape.finish();
    this.#finished.next();
  }

  /** Takes a control message to its place in the audio. */
  addControl(message: ControlMessage): void {
    if (CONTROL_TYPES.has(message?.type)) this.#tape.mark(message);
    else this.#notices.next(warning('what control sent is no control message; ignored', this.#session));
  }

  /** Tells of a stretch that was never heard, or never will be; milliseconds on the audio clock. */
  reportGap(startMs: number, endMs: number, reason: AudioGapReason): void {
    const recorded = Math.min(endMs, this.#ms(this.#tape.end));
    for (const gap of this.#gaps(startMs, recorded, reason)) this.#notices.next(gap);
  }

  /** Everything the sessions tell, to the end. */
  events(): Observable<TranscriptionEvent> {
    const outOfTime = this.#finished.pipe(switchMap(() => timer(this.#settings.endTimeout + this.#unprocessedMs)));
    const sessions = defer(() => this.#nextSession()).pipe(
      repeat({ delay: () => (this.#handover.isInProgress ? of(0) : EMPTY) }),
      retry({ delay: (error: unknown) => this.#retryAfter(error) }),
      takeUntil(outOfTime),
      endWith(undefined),
    );
    // the notices have no end of their own: the end of the sessions is the end
    return merge(this.#notices, sessions).pipe(
      takeWhile((event) => event !== undefined),
      endWith(undefined),
      concatMap((event) => (event ? [event] : this.#finalEvents(this.#ended ? undefined : 'end-timeout'))),
      catchError((error: unknown) =>
        concat(
          this.#finalEvents('error'),
          throwError(() => error),
        ),
      ),
      finalize(() => this.#handover.close()),
    );
  }

  /** The next session, to its end: the successor if there is one, or a new one. */
  #nextSession(): Observable<TranscriptionEvent> {
    const timers = new Subscription();
    const { playback, event$ } = this.#handover.take() ?? this.#prepareSession();
    this.#playback = playback;
    this.#begunAt = undefined;
    return (this.#network ? event$.pipe(takeUntil(networkLost(this.#network))) : event$).pipe(
      concatMap((event) => this.#process(event, timers)),
      tap({ complete: () => (this.#ended = !this.#handover.isInProgress) }),
      catchError((error: unknown) => (this.#handover.isInProgress ? EMPTY : throwError(() => error))),
      finalize(() => timers.unsubscribe()),
    );
  }

  #process(event: SessionEvent, timers: Subscription): TranscriptionEvent[] {
    if (event.type === 'Begin') {
      this.#online = true; // whatever is said
      this.#begunAt = monotonicNow();
      this.#recordedAtBegin = this.#ms(this.#tape.end);
      const lasts = event.expires_at * 1000 - Date.now();
      if (this.#settings.reconnect) timers.add(this.#handover.schedule(lasts));
    }
    const speech = event.type === 'Turn' || event.type === 'SpeechStarted';
    if (speech && this.#handover.isInProgress) return []; // the successor hears it too, and will tell it
    if (speech) {
      this.#policy.healthy();
      this.#silentEndings = 0;
    }
    const told = this.#playback.clock.rebase(event);
    if (told.type !== 'Turn') return [told];
    this.#partial = told.isFinal ? undefined : told;
    return told.isFinal ? [told, this.#endTurn(told)] : [told];
  }

  /** A turn was told to its end: what was said up to there need not be kept, and it is the moment to move over. */
  #endTurn(turn: FinalTurn): Stats {
    this.#tape.dropReadEndpoints();
    this.#trim();
    this.#startHandover();
    const { finalizedUpTo } = this.#timeline;
    const recordedAt = this.#tape.recordedAt(finalizedUpTo / this.#msPerByte);
    const delay = recordedAt === undefined ? undefined : monotonicNow() - recordedAt;
    return this.#ledger.stats(this.#ms(this.#tape.end), finalizedUpTo, turn.session, delay);
  }

  /** Decides whether to try again after a failure, and emits when it is time to. */
  #retryAfter(error: unknown): Observable<unknown> {
    if (!(error instanceof TranscriptionError)) return throwError(() => error);
    const late = error.wireCode === undefined;
    const silentAtTheEnd = late && this.#online && this.#begunAt !== undefined && this.#tape.played;
    if (this.#playback.begun) this.#replayFrom = this.#replayPosition(late ? this.#settings.stallTimeout : 0);
    this.#tape.rewind(this.#replayFrom); // from now on all of it waits to be sent
    if (silentAtTheEnd && ++this.#silentEndings >= SILENT_ENDINGS) return EMPTY;
    const now = monotonicNow();
    const life =
      this.#begunAt === undefined
        ? undefined
        : {
            livedMs: now - this.#begunAt,
            audioMs: this.#ms(this.#tape.end) - this.#recordedAtBegin,
            blameless: !this.#online,
          };
    const wait = this.#policy.failed(error, now, life);
    if (wait === undefined) return throwError(() => error);
    const delayMs = this.#handover.isReady ? 0 : wait;
    this.#ledger.reconnects++;
    this.#notices.next({
      type: 'Reconnecting',
      session: this.#session,
      attempt: this.#policy.failures,
      delayMs,
      replayMs: this.#ledger.sentAfter(this.#ms(this.#replayFrom)),
      reason: error.message,
    });
    return this.#waitForRetry(delayMs);
  }

  /** Emits when it is time for the next attempt: after so many milliseconds, or as soon as there is a network again. */
  #waitForRetry(delayMs: number): Observable<unknown> {
    const due = monotonicNow() + delayMs;
    // in a page in the background, frames are more punctual than timers
    const overdue = this.#recorded.pipe(filter(() => monotonicNow() > due));
    return merge(timer(delayMs), overdue, this.#network?.pipe(filter(Boolean)) ?? NEVER);
  }

  /** A session that hears the tape, once `start$` emits if there is one. */
  #prepareSession(start$?: Observable<void>): PreparedSession {
    const playback = new Playback(this.#shared);
    const input$ = playback.input(() => this.#replayFrom);
    const input = start$ ? start$.pipe(switchMap(() => input$)) : input$;
    return { playback, event$: this.#open(input, this.#settings) };
  }

  /** Moves the audio over to the successor. What the present session has not told by now, the successor will tell. */
  #startHandover(): void {
    if (!this.#handover.isReady || this.#handover.isInProgress || this.#tape.played) return;
    this.#replayFrom = this.#replayPosition(0);
    this.#playback.handOver();
    this.#handover.start();
  }

  /** From where a session would have to hear the audio if the present one broke now, in bytes. */
  #replayPosition(unheard: number): number {
    const from = this.#timeline.replayFrom(this.#playback.processed(unheard));
    return Math.max(this.#replayFrom, Math.min(this.#tape.head, msToBytes(from, this.#settings.format)));
  }

  /** Lets go of the audio that no session will have to hear again. */
  #trim(): void {
    this.#trimmedAt = this.#ms(this.#tape.head);
    if (!this.#handover.isInProgress) this.#tape.release(this.#replayPosition(this.#settings.stallTimeout));
  }

  /** The last words: what was lost, and the accounts. */
  #finalEvents(unfinished: 'end-timeout' | 'error' | undefined): TranscriptionEvent[] {
    const captured = this.#ms(this.#tape.end);
    const events: TranscriptionEvent[] = [];
    if (unfinished) {
      if (this.#playback.begun) this.#replayFrom = this.#replayPosition(0);
      const partial = unfinished === 'end-timeout' ? this.#partial : undefined;
      if (partial) events.push(...this.#endPartial(partial));
      const from = Math.max(this.#ms(this.#replayFrom), this.#timeline.finalizedUpTo);
      events.push(...this.#gaps(from, captured, unfinished));
    }
    return [...events, this.#ledger.stats(captured, captured, this.#session)];
  }

  /** The last that is known of a turn that will not be told to its end; its `end_of_turn` stays false. */
  #endPartial(partial: PartialTurn): FinalTurn[] {
    const turn: FinalTurn = { ...partial, isFinal: true };
    this.#timeline.number(turn);
    return [turn];
  }

  #gaps(startMs: number, endMs: number, reason: AudioGapReason): TranscriptionEvent[] {
    return this.#ledger.lost(startMs, endMs, reason, this.#session);
  }

  /** How much audio is recorded that was not sent, in milliseconds. */
  get #unsentMs(): number {
    return this.#ms(this.#tape.end - this.#tape.head);
  }

  /** How much audio is recorded that the service has not surely looked at, in milliseconds. */
  get #unprocessedMs(): number {
    return this.#ms(this.#tape.end) - Math.max(this.#timeline.finalizedUpTo, this.#playback.processed(0));
  }

  /** The number of the present session, or of the one that was to be. */
  get #session(): number {
    return this.#playback.begun ? this.#playback.clock.session : this.#timeline.sessions;
  }

  #ms(bytes: number): number {
    return bytes * this.#msPerByte;
  }
}

/** Errors as soon as it is known that there is no network: to wait until a session notices would be a waste of time. */
function networkLost(network$: Observable<boolean>): Observable<never> {
  return network$.pipe(
    filter((online) => !online),
    map(() => {
      throw new TranscriptionError('network', 'there is no network any more', { retryable: true });
    }),
  );
}

function warning(text: string, session: number): Warning {
  return { type: 'Warning', warning_code: 0, warning: text, session };
}
