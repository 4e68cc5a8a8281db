import { ReplaySubject, Subscription, take, tap, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import type { SessionEvent } from './message.ts';
import type { Playback } from './playback.ts';
import { Standby } from './standby.ts';

/** The longest a session lasts, in milliseconds: 3 h (docs, "Streaming API"). */
const LONGEST_SESSION_MS = 10_800_000;
/**
 * A session that claims to last shorter than this, in milliseconds, gets no successor: the clock of this machine is wrong,
 * or the service drops sessions, and then retries must be spaced out.
 */
const SHORTEST_SESSION_MS = 5000;
/** How long before its end a session gets a successor, in milliseconds; for short sessions, their last quarter. */
const HANDOVER_MS = 60_000;

/**
 * Computes when a session needs a successor.
 *
 * @param lasts Milliseconds until it expires.
 * @returns Milliseconds until the successor should connect, and until it must take over even in the middle of a turn;
 * `undefined` if that is implausibly soon, or unknown.
 */
export function handoverTimes(lasts: number): { readonly prepare: number; readonly force: number } | undefined {
  if (!(lasts >= SHORTEST_SESSION_MS)) return undefined;
  const known = Math.min(lasts, LONGEST_SESSION_MS);
  const lead = Math.min(HANDOVER_MS, known / 4);
  return { prepare: known - lead, force: known - lead / 4 };
}

/** A session that has not connected yet, and its playback of the tape. */
export interface PreparedSession {
  readonly playback: Playback;
  readonly event$: Observable<SessionEvent>;
}

/** What a handover needs from the transcription. */
export interface HandoverHooks {
  /** Creates a session that connects when subscribed, and takes audio from when `start$` emits. */
  readonly connect: (start$: Observable<void>) => PreparedSession;
  /** Called when the successor is connected. */
  readonly onConnected: () => void;
  /** Called when the successor must take over, even in the middle of a turn. */
  readonly onDue: () => void;
}

/** Connects a successor before the present session expires, and moves the audio over to it. */
export class Handover {
  readonly #hooks: HandoverHooks;
  readonly #connections = new Subscription();
  #next: (PreparedSession & { readonly start: ReplaySubject<void> }) | undefined;
  #isInProgress = false;

  constructor(successors: HandoverHooks) {
    this.#hooks = successors;
  }

  /** Whether there is a successor, connected or connecting. */
  get isReady(): boolean {
    return this.#next !== undefined;
  }

  /** Whether the audio has moved to the successor while the present session ends. */
  get isInProgress(): boolean {
    return this.#isInProgress;
  }

  /** Schedules the successor of a session that expires in `lasts` milliseconds. Unsubscribing cancels it. */
  schedule(lasts: number): Subscription {
    const timers = new Subscription();
    const times = handoverTimes(lasts);
    if (times) {
      timers.add(timer(times.prepare).subscribe(() => this.#prepare()));
      timers.add(timer(times.force).subscribe(() => this.#hooks.onDue()));
    }
    return timers;
  }

  /** Moves the audio over to the successor. */
  start(): void {
    this.#isInProgress = true;
    this.#next?.start.next();
  }

  /** Returns the successor, which is the present session from now on, and starts its audio. */
  take(): PreparedSession | undefined {
    const next = this.#next;
    this.#next = undefined;
    this.#isInProgress = false;
    next?.start.next();
    return next;
  }

  /** Ends all sessions that were connected early. */
  close(): void {
    this.#connections.unsubscribe();
  }

  #prepare(): void {
    const start = new ReplaySubject<void>(1);
    const { playback, event$ } = this.#hooks.connect(start.pipe(take(1)));
    const standby = new Standby(
      event$.pipe(
        tap({
          next: ({ type }) => type === 'Begin' && this.#hooks.onConnected(),
          error: () => this.#next?.playback === playback && (this.#next = undefined),
        }),
      ),
    );
    this.#next = { playback, event$: standby.values, start };
    this.#connections.add(standby.subscription);
  }
}
