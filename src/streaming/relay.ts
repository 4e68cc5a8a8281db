import {
  EMPTY,
  NEVER,
  Observable,
  ReplaySubject,
  Subject,
  Subscription,
  catchError,
  defer,
  filter,
  finalize,
  firstValueFrom,
  ignoreElements,
  interval,
  map,
  merge,
  of,
  repeat,
  retry,
  switchMap,
  take,
  takeUntil,
  tap,
  throwError,
  timer,
} from 'rxjs';
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
import { Failover } from './failover.ts';
import { withAllWords } from './finalDetector.ts';
import type { Pace } from './feed.ts';
import { Ledger } from './ledger.ts';
import { readControlMessage } from './controlMessage.ts';
import type { Fallback, OpenSession, RelaySettings } from './relaySettings.ts';
import { Playback } from './playback.ts';
import type { Shared } from './playback.ts';
import type { SessionEvent } from './message.ts';
import { RetryPolicy } from './retryPolicy.ts';
import type { SessionEnd } from './retryPolicy.ts';
import { Handover } from './handover.ts';
import type { PreparedSession } from './handover.ts';
import type { SpeechInput } from './speechInput.ts';
import { Suspension } from './suspension.ts';
import { Tape } from './tape.ts';
import { Timeline } from './timeline.ts';

/** How much audio may be sent at once before the pace of catching up applies, in milliseconds. */
const BURST_MS = 10_000;
/** The limits while sessions fail on the audio, so that little of it has to be given up: milliseconds, times real time. */
const CAUTIOUS = { burstMs: 1000, speed: 4 };
/** How often processed audio is dropped from the tape between finals, in milliseconds of audio. */
const TRIM_MS = 1000;
/** How often `Stats` are emitted while no turn ends, in milliseconds of audio. */
const STATS_MS = 10_000;
/** How far ahead of what was sent a source that can wait may get, in milliseconds; half the length of a shorter tape. */
const MAX_UNSENT_MS = 10_000;
/** By how much the unsent audio may grow in one session before that is reported, in milliseconds beyond what pauses a source. */
const BEHIND_MS = 5000;
/** How many sessions in a row may stall after everything was sent, before the missing end is given up. */
const STALLED_ENDINGS = 3;
/** How long connecting is retried after the source ended, if no session ever began, in milliseconds. */
const UNREACHED_MS = 5000;
/** The least time after which the service ends an inactive session, in milliseconds. */
const LEAST_INACTIVITY_MS = 5000;
/** How often a session checks whether to end if the source emits nothing, in milliseconds. */
const IDLE_CHECK_MS = 1000;
/** `connectTimeout` grows by half with each failure, up to this factor. */
const LONGEST_CONNECT = 3;

/** What a relay may use besides its sessions. */
interface RelayExtras {
  readonly network$?: Observable<boolean> | undefined;
  readonly fallback?: Fallback | undefined;
}

/**
 * Runs the sessions of one transcription, one after the other, and merges their events.
 *
 * A session that breaks is followed by another, as `RetryPolicy` decides. A session that nears its end is followed by a
 * successor that connects early and takes over at the end of a turn. Each is sent from the tape what the previous one had
 * not finished. This is one class because every part of it decides by the same state: where the next session starts.
 */
export class Relay {
  readonly #settings: RelaySettings;
  readonly #open: OpenSession;
  readonly #failover: Failover | undefined;
  readonly #tape: Tape;
  readonly #msPerByte: number;
  /** How much unsent audio, in milliseconds, pauses a source that can wait. */
  readonly #maxUnsentMs: number;
  /** By how much the unsent audio may grow in one session before that is reported, in milliseconds. */
  readonly #behindMs: number;
  readonly #shared: Shared;
  readonly #timeline: Timeline;
  readonly #ledger: Ledger;
  readonly #policy: RetryPolicy;
  /** The events of the transcription. */
  readonly #events = new Subject<TranscriptionEvent>();
  readonly #sent = new Subject<void>();
  readonly #recorded = new Subject<void>();
  readonly #network: Observable<boolean> | undefined;
  readonly #finished = new ReplaySubject<void>(1);
  readonly #sourceFailure = new Subject<never>();
  readonly #handover: Handover;
  /** When sessions end because there is no speech, and what speech is. */
  readonly #suspension: Suspension | undefined;
  readonly #speech: SpeechInput | undefined;
  /** Emits when speech ends the suspension. */
  readonly #woken = new Subject<void>();
  /** What is scheduled during the present session. */
  #timers = new Subscription();
  #playback: Playback;
  #begunAt: number | undefined;
  #finishedAt: number | undefined;
  /** Where the next session starts, in bytes; it never goes back. */
  #replayFrom = 0;
  /** Where the tape was read when it was last trimmed, in milliseconds. */
  #trimmedAt: number;
  /** Up to where the latest `Stats` counted, in milliseconds. */
  #statsMs: number;
  /** Control messages of an earlier process whose place in the audio is yet to come. */
  readonly #pendingControls: { readonly atMs: number; readonly message: ControlMessage }[];
  #partial: PartialTurn | undefined;
  #stalledEndings = 0;
  /** The least unsent audio since the session began, in milliseconds, and whether its growth was reported. */
  #leastUnsentMs = Infinity;
  #isBehind = false;
  /** Whether the last session ended as it should. */
  #ended = false;
  /** Whether the present session runs on this device while the service is out of reach. */
  #isFallback = false;
  /** Whether there is a network, as far as is known. */
  #online = true;

  /**
   * @param open Opens a session.
   * @param options `network$` emits whether there is a network, each time that changes, where the platform reports it.
   * `fallback` opens sessions on this device while the service is out of reach.
   */
  constructor(settings: RelaySettings, open: OpenSession, { network$, fallback }: RelayExtras = {}) {
    const { format, from } = settings;
    const start = msToBytes(from?.positionMs ?? 0, format);
    this.#settings = settings;
    this.#open = open;
    this.#failover =
      fallback && new Failover(open, fallback, (text) => this.#events.next(warning(text, this.#session)));
    this.#network = network$?.pipe(tap((online) => (this.#online = online)));
    this.#policy = new RetryPolicy(settings);
    this.#timeline = new Timeline(settings.hasPartials, from);
    this.#ledger = new Ledger(from);
    this.#replayFrom = start;
    this.#pendingControls = [...(from?.controls ?? [])];
    this.#statsMs = this.#trimmedAt = from?.positionMs ?? 0;
    const msPerByte = bytesToMs(1, format);
    this.#msPerByte = msPerByte;
    this.#maxUnsentMs = Math.min(MAX_UNSENT_MS, settings.tapeLength / 2);
    this.#behindMs = Math.min(this.#maxUnsentMs + BEHIND_MS, settings.tapeLength * 0.75);
    const silence = format.encoding === 'pcm_mulaw' ? 0xff : 0;
    this.#tape = new Tape(frameBytes(MIN_FRAME_MS, format), msToBytes(settings.tapeLength, format), silence, {
      start,
      configuration: from?.configuration,
    });
    this.#shared = {
      tape: this.#tape,
      timeline: this.#timeline,
      ledger: this.#ledger,
      msPerByte,
      onLost: (startMs, endMs) => this.reportGap(startMs, endMs, 'tape-full'),
      onSent: () => {
        if (this.#ms(this.#tape.head) >= this.#trimmedAt + TRIM_MS) this.#trim();
        this.#resumeSource();
      },
    };
    this.#playback = new Playback(this.#shared);
    const { suspension } = settings;
    this.#suspension = suspension && new Suspension(suspension, from?.positionMs ?? 0, monotonicNow());
    this.#speech = suspension?.speechInput((text) => this.#events.next(warning(text, this.#session)));
    // the next process must not wait for speech in the middle of a turn
    if (from && from.session > 0 && !from.suspended)
      this.#suspension?.speech(from.positionMs, from.positionMs, monotonicNow());
    this.#handover = new Handover({
      connect: (start$) => this.#prepareSession(start$),
      onConnected: () => void (this.#timeline.turnIsOpen || this.#startHandover()),
      onDue: () => this.#startHandover(),
    });
  }

  /** Returns memory for the next frame: a frame that is written there is recorded without copying it. */
  allocate(size: number): Uint8Array {
    return this.#tape.allocate(size);
  }

  /** Records a frame, and pauses a source that can wait while too much audio is unsent, or the tape is full. */
  record(frame: Uint8Array): void {
    if (this.#pendingControls.length > 0) this.#markPending();
    this.#tape.record(frame, monotonicNow());
    if (this.#recorded.observed) this.#recorded.next();
    if (this.#begunAt !== undefined) this.#warnIfBehind();
    if (this.#suspension) this.#watchSpeech(frame);
    if ((this.#unsentMs > this.#maxUnsentMs && this.#suspension?.isSuspended !== true) || this.#isFull) {
      pauseSource(() => firstValueFrom(this.#sent, { defaultValue: undefined }));
    }
  }

  /** Warns once per episode when a running session takes audio more slowly than it arrives, and the source cannot wait. */
  #warnIfBehind(): void {
    const unsent = this.#unsentMs;
    this.#leastUnsentMs = Math.min(this.#leastUnsentMs, unsent);
    if (unsent <= this.#maxUnsentMs / 2) this.#isBehind = false;
    if (this.#isBehind || unsent < this.#leastUnsentMs + this.#behindMs) return;
    this.#isBehind = true;
    const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
    const text =
      `audio arrives faster than it can be sent: ${seconds(unsent)} wait, and more than ` +
      `${seconds(this.#settings.tapeLength)} (tapeLength) would be dropped`;
    this.#events.next(warning(text, this.#session));
  }

  /** Marks the recording as complete; the time limits of the end apply from now on. */
  finish(): void {
    this.#finishedAt = monotonicNow();
    this.#tape.finish();
    this.#finished.next();
  }

  /** Ends the transcription with an error of the source. */
  fail(error: unknown): void {
    this.#sourceFailure.error(error);
  }

  /** Puts a control message at its place in the audio. */
  addControl(message: ControlMessage): void {
    const checked = readControlMessage(message);
    if (typeof checked === 'string') return this.#events.next(warning(checked, this.#session));
    if (this.#isVoid(checked)) return;
    this.#tape.mark(checked);
    const atMs = this.#ms(this.#tape.end);
    this.#events.next({ type: 'ControlReceived', atMs, message: checked, session: this.#session });
  }

  /** Puts the control messages of an earlier process on the tape whose place it has reached. */
  #markPending(): void {
    const reached = this.#ms(this.#tape.end);
    while (this.#pendingControls[0] && this.#pendingControls[0].atMs <= reached) {
      const control = this.#pendingControls.shift();
      if (control && !this.#isVoid(control.message)) this.#tape.mark(control.message);
    }
  }

  /** Reports a stretch that will never be transcribed, in milliseconds on the audio clock. */
  reportGap(startMs: number, endMs: number, reason: AudioGapReason): void {
    const recorded = Math.min(endMs, this.#ms(this.#tape.end));
    for (const gap of this.#ledger.lost(startMs, recorded, reason, this.#session)) this.#events.next(gap);
  }

  /** Runs the sessions to the end and emits their events. */
  events(): Observable<TranscriptionEvent> {
    const outOfTime = this.#finished.pipe(switchMap(() => timer(this.#settings.endTimeout + this.#unprocessedMs)));
    const needed$ = defer(() => (this.#suspension ? this.#awaitSpeech(this.#suspension) : of(0)));
    const sessions = needed$.pipe(
      switchMap(() => this.#allSessions()),
      takeUntil(outOfTime),
      takeUntil(this.#sourceFailure), // its error ends them
      tap({
        complete: () => this.#emitLast(this.#ended ? undefined : 'end-timeout'),
        error: () => this.#emitLast('error'),
      }),
      finalize(() => {
        this.#handover.close();
        this.#failover?.close();
      }),
    );
    return new Observable((subscriber) => {
      this.#events.subscribe(subscriber); // it never completes: the transcription ends with its sessions
      if (this.#speech) subscriber.add(this.#speech.signal$.subscribe());
      sessions.subscribe(subscriber);
    });
  }

  /** Runs one session after the other: a successor, or one when there is speech again, or one more attempt. */
  #allSessions(): Observable<never> {
    return defer(() => this.#nextSession()).pipe(
      repeat({
        delay: () => {
          if (this.#handover.isInProgress) return of(0);
          return this.#suspension?.isOpen === false ? this.#awaitSpeech(this.#suspension) : EMPTY;
        },
      }),
      retry({ delay: (error: unknown) => this.#retryAfter(error) }),
    );
  }

  /** Runs the next session to its end: the successor if there is one, or a new one. */
  #nextSession(): Observable<never> {
    const timers = (this.#timers = new Subscription());
    const successor = this.#handover.take();
    if (!successor) this.#tape.rewind(this.#replayFrom); // one that broke may have been sent this
    const { playback, event$ } = successor ?? this.#prepareSession();
    this.#playback = playback;
    this.#resumeSource();
    this.#begunAt = undefined;
    this.#ended = false;
    return (this.#network ? event$.pipe(takeUntil(networkLost(this.#network))) : event$).pipe(
      tap({ next: (event) => this.#process(event, timers), complete: () => this.#completed() }),
      ignoreElements(),
      catchError((error: unknown) => (this.#handover.isInProgress ? EMPTY : throwError(() => error))),
      finalize(() => timers.unsubscribe()),
    );
  }

  #completed(): void {
    this.#policy.ended();
    this.#ended = !this.#handover.isInProgress;
  }

  /** Emits an event of a session on the clock of the transcription. */
  #process(event: SessionEvent, timers: Subscription): void {
    if (event.type === 'Begin') {
      this.#online = true; // whatever the platform reports
      this.#begunAt = monotonicNow();
      this.#leastUnsentMs = Infinity;
      if (this.#settings.reconnect) timers.add(this.#handover.schedule(event.expires_at * 1000 - Date.now()));
      this.#isFallback = this.#failover !== undefined && event.runsOn === 'device';
      if (this.#failover && this.#isFallback) timers.add(this.#handover.seek(this.#failover.waitBeforeAttempt));
      if (this.#suspension) timers.add(this.#checkIdle(this.#suspension));
    }
    const isSpeech = event.type === 'Turn' || event.type === 'SpeechStarted';
    if (isSpeech && this.#handover.isInProgress) return; // the successor is sent this audio too
    const { finalizedUpTo } = this.#timeline;
    const rebased = this.#playback.clock.rebase(event);
    if (rebased.type !== 'Turn') return this.#events.next(rebased);
    const endMs = rebased.words.at(-1)?.end ?? 0;
    this.#policy.reported(endMs);
    this.#suspension?.speech(endMs, endMs, monotonicNow());
    if (this.#timeline.finalizedUpTo > finalizedUpTo) this.#policy.progress();
    if (this.#policy.failures === 0) this.#stalledEndings = 0;
    this.#partial = rebased.isFinal ? undefined : rebased;
    const stats = rebased.isFinal && this.#endTurn(rebased);
    this.#events.next(rebased);
    if (stats) this.#events.next(stats);
  }

  /** After a final its audio need not be kept, and it is the moment for a handover. */
  #endTurn(turn: FinalTurn): Stats {
    const { finalizedUpTo } = this.#timeline;
    this.#statsMs = Math.max(this.#statsMs, finalizedUpTo);
    this.#tape.dropReadEndpoints();
    this.#trim();
    this.#startHandover();
    const recordedAt = this.#tape.recordedAt(finalizedUpTo / this.#msPerByte);
    const delay = recordedAt === undefined ? undefined : monotonicNow() - recordedAt;
    return this.#stats(finalizedUpTo, turn.session, delay);
  }

  /** Emits when it is time to retry after a failure; errors to give up. */
  #retryAfter(error: unknown): Observable<unknown> {
    if (!(error instanceof TranscriptionError)) return throwError(() => error);
    this.#suspension?.reopen();
    const now = monotonicNow();
    const unnoticed = error.wireCode === undefined ? this.#settings.stallTimeout : 0;
    const stalledEnding = unnoticed > 0 && this.#online && this.#begunAt !== undefined && this.#tape.played;
    if (this.#playback.begun) this.#replayFrom = this.#replayPosition(unnoticed);
    const end = this.#sessionEnd(now, unnoticed);
    this.#begunAt = undefined;
    const idle = isInactivity(error) && end !== undefined && end.lastedMs >= LEAST_INACTIVITY_MS;
    const settled = idle && end.caughtUp && this.#settings.hasPartials && !this.#timeline.turnIsOpen;
    this.#tape.rewind(this.#replayFrom); // all of it counts as unsent now
    if (idle) this.#policy.ended();
    if (settled && this.#suspension) {
      this.#beginSuspension(this.#suspension, this.#ms(this.#tape.end));
      return this.#awaitSpeech(this.#suspension);
    }
    if (idle) return this.#nextAudio(settled).pipe(tap(() => this.#reportRetry(error, 0)));
    if (stalledEnding && ++this.#stalledEndings >= STALLED_ENDINGS) return EMPTY;
    const decision = this.#policy.failed(error, now, end, this.#lastAttemptBy());
    if (!decision) return throwError(() => error);
    if (decision.skipTo !== undefined) this.#skip(decision.skipTo);
    const delayMs = this.#handover.isReady ? 0 : decision.wait;
    this.#reportRetry(error, delayMs);
    return this.#waitForRetry(delayMs);
  }

  /** How the present session ended, if it had begun. */
  #sessionEnd(now: number, unnoticedMs: number): SessionEnd | undefined {
    if (this.#begunAt === undefined) return undefined;
    const playback = this.#playback;
    return {
      lastedMs: now - this.#begunAt,
      fromMs: this.#ms(this.#replayFrom),
      sentMs: playback.sentMs,
      processedMs: playback.processed(unnoticedMs),
      caughtUp: playback.processed(0) >= this.#ms(this.#tape.end),
      blameless: !this.#online,
    };
  }

  /** When the last attempt may start: if no session ever began, soon after the source ended. */
  #lastAttemptBy(): number | undefined {
    const firstAttempt = this.#policy.failures === 0;
    return this.#finishedAt === undefined || this.#everBegan || firstAttempt
      ? undefined
      : this.#finishedAt + UNREACHED_MS;
  }

  get #everBegan(): boolean {
    return this.#timeline.sessions > (this.#settings.from?.session ?? 0);
  }

  /** Emits with the next audio, or at the end of the source; ends the transcription there if nothing is missing. */
  #nextAudio(settled: boolean): Observable<unknown> {
    if (!settled) return merge(this.#recorded, this.#finished);
    return this.#recorded.pipe(takeUntil(this.#finished), tap({ complete: () => (this.#ended = true) }));
  }

  /** Gives up the audio before a position, after ending the turn in it. */
  #skip(toMs: number): void {
    this.#endPartial(toMs);
    const position = Math.min(this.#tape.end, msToBytes(toMs, this.#settings.format));
    this.reportGap(Math.max(this.#ms(this.#replayFrom), this.#timeline.finalizedUpTo), toMs, 'unprocessable');
    this.#tape.skip(position);
    this.#replayFrom = position;
  }

  #reportRetry(error: TranscriptionError, delayMs: number): void {
    this.#ledger.reconnects++;
    this.#events.next({
      type: 'Reconnecting',
      session: this.#session,
      attempt: Math.max(1, this.#policy.failures),
      delayMs,
      replayMs: this.#ledger.sentAfter(this.#ms(this.#replayFrom)),
      reason: error.message,
    });
  }

  /** Emits after the delay, or as soon as there is a network again, or the source ends before any session began. */
  #waitForRetry(delayMs: number): Observable<unknown> {
    const due = monotonicNow() + delayMs;
    // in a background page, frames are more punctual than timers
    const overdue = this.#recorded.pipe(filter(() => monotonicNow() > due));
    const end: Observable<unknown> = this.#everBegan || this.#finishedAt !== undefined ? NEVER : this.#finished;
    return merge(timer(delayMs), overdue, end, this.#network?.pipe(filter(Boolean)) ?? NEVER);
  }

  /** A session that is sent the tape, once `start$` emits if there is one. */
  #prepareSession(start$?: Observable<void>): PreparedSession {
    const playback = new Playback(this.#shared);
    const input$ = playback.input(
      () => this.#replayFrom,
      () => this.#pace(!start$ && this.#isFallback),
    );
    const input = start$ ? start$.pipe(switchMap(() => input$)) : input$;
    const open = (start$ ? this.#failover?.openOnService : this.#failover?.open) ?? this.#open;
    return { playback, event$: this.#countOpen(open(input, this.#connectTimeout)) };
  }

  /** How fast a session may be sent the audio that it has to catch up with; the device takes no more than it can hold. */
  #pace(onDevice: boolean): Pace {
    const policy = this.#policy;
    const msPerByte = this.#msPerByte;
    const speed = onDevice ? Infinity : this.#settings.catchUpSpeed;
    return {
      get burst() {
        return (policy.suspectsAudio ? CAUTIOUS.burstMs : BURST_MS) / msPerByte;
      },
      get rate() {
        return (policy.suspectsAudio ? Math.min(CAUTIOUS.speed, speed) : speed) / msPerByte;
      },
    };
  }

  /** Counts for how long a session of the service is open. */
  #countOpen(event$: Observable<SessionEvent>): Observable<SessionEvent> {
    let begun = false;
    return event$.pipe(
      tap((event) => {
        if (event.type !== 'Begin' || event.runsOn === 'device') return;
        begun = true;
        this.#ledger.opened();
      }),
      finalize(() => begun && this.#ledger.closed()),
    );
  }

  /** Grows with failures: a slow service needs more time, not more attempts. */
  get #connectTimeout(): number {
    return Math.round(this.#settings.connectTimeout * Math.min(LONGEST_CONNECT, 1 + this.#policy.failures / 2));
  }

  /** Moves the audio over to the successor, which will finish what the present session has not finished by now. */
  #startHandover(): void {
    if (!this.#handover.isReady || this.#handover.isInProgress || this.#tape.played) return;
    this.#replayFrom = this.#replayPosition(0);
    this.#playback.handOver();
    this.#handover.start();
  }

  /** Where a session would start if the present one broke now, in bytes. */
  #replayPosition(unnoticedMs: number): number {
    const from = this.#timeline.replayFrom(this.#playback.processed(unnoticedMs));
    return Math.max(this.#replayFrom, Math.min(this.#tape.head, msToBytes(from, this.#settings.format)));
  }

  /** Drops the audio that no session needs again. */
  #trim(): void {
    this.#trimmedAt = this.#ms(this.#tape.head);
    if (this.#handover.isInProgress) return;
    const position = this.#replayPosition(this.#settings.stallTimeout);
    this.#tape.release(position);
    // between finals only Stats move a checkpoint
    const positionMs = this.#ms(position);
    if (positionMs < this.#statsMs + STATS_MS) return;
    this.#reportStats(positionMs);
  }

  #reportStats(settledMs: number): void {
    this.#statsMs = settledMs;
    this.#events.next(this.#stats(settledMs));
  }

  #stats(settledMs: number, session = this.#session, finalDelayMs?: number): Stats {
    const capturedMs = this.#ms(this.#tape.end);
    return this.#ledger.stats({ capturedMs, settledMs, session, sessions: this.#timeline.sessions, finalDelayMs });
  }

  /** Ends the session after a long silence; while nothing is open, keeps only the pre-roll until there is speech. */
  #watchSpeech(frame: Uint8Array): void {
    const suspension = this.#suspension;
    if (!suspension) return;
    const endMs = this.#ms(this.#tape.end);
    if (this.#speech?.isSpeech(frame)) suspension.speech(endMs - this.#ms(frame.length), endMs, monotonicNow());
    if (suspension.isSuspended) this.#skipSilence(suspension);
    else this.#endIfIdle(suspension);
  }

  /** Also ends a session whose source emits nothing. */
  #checkIdle(suspension: Suspension): Subscription {
    return interval(IDLE_CHECK_MS).subscribe(() => this.#endIfIdle(suspension));
  }

  /** Ends the session gracefully if there was no speech for long, and neither side has anything left to do. */
  #endIfIdle(suspension: Suspension): void {
    const endMs = this.#ms(this.#tape.end);
    if (!suspension.isDue(endMs, monotonicNow()) || this.#finishedAt !== undefined) return;
    if (this.#begunAt === undefined || this.#handover.isReady || this.#handover.isInProgress) return;
    const { sentMs } = this.#playback;
    const processed = this.#playback.processed(0, this.#settings.catchUpSpeed);
    const isDone = sentMs >= suspension.leastSent(endMs) && processed >= suspension.speechEnd;
    if (!isDone || this.#timeline.awaitsTurn(processed)) return;
    this.#beginSuspension(suspension, sentMs);
    this.#playback.handOver();
  }

  /** Suspends from a position on: the present session needs no successor, and one that connects is closed. */
  #beginSuspension(suspension: Suspension, atMs: number): void {
    suspension.end(atMs);
    this.#timers.unsubscribe();
    this.#handover.cancel();
  }

  /** Emits when a session is needed: nothing is open until then. Ends the transcription if the source ends before. */
  #awaitSpeech(suspension: Suspension): Observable<unknown> {
    suspension.settle();
    this.#begunAt = undefined;
    this.#startAt(suspension.endedAt);
    this.#events.next({ type: 'Suspended', atMs: suspension.endedAt, session: this.#session });
    this.#reportStats(suspension.endedAt);
    this.#skipSilence(suspension);
    if (suspension.isOpen) return of(0);
    const complete = (): void => {
      if (suspension.isOpen) return;
      this.#skipTo(this.#ms(this.#tape.end));
      this.#ended = true;
    };
    return this.#woken.pipe(take(1), takeUntil(this.#finished), tap({ complete }));
  }

  /** Skips what is before the pre-roll, or before the speech for which a session is needed. */
  #skipSilence(suspension: Suspension): void {
    this.#skipTo(suspension.keepFrom(this.#ms(this.#tape.end)));
    if (suspension.speechFrom === undefined) return;
    suspension.wake(this.#ms(this.#tape.end), monotonicNow());
    this.#events.next({ type: 'Resumed', atMs: this.#ms(this.#replayFrom), session: this.#session });
    this.#woken.next();
  }

  /** Skips the audio before a position, because there is no speech in it. */
  #skipTo(ms: number): void {
    const fromMs = this.#ms(this.#replayFrom);
    this.#startAt(ms);
    this.#ledger.skipped(fromMs, this.#ms(this.#replayFrom));
    this.#sent.next(); // a source that waited need not wait for this audio
    if (ms >= this.#statsMs + STATS_MS) this.#reportStats(ms);
  }

  /** Lets the next session start at a position, or where it would start now if that is later. */
  #startAt(ms: number): void {
    const position = Math.min(this.#tape.end, msToBytes(ms, this.#settings.format));
    this.#replayFrom = Math.max(this.#replayFrom, position);
    this.#tape.skip(this.#replayFrom);
  }

  /** Whether a control message has no effect, because no session is open and no turn. */
  #isVoid({ type }: ControlMessage): boolean {
    const suspended = this.#suspension?.isOpen === false && this.#suspension.speechFrom === undefined;
    return suspended && type !== 'UpdateConfiguration';
  }

  /** Emits what was lost, and the totals, after the last session. */
  #emitLast(unfinished: 'end-timeout' | 'error' | undefined): void {
    const captured = this.#ms(this.#tape.end);
    if (unfinished) {
      if (this.#playback.begun) this.#replayFrom = this.#replayPosition(0);
      if (unfinished === 'end-timeout') this.#endPartial();
      const from = Math.max(this.#ms(this.#replayFrom), this.#timeline.finalizedUpTo);
      this.reportGap(from, captured, unfinished);
    }
    this.#reportStats(captured);
  }

  /** Emits the last partial before a position as a final, because its turn will never end; its `end_of_turn` stays false. */
  #endPartial(beforeMs = Infinity): void {
    const partial = this.#partial && wordsBefore(this.#partial, beforeMs);
    this.#partial = undefined;
    if (!partial) return;
    const turn: FinalTurn = { ...withAllWords(partial), isFinal: true };
    this.#timeline.number(turn);
    this.#events.next(turn);
  }

  /** How much recorded audio was not sent, in milliseconds. */
  get #unsentMs(): number {
    return this.#ms(this.#tape.end - this.#tape.head);
  }

  /** Whether the tape is full of what only a successor was sent, while the session before it ends: lost if that one broke. */
  get #isFull(): boolean {
    return (
      this.#handover.isInProgress &&
      this.#ms(this.#tape.end - this.#replayFrom) > this.#settings.tapeLength - this.#maxUnsentMs
    );
  }

  /** Lets a source that waited go on, once little is unsent and the tape has room. */
  #resumeSource(): void {
    if (this.#sent.observed && this.#unsentMs <= this.#maxUnsentMs / 2 && !this.#isFull) this.#sent.next();
  }

  /** How much recorded audio the service may not have processed, in milliseconds. */
  get #unprocessedMs(): number {
    return this.#ms(this.#tape.end) - Math.max(this.#timeline.finalizedUpTo, this.#playback.processed(0));
  }

  /** The number of the present session, or of the one that would have been. */
  get #session(): number {
    return this.#playback.begun ? this.#playback.clock.session : this.#timeline.sessions;
  }

  #ms(bytes: number): number {
    return bytes * this.#msPerByte;
  }
}

/** Errors as soon as there is no network: a session would notice it only later. */
function networkLost(network$: Observable<boolean>): Observable<never> {
  return network$.pipe(
    filter((online) => !online),
    map(() => {
      throw new TranscriptionError('network', 'the network is gone', { retryable: true });
    }),
  );
}

/** The part of a partial before a position, from which audio is sent again; `undefined` if there is none. */
function wordsBefore(partial: PartialTurn, ms: number): PartialTurn | undefined {
  const words = partial.words.filter(({ end }) => end < ms);
  if (words.length === partial.words.length) return partial;
  return words.length > 0 ? { ...partial, words, transcript: words.map(({ text }) => text).join(' ') } : undefined;
}

/** Whether the service ended a session because it received nothing for `inactivityTimeout`. */
function isInactivity(error: TranscriptionError): boolean {
  return error.kind === 'expired' && error.wireCode === 3006;
}

function warning(text: string, session: number): Warning {
  return { type: 'Warning', warning_code: 0, warning: text, session };
}
