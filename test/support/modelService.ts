import { Observable, takeWhile, timer } from 'rxjs';
import type { Subscriber, Subscription } from 'rxjs';
import type { ControlMessage } from '../../operators/events.ts';
import { TranscriptionError } from '../../src/errors.ts';
import type { ErrorKind } from '../../src/errors.ts';
import type { SessionEvent } from '../../src/streaming/message.ts';
import type { session } from '../../src/streaming/session.ts';
import { final, partial } from './turns.ts';

/** Bytes per millisecond of the model's audio: 8 kHz, 16-bit mono. */
export const BYTES_PER_MS = 16;
export const FRAME_BYTES = 100 * BYTES_PER_MS;
/** From and to, in milliseconds. */
export type Stretch = readonly [number, number];

/** A turn is five words of 200 ms, then a second of silence; its words are numbered through. */
const WORD_MS = 200;
const WORDS_PER_TURN = 5;
const TURN_MS = 2000;
/** How much silence ends a turn, in milliseconds. */
const END_MS = 400;

/** Audio that encodes its position: every four bytes hold their own position, plus one. */
export function modelAudio(ms: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < ms * BYTES_PER_MS; at += FRAME_BYTES) {
    const frame = Buffer.alloc(Math.min(FRAME_BYTES, ms * BYTES_PER_MS - at));
    for (let byte = 0; byte < frame.length; byte += 4) frame.writeUInt32LE(at + byte + 1, byte);
    frames.push(frame);
  }
  return frames;
}

/** The least audio in which the position can be read, in bytes: a session may start with less, after padding. */
const LEAST_READABLE = 8;

/** The position of a byte of model audio, which may be in the middle of four: the next four are then 2 bytes on. */
function positionOf(bytes: Buffer, offset: number): number {
  const isWhole = bytes.readUInt32LE(offset + 4) - bytes.readUInt32LE(offset) === 4;
  return isWhole ? bytes.readUInt32LE(offset) - 1 : bytes.readUInt32LE(offset + 2) - 3;
}

/**
 * The finals of an unbroken session for so much model audio.
 *
 * @param speech Where turns start; everywhere without it.
 */
export function modelTranscript(ms: number, speech?: readonly Stretch[]): string[] {
  const turns = Array.from({ length: Math.ceil(ms / TURN_MS) }, (_, turn) =>
    isTurn(turn, speech) ? wordsWithin(turn, 0, ms).join(' ') : '',
  );
  return turns.filter((turn) => turn !== '');
}

/** Whether there is speech in a frame of model audio: one of the turns that start in these stretches. */
export function isModelSpeech(frame: Uint8Array, speech: readonly Stretch[]): boolean {
  const at = positionOf(Buffer.from(frame), 0) / BYTES_PER_MS;
  const last = at + frame.length / BYTES_PER_MS - 1;
  return [at, last].some((ms) => {
    const turn = Math.floor(ms / TURN_MS);
    return isTurn(turn, speech) && ms - turn * TURN_MS < WORDS_PER_TURN * WORD_MS;
  });
}

function isTurn(turn: number, speech: readonly Stretch[] | undefined): boolean {
  return speech?.some(([from, to]) => turn * TURN_MS >= from && turn * TURN_MS < to) ?? true;
}

/** The words of a turn in the audio from `from` to `to` ms; words of which only a part is there end in `~`. */
function wordsWithin(turn: number, from: number, to: number): string[] {
  return Array.from({ length: WORDS_PER_TURN }, (_, word) => {
    const start = turn * TURN_MS + word * WORD_MS;
    const end = start + WORD_MS;
    if (end <= from || start >= to) return '';
    return `w${turn * WORDS_PER_TURN + word}${start < from || end > to ? '~' : ''}`;
  }).filter((word) => word !== '');
}

/**
 * Where a session breaks: after so many milliseconds of audio, before `Begin`, or after `Terminate`; or how it ends when it
 * receives nothing for 5 s.
 */
export type Break = number | 'before Begin' | 'after Terminate' | 'inactive';

/**
 * A service in virtual time: it recognises only what it is sent, and sends a word only if it received all of it. It breaks
 * the sessions as configured, in order; a session beyond that list does not break.
 */
export class ModelService {
  readonly #breaks: Break[];
  readonly #connectMs: number;
  readonly #lastsMs: number;
  readonly poison: Stretch | undefined;
  /** Where turns start, in milliseconds; everywhere if it is not set. */
  speech: readonly Stretch[] | undefined;
  /** How long a session takes from `Terminate` to its last turn, in milliseconds. */
  terminationMs = 50;
  /** How long after the stretch on which it fails a session breaks, in milliseconds. */
  failureMs = 0;
  /** What each session was sent: stretches in milliseconds of the recording, and control messages. */
  readonly received: (string | [fromMs: number, toMs: number])[][] = [];

  /**
   * @param breaks Where sessions break.
   * @param connectMs How long a session takes to begin.
   * @param lastsMs How long a session may last; then it expires.
   * @param poison A stretch of audio on which every session fails, in milliseconds.
   */
  constructor(breaks: readonly Break[] = [], connectMs = 10, lastsMs = 10_800_000, poison?: Stretch) {
    this.poison = poison;
    this.#breaks = [...breaks];
    this.#connectMs = connectMs;
    this.#lastsMs = lastsMs;
  }

  readonly open: typeof session = (input) =>
    new Observable<SessionEvent>((subscriber) => {
      const breaks = this.#breaks.shift();
      const connecting = timer(this.#connectMs).subscribe(() => {
        if (breaks === 'before Begin') return fail(subscriber);
        const received: ModelService['received'][number] = [];
        this.received.push(received);
        const one = new ModelSession(subscriber, received, breaks, this);
        subscriber.next({ type: 'Begin', id: 'model', expires_at: (Date.now() + this.#lastsMs) / 1000 });
        subscriber.add(timer(this.#lastsMs).subscribe(() => fail(subscriber, 'expired', 3008)));
        subscriber.add(
          // synchronous input must stop when the session fails
          input.pipe(takeWhile(() => !subscriber.closed)).subscribe({
            next: (item) => one.receive(item),
            error: (error: unknown) => subscriber.error(error),
            complete: () => subscriber.add(timer(this.terminationMs).subscribe(() => one.terminate())),
          }),
        );
      });
      subscriber.add(connecting);
    });
}

function fail(subscriber: Subscriber<SessionEvent>, kind: ErrorKind = 'network', wireCode = 1006): void {
  subscriber.error(new TranscriptionError(kind, 'the connection broke', { retryable: true, wireCode }));
}

class ModelSession {
  readonly #subscriber: Subscriber<SessionEvent>;
  readonly #log: (string | [number, number])[];
  readonly #breaks: Break | undefined;
  readonly #service: ModelService;
  #failing = false;
  #idle: Subscription | undefined;
  #from: number | undefined;
  #to = 0;
  #receivedMs = 0;
  #padding = 0;
  #turn = 0;
  #wire = 0;
  #sent = '';

  constructor(
    subscriber: Subscriber<SessionEvent>,
    log: (string | [number, number])[],
    breaks: Break | undefined,
    service: ModelService,
  ) {
    this.#service = service;
    this.#subscriber = subscriber;
    this.#log = log;
    this.#breaks = breaks;
  }

  receive(item: Uint8Array | ControlMessage): void {
    if (!ArrayBuffer.isView(item)) return void this.#log.push(item.type);
    const bytes = Buffer.from(item);
    const lead = bytes.findIndex((byte) => byte !== 0) & ~1;
    const limit = typeof this.#breaks === 'number' ? this.#breaks * BYTES_PER_MS : Infinity;
    const room = limit - this.#receivedMs * BYTES_PER_MS;
    this.#receivedMs += bytes.length / BYTES_PER_MS;
    if (this.#from === undefined && bytes.length - lead < LEAST_READABLE) {
      this.#padding = bytes.length / BYTES_PER_MS;
      return;
    }
    const at = positionOf(bytes, lead) / BYTES_PER_MS;
    if (this.#from === undefined) {
      this.#from = at;
      this.#padding += lead / BYTES_PER_MS;
      this.#turn = Math.floor(at / TURN_MS);
      this.#log.push([at, at]);
    } else if (at !== this.#to) throw new Error(`a hole in the audio: ${this.#to} to ${at} ms`);
    this.#to = at + Math.min(bytes.length - lead, room) / BYTES_PER_MS;
    (this.#log.findLast((one) => typeof one !== 'string') as [number, number])[1] = this.#to;
    const [from, to] = this.#service.poison ?? [Infinity, Infinity];
    if (this.#failing) return;
    if (at < to && this.#to > from) return this.#fail();
    this.#recognise();
    if (bytes.length > room) fail(this.#subscriber);
    if (this.#breaks === 'inactive') this.#expectMore();
  }

  #fail(): void {
    if (this.#service.failureMs === 0) return fail(this.#subscriber);
    this.#failing = true;
    this.#subscriber.add(timer(this.#service.failureMs).subscribe(() => fail(this.#subscriber)));
  }

  #expectMore(): void {
    this.#idle?.unsubscribe();
    this.#idle = timer(5000).subscribe(() => fail(this.#subscriber, 'expired', 3006));
    this.#subscriber.add(this.#idle);
  }

  terminate(): void {
    if (this.#failing) return;
    if (this.#breaks === 'after Terminate') return fail(this.#subscriber);
    this.#final();
    this.#subscriber.next({ type: 'Termination' });
    this.#subscriber.complete();
  }

  #recognise(): void {
    while (this.#to >= this.#turn * TURN_MS + WORDS_PER_TURN * WORD_MS + END_MS) this.#final();
    const words = this.#words(false);
    if (words.length === 0 || words.join(' ') === this.#sent) return;
    this.#sent = words.join(' ');
    this.#subscriber.next(this.#message(partial(this.#wire, this.#sent), false));
  }

  #final(): void {
    const words = this.#words(true);
    if (words.length > 0) this.#subscriber.next(this.#message(final(this.#wire++, words.join(' ')), true));
    this.#turn++;
    this.#sent = '';
  }

  #words(ended: boolean): string[] {
    const words = isTurn(this.#turn, this.#service.speech) ? wordsWithin(this.#turn, this.#from ?? 0, this.#to) : [];
    return ended ? words : words.filter((word) => !word.endsWith('~'));
  }

  /** Gives the words their times on the session's clock. */
  #message(turn: ReturnType<typeof final>, isFinal: boolean): SessionEvent {
    const offset = this.#padding - (this.#from ?? 0);
    const words = turn.words.map((word) => {
      const number = Number(/\d+/.exec(word.text)?.[0]);
      const start = Math.floor(number / WORDS_PER_TURN) * TURN_MS + (number % WORDS_PER_TURN) * WORD_MS + offset;
      return { ...word, start, end: start + WORD_MS };
    });
    return { ...turn, words, isFinal };
  }
}
