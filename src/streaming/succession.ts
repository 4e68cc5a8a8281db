import { ReplaySubject, Subscription, take, tap, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import type { SessionEvent } from './message.ts';
import type { Playback } from './playback.ts';
import { Standby } from './standby.ts';

/** The longest a session lasts, in milliseconds: 3 h (docs, "Streaming API"). */
const LONGEST_SESSION_MS = 10_800_000;
/** How long before its end a session gets a successor, in milliseconds; a short session, in its last quarter. */
const HANDOVER_MS = 60_000;

/**
 * Tells when a session should be followed by another, before it expires.
 *
 * @param lasts Milliseconds until it expires.
 * @returns Milliseconds until its successor should be connected, and until the successor should take over even in the
 * middle of a turn; `undefined` when it is too late, or unknown.
 */
export function handoverTimes(lasts: number): { readonly prepare: number; readonly force: number } | undefined {
  if (!(lasts > 0)) return undefined;
  const known = Math.min(lasts, LONGEST_SESSION_MS);
  const lead = Math.min(HANDOVER_MS, known / 4);
  return { prepare: known - lead, force: known - lead / 4 };
}

/** A session, and the tape as it hears it. */
export interface Player {
  readonly playback: Playback;
  readonly event$: Observable<SessionEvent>;
}

/** What a succession needs of those whose order it keeps. */
export interface Successors {
  /** Makes a session that connects when it is subscribed to, and lets its audio in when `start$` emits. */
  readonly connect: (start$: Observable<void>) => Player;
  /** Called when a successor is connected. */
  readonly onConnected: () => void;
  /** Called when a successor must take over, even in the middle of a turn. */
  readonly onDue: () => void;
}

/** Sees to it that a session that comes near its end has a successor: connected before, and let in when it is told to. */
export class Succession {
  readonly #successors: Successors;
  readonly #connections = new Subscription();
  #next: (Player & { readonly start: ReplaySubject<void> }) | undefined;
  #isUnderWay = false;

  constructor(successors: Successors) {
    this.#successors = successors;
  }

  /** Whether there is a successor. */
  get isPrepared(): boolean {
    return this.#next !== undefined;
  }

  /** Whether the audio has moved over to the successor, and the present session only ends. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Prepares for the end of the present session in so many milliseconds. Unsubscribed, it does not. */
  schedule(lasts: number): Subscription {
    const timers = new Subscription();
    const times = handoverTimes(lasts);
    if (times) {
      timers.add(timer(times.prepare).subscribe(() => this.#prepare()));
      timers.add(timer(times.force).subscribe(() => this.#successors.onDue()));
    }
    return timers;
  }

  /** Moves the audio over to the successor. */
  begin(): void {
    this.#isUnderWay = true;
    this.#next?.start.next();
  }

  /** The successor, let in: it is the present session from now on, and has none itself. */
  take(): Player | undefined {
    const next = this.#next;
    this.#next = undefined;
    this.#isUnderWay = false;
    next?.start.next();
    return next;
  }

  /** Ends all that were ever connected. */
  close(): void {
    this.#connections.unsubscribe();
  }

  #prepare(): void {
    const start = new ReplaySubject<void>(1);
    const { playback, event$ } = this.#successors.connect(start.pipe(take(1)));
    const standby = new Standby(
      event$.pipe(
        tap({
          next: ({ type }) => type === 'Begin' && this.#successors.onConnected(),
          error: () => this.#next?.playback === playback && (this.#next = undefined),
        }),
      ),
    );
    this.#next = { playback, event$: standby.values, start };
    this.#connections.add(standby.subscription);
  }
}
