import { Observable, ReplaySubject, Subscription, defer, retry, switchMap, take, tap, timer } from 'rxjs';
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

/** A successor that connects or is connected. */
interface Successor {
  readonly playback: Playback;
  readonly start: ReplaySubject<void>;
  standby: Standby<SessionEvent> | undefined;
  /** Whether it may take over: one for a session that lasts must be connected, one for a session that expires need not be. */
  isReady: boolean;
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
  #next: Successor | undefined;
  #isInProgress = false;

  constructor(successors: HandoverHooks) {
    this.#hooks = successors;
  }

  /** Whether there is a successor that may take over. */
  get isReady(): boolean {
    return this.#next?.isReady === true;
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
      // a failed successor is not replaced: the session ends soon, and then retries are spaced out
      timers.add(
        timer(times.prepare).subscribe(() => timers.add(this.#prepare(true).subscribe({ error: () => undefined }))),
      );
      timers.add(timer(times.force).subscribe(() => this.#hooks.onDue()));
    }
    return timers;
  }

  /**
   * Tries until a successor is connected, which may take over from then on. Unsubscribing stops the attempts.
   *
   * @param wait Returns how long to wait before the first attempt and after each failed one, in milliseconds.
   */
  seek(wait: (error?: unknown) => number): Subscription {
    return timer(wait())
      .pipe(switchMap(() => defer(() => this.#prepare(false)).pipe(retry({ delay: (error) => timer(wait(error)) }))))
      .subscribe();
  }

  /** Moves the audio over to the successor. */
  start(): void {
    this.#isInProgress = true;
    this.#next?.start.next();
  }

  /** Returns the successor, which is the present session from now on, and starts its audio. One that is not ready is closed. */
  take(): PreparedSession | undefined {
    const next = this.#next;
    this.#isInProgress = false;
    if (!next?.standby || !next.isReady) {
      this.cancel();
      return undefined;
    }
    this.#next = undefined;
    next.start.next();
    return { playback: next.playback, event$: next.standby.values };
  }

  /** Closes the successor, if there is one. */
  cancel(): void {
    this.#next?.standby?.subscription.unsubscribe();
    this.#next = undefined;
  }

  /** Ends all sessions that were connected early. */
  close(): void {
    this.#connections.unsubscribe();
  }

  /** Connects a successor; errors when that fails. Unsubscribing does not close it. */
  #prepare(isReady: boolean): Observable<never> {
    return new Observable((subscriber) => {
      const start = new ReplaySubject<void>(1);
      const { playback, event$ } = this.#hooks.connect(start.pipe(take(1)));
      const next: Successor = { playback, start, standby: undefined, isReady };
      this.#next = next;
      next.standby = new Standby(
        event$.pipe(
          tap({
            next: ({ type }) => {
              if (type !== 'Begin') return;
              next.isReady = true;
              this.#hooks.onConnected();
            },
            error: (error: unknown) => {
              if (this.#next === next) this.#next = undefined;
              subscriber.error(error);
            },
          }),
        ),
      );
      this.#connections.add(next.standby.subscription);
    });
  }
}
