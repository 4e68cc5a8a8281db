import { Subject, asyncScheduler, defer, map, startWith, takeUntil } from 'rxjs';
import type { Observable } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import type { Accounts } from './accounts.ts';
import { feed } from './feed.ts';
import type { Pace } from './feed.ts';
import type { Tape } from './tape.ts';
import type { Leg, Timeline } from './timeline.ts';

/** What every session of a transcription shares. */
export interface Shared {
  readonly tape: Tape;
  readonly timeline: Timeline;
  readonly accounts: Accounts;
  readonly pace: Pace;
  /** Milliseconds of one byte. */
  readonly msPerByte: number;
  /** Called when a stretch turns out to be lost before any session could hear it. */
  readonly onLost: (startMs: number, endMs: number) => void;
  /** Called after each message that was sent. */
  readonly onSent: () => void;
}

/**
 * The tape as one session hears it: from where the sessions before left off, on a clock of its own.
 *
 * It knows what it was made to hear and since when, and so up to where the service has surely looked at the audio.
 */
export class Playback {
  readonly #shared: Shared;
  readonly #handedOver = new Subject<void>();
  #leg: Leg | undefined;
  #from = 0;
  #heard = 0;
  #next = 0;
  #since: number | undefined;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** The session on the timeline; it takes its number when it is first asked for. */
  get leg(): Leg {
    return (this.#leg ??= this.#shared.timeline.nextLeg());
  }

  /** Whether the session began. */
  get begun(): boolean {
    return this.#leg !== undefined;
  }

  /**
   * The audio and the control messages for the session, starting at a byte of the recording, or the oldest one held.
   *
   * @param start Says where, when the session is ready to hear it.
   */
  input(start: () => number): Observable<Uint8Array | ControlMessage> {
    const { tape, msPerByte, accounts, onSent, pace } = this.#shared;
    return defer(() => {
      this.#next = start();
      tape.rewind(this.#next);
      this.#from = tape.head * msPerByte;
      const { configuration } = tape;
      const played = feed(tape, pace).pipe(
        takeUntil(this.#handedOver),
        map((item) => {
          if ('control' in item) return item.control;
          const end = item.at + item.audio.length;
          if (item.at > this.#next) this.#lost(item.at);
          this.leg.align(this.#heard * msPerByte, item.at * msPerByte);
          accounts.sent(Math.max(0, item.at) * msPerByte, end * msPerByte);
          this.#heard += item.audio.length;
          this.#next = end;
          this.#since ??= asyncScheduler.now();
          onSent();
          return item.audio;
        }),
      );
      return configuration ? played.pipe(startWith(configuration)) : played;
    });
  }

  /** Ends the input of this session: another one takes over. */
  handOver(): void {
    this.#handedOver.next();
  }

  /**
   * Up to where the service has surely looked at the audio, in milliseconds on the audio clock: it keeps up with real
   * time, and is not counted on to be faster.
   *
   * @param unheard For how long the service may have been out of reach without our knowing, in milliseconds.
   */
  processed(unheard: number): number {
    const elapsed = this.#since === undefined ? 0 : asyncScheduler.now() - this.#since;
    return Math.min(this.#next * this.#shared.msPerByte, this.#from + elapsed) - unheard;
  }

  #lost(upTo: number): void {
    const { msPerByte, onLost } = this.#shared;
    onLost(this.#next * msPerByte, upTo * msPerByte);
  }
}
