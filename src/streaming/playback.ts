import { Observable } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import { monotonicNow } from '../monotonicNow.ts';
import type { Ledger } from './ledger.ts';
import { feed } from './feed.ts';
import type { Pace } from './feed.ts';
import type { Tape, TapeItem } from './tape.ts';
import type { SessionClock, Timeline } from './timeline.ts';

/** What all sessions of a transcription share. */
export interface Shared {
  readonly tape: Tape;
  readonly timeline: Timeline;
  readonly ledger: Ledger;
  /** Milliseconds of one byte. */
  readonly msPerByte: number;
  /** Called with a stretch that was dropped from the tape before it was sent. */
  readonly onLost: (startMs: number, endMs: number) => void;
  /** Called after each audio message. */
  readonly onSent: () => void;
}

/**
 * The audio of one session: the tape from where the session starts, on the session's own clock.
 *
 * It knows what was sent since when, and thus up to where the service has certainly processed the audio.
 */
export class Playback {
  readonly #shared: Shared;
  #subscriber: Subscriber<Uint8Array | ControlMessage> | undefined;
  #clock: SessionClock | undefined;
  /** The position of the first byte sent, in milliseconds, and when it was sent. */
  #fromMs = 0;
  #since: number | undefined;
  #sentBytes = 0;
  /** The position of the next byte to send. */
  #next = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** The session's clock on the timeline; the session gets its number when this is read first. */
  get clock(): SessionClock {
    return (this.#clock ??= this.#shared.timeline.nextSession());
  }

  /** Whether the session began. */
  get begun(): boolean {
    return this.#clock !== undefined;
  }

  /** Up to where audio was sent, in milliseconds on the audio clock. */
  get sentMs(): number {
    return this.#next * this.#shared.msPerByte;
  }

  /**
   * The audio and the control messages for the session.
   *
   * @param start Returns the position of the first byte, when the session is ready for audio; the tape starts at the
   * oldest byte held if that is later.
   * @param pace Returns how fast the session may be sent the audio that it has to catch up with.
   */
  input(start: () => number, pace: () => Pace): Observable<Uint8Array | ControlMessage> {
    return new Observable((subscriber) => {
      const { tape, msPerByte } = this.#shared;
      this.#next = start();
      tape.rewind(this.#next);
      this.#fromMs = tape.head * msPerByte;
      if (tape.configuration) subscriber.next(tape.configuration);
      this.#subscriber = subscriber;
      feed(tape, pace(), (item) => this.#sending(item)).subscribe(subscriber);
    });
  }

  /** Accounts for an item that is about to be sent, and returns the message. */
  #sending(item: TapeItem): Uint8Array | ControlMessage {
    if ('control' in item) return item.control;
    const { msPerByte, ledger, onSent } = this.#shared;
    const { at, audio } = item;
    const end = at + audio.length;
    if (at > this.#next) this.#lost(at);
    this.clock.align(this.#sentBytes * msPerByte, at * msPerByte, end * msPerByte);
    ledger.sent(Math.max(0, at) * msPerByte, end * msPerByte);
    this.#sentBytes += audio.length;
    this.#next = end;
    this.#since ??= monotonicNow();
    onSent();
    return audio;
  }

  /** Ends the input of this session, because its successor takes over, or there is no speech. */
  handOver(): void {
    this.#subscriber?.complete();
  }

  /**
   * Up to where the service has certainly processed the audio, in milliseconds on the audio clock: it keeps up with real
   * time, and may not be faster.
   *
   * @param unreachableMs For how long the service may have been unreachable without our noticing, in milliseconds.
   * @param speed How fast the service is, in times real time.
   */
  processed(unreachableMs: number, speed = 1): number {
    const elapsed = this.#since === undefined ? 0 : monotonicNow() - this.#since;
    const processedMs = elapsed > 0 ? elapsed * speed : 0;
    return Math.min(this.#next * this.#shared.msPerByte, this.#fromMs + processedMs) - unreachableMs;
  }

  #lost(upTo: number): void {
    const { msPerByte, onLost } = this.#shared;
    onLost(this.#next * msPerByte, upTo * msPerByte);
    // a turn must not join the words before a gap and those after it
    if (this.#sentBytes > 0) this.#subscriber?.next({ type: 'ForceEndpoint' });
  }
}
