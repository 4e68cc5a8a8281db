import type { ControlMessage } from '../../operators/events.ts';
import type { LostAudio } from '../lostAudio.ts';
import { monotonicNow } from '../monotonicNow.ts';
import { delay } from './nats.ts';
import type { HoleReason, TapeMessage } from './protocol.ts';
import type { TapePosition } from './roomLog.ts';

/** The next thing on the tape, in order. */
export type TapeItem =
  /** Audio at a position in bytes, without what was read before. */
  | { readonly type: 'audio'; readonly at: number; readonly data: Uint8Array; readonly lost: readonly LostAudio[] }
  | { readonly type: 'control'; readonly control: ControlMessage }
  /** There is no audio between two positions, in bytes. */
  | { readonly type: 'hole'; readonly from: number; readonly to: number; readonly reason: HoleReason }
  | { readonly type: 'end'; readonly lost: readonly LostAudio[] };

/** How a tape is read. */
export interface RoomTapeOptions {
  /** Where to start, in bytes. */
  readonly position: number;
  /** Where the stream is read from: a sequence. */
  readonly sequence: number;
  /** How many control messages were taken before. */
  readonly controls: number;
  /** Wall clock of byte 0, in milliseconds since 1970; 0 if unknown. */
  readonly origin: number;
  readonly bytesPerMs: number;
  /** Reads the first message of the room from a sequence on; `undefined` if there is none. */
  readonly read: (sequence: number) => Promise<TapeMessage | undefined>;
  /** Called with audio that was read from the stream instead of arriving live, in milliseconds. */
  readonly onCatchUp: (ms: number) => void;
}

/** The most live audio that waits in memory, in milliseconds; the rest is read from the stream later. */
const MOST_WAITING_MS = 20_000;
/** How long no message may arrive before the stream is read, in milliseconds; it doubles while there is none. */
const QUIET_MS = 1500;
const LONGEST_QUIET_MS = 12_000;
/** How long, and behind how many later messages, audio may be missing from the stream before it is given up. */
const MISSING_MS = 10_000;
const MISSING_MESSAGES = 100;
/** How often the stream is read while audio is missing, in milliseconds. */
const MISSING_POLL_MS = 200;

/**
 * The audio of one room in order, each byte once, however often, late or early its message arrives.
 *
 * Messages that arrive live are used while they follow each other. Otherwise, as at the start, the stream is read. Only
 * `MOST_WAITING_MS` of audio wait in memory, however much waits in the stream.
 */
export class RoomTape implements TapePosition {
  controls: number;
  origin: number;
  readonly #options: RoomTapeOptions;
  /** The position of the byte that comes next. */
  #next: number;
  /** Messages that arrived and were not read yet, and how many bytes they hold. */
  #live: TapeMessage[] = [];
  #liveBytes = 0;
  /** Whether the stream may hold something that did not arrive. */
  #isBehind = true;
  /** The sequence from which the stream is read. */
  #sequence: number;
  /** The first message found behind missing audio, when, and how many there were in the stream. */
  #early: { readonly message: TapeMessage; readonly since: number; count: number } | undefined;
  /** Position and sequence of the frames from the checkpoint on. */
  readonly #frames: { readonly at: number; readonly sequence: number }[] = [];
  readonly #closed = new AbortController();
  #arrived = new AbortController();
  #quietMs = QUIET_MS;

  constructor(options: RoomTapeOptions) {
    this.#options = options;
    this.#next = options.position;
    this.controls = options.controls;
    this.origin = options.origin;
    this.#sequence = options.sequence;
  }

  sequenceAt(positionMs: number): number {
    const position = positionMs * this.#options.bytesPerMs;
    while (this.#frames[1] && this.#frames[1].at <= position) this.#frames.shift();
    const [first] = this.#frames;
    return first && first.at <= position ? first.sequence : this.#options.sequence;
  }

  /** Takes a message that arrived live. */
  receive(message: TapeMessage): void {
    if (this.#liveBytes > MOST_WAITING_MS * this.#options.bytesPerMs) {
      this.#live = [];
      this.#liveBytes = 0;
      this.#isBehind = true;
    }
    this.#live.push(message);
    this.#liveBytes += message.data.length;
    this.#arrived.abort();
  }

  /** Ends `items()`. */
  close(): void {
    this.#closed.abort();
    this.#arrived.abort();
  }

  /**
   * Reads the tape.
   *
   * @yields Audio, control messages and holes up to the end.
   */
  async *items(): AsyncGenerator<TapeItem> {
    while (!this.#closed.signal.aborted) {
      const message = this.#nextLive() ?? (await this.#nextStored());
      if (this.#closed.signal.aborted) return;
      if (!message) {
        const hole = this.#permanentHole();
        if (hole) yield hole;
        else await this.#arrival();
        continue;
      }
      yield* this.#take(message);
      if (message.isEnd) return;
    }
  }

  /** The next live message, unless something before it is missing. */
  #nextLive(): TapeMessage | undefined {
    for (let [message] = this.#live; message; [message] = this.#live) {
      const place = this.#placeOf(message);
      if (place === 'early') {
        this.#early ??= { message, since: monotonicNow(), count: 0 };
        this.#isBehind = true;
        return undefined;
      }
      this.#live.shift();
      this.#liveBytes -= message.data.length;
      if (place === 'next') return message;
    }
    return undefined;
  }

  /** The next message in the stream, if it has to be read. */
  async #nextStored(): Promise<TapeMessage | undefined> {
    while (this.#isBehind && !this.#closed.signal.aborted) {
      const message = await this.#options.read(this.#sequence);
      if (!message) {
        this.#isBehind = false;
        return undefined;
      }
      this.#sequence = message.sequence + 1;
      const place = this.#placeOf(message);
      if (place === 'next') {
        this.#options.onCatchUp(message.data.length / this.#options.bytesPerMs);
        return message;
      }
      if (place === 'old') continue;
      // messages in flight at once may be stored out of order: the missing one may come later
      this.#early ??= { message, since: monotonicNow(), count: 0 };
      if (++this.#early.count > MISSING_MESSAGES) return undefined;
    }
    return undefined;
  }

  /** Whether a message comes next, was read before, or comes after something that is missing. */
  #placeOf({ at, data, isEnd, control, controls, hole }: TapeMessage): 'next' | 'old' | 'early' {
    if (control && controls <= this.controls) return 'old';
    const isOld = at + data.length <= this.#next && !isEnd && !control;
    if (isOld) return 'old';
    const isMissing = at > this.#next && !(hole && hole.from <= this.#next);
    const missesControl = controls > this.controls + (control ? 1 : 0);
    return isMissing || missesControl ? 'early' : 'next';
  }

  *#take(message: TapeMessage): Generator<TapeItem> {
    const { at, data, sequence, isEnd, control, controls, hole, lost } = message;
    this.#sequence = Math.max(this.#sequence, sequence + 1);
    this.#early = undefined;
    this.origin = message.origin;
    this.#quietMs = QUIET_MS;
    if (at > this.#next) {
      const from = this.#next;
      this.#next = at;
      yield { type: 'hole', from, to: at, reason: hole?.reason ?? 'tape-full' };
    }
    if (control) {
      this.controls = controls;
      yield { type: 'control', control };
      return;
    }
    const from = this.#next;
    if (from < at + data.length) {
      this.#frames.push({ at, sequence });
      this.#next = at + data.length;
      yield { type: 'audio', at: from, data: data.subarray(from - at), lost };
    }
    if (isEnd) yield { type: 'end', lost };
  }

  /** Gives up what has been missing for too long: it is no longer in the stream. */
  #permanentHole(): TapeItem | undefined {
    if (!this.#early) return undefined;
    const { message, since, count } = this.#early;
    if (monotonicNow() - since < MISSING_MS && count <= MISSING_MESSAGES) return undefined;
    const { at, controls, control, sequence } = message;
    const next = this.#next;
    this.#early = undefined;
    this.#sequence = sequence; // what was found behind the hole is read again
    this.#isBehind = true;
    this.controls = Math.max(this.controls, controls - (control ? 1 : 0));
    if (at <= next) return undefined;
    this.#next = at;
    return { type: 'hole', from: next, to: at, reason: 'tape-full' };
  }

  /** Waits for a live message; if none arrives, the stream is read again. */
  async #arrival(): Promise<void> {
    if (this.#early) {
      await delay(MISSING_POLL_MS, this.#closed.signal);
      this.#isBehind = true;
      return;
    }
    if (this.#live.length > 0) return;
    this.#arrived = new AbortController();
    if (!this.#closed.signal.aborted) await delay(this.#quietMs, this.#arrived.signal);
    if (this.#arrived.signal.aborted) return;
    this.#isBehind = true;
    this.#quietMs = Math.min(LONGEST_QUIET_MS, 2 * this.#quietMs);
  }
}
