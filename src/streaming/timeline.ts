import type { Checkpoint } from '../../operators/checkpoint.ts';
import type { TranscriptionEvent } from '../../operators/events.ts';
import type { SessionEvent } from './message.ts';

/** How much audio is replayed before the first word of an open turn, in milliseconds. */
const LEAD_MS = 1000;
/** The longest possible turn (60 s, docs, "Turn detection") plus a margin, in milliseconds. */
const LONGEST_TURN_MS = 70_000;
/** How much silence is replayed when no turn is open, in milliseconds. */
const SILENCE_MS = 10_000;

/**
 * One clock and one turn numbering over all sessions of a transcription.
 *
 * Every session starts its clock at its first byte and its `turn_order` at 0. A `SessionClock` rebases one session's events
 * onto the audio clock and the running numbers. Numbers have no holes and no repeats: the next number belongs to the turn
 * that ends next, so a turn cut off by a break keeps its number in the next session.
 */
export class Timeline {
  #sessions: number;
  #finals: number;
  #finalizedUpTo: number;
  readonly #silence: number;
  /** The turn that has not ended: where its first and its last word so far are. */
  #open: { readonly from: number; readonly upTo: number } | undefined;

  /**
   * @param hasPartials Whether the service sends partials; without them, apparent silence may be an open turn.
   * @param from Where an earlier process stopped.
   */
  constructor(hasPartials = true, from?: Checkpoint) {
    this.#sessions = from?.session ?? 0;
    this.#finals = from?.turnOrder ?? 0;
    this.#finalizedUpTo = from?.positionMs ?? 0;
    this.#silence = hasPartials ? SILENCE_MS : LONGEST_TURN_MS;
  }

  /** How many sessions have begun. */
  get sessions(): number {
    return this.#sessions;
  }

  /** The end of the last final, in milliseconds on the audio clock: everything before it is transcribed. */
  get finalizedUpTo(): number {
    return this.#finalizedUpTo;
  }

  /** Whether there is a turn that has not ended. */
  get turnIsOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Starts the next session, which recognises an open turn again: no turn is open until then. */
  nextSession(): SessionClock {
    this.#open = undefined;
    return new SessionClock(this, this.#sessions++);
  }

  /**
   * The position from which a new session must be sent the audio, in milliseconds on the audio clock.
   *
   * That is one second before the first word of the open turn. Without an open turn it is the end of the last final, or
   * 10 s before `processed` if that is later (70 s without partials). A turn without new words for 70 s counts as ended.
   *
   * @param processed Up to where the service has certainly processed the audio, in milliseconds.
   */
  replayFrom(processed: number): number {
    const open = this.#openAt(processed);
    return Math.max(this.#finalizedUpTo, open ? open.from - LEAD_MS : processed - this.#silence);
  }

  /** Whether a turn may still end, when so much of the audio was processed. */
  awaitsTurn(processed: number): boolean {
    return this.#openAt(processed) !== undefined;
  }

  #openAt(processed: number): { readonly from: number; readonly upTo: number } | undefined {
    return this.#open && processed - this.#open.upTo < LONGEST_TURN_MS ? this.#open : undefined;
  }

  /** Records that speech began, in milliseconds on the audio clock. */
  speechStarted(at: number): void {
    this.#open ??= { from: at, upTo: at };
  }

  /** Records a turn on the audio clock and returns its number. */
  number(turn: { readonly isFinal: boolean; readonly words: readonly { start: number; end: number }[] }): number {
    if (!turn.isFinal) {
      const from = turn.words[0]?.start ?? this.#finalizedUpTo;
      this.#open = { from, upTo: turn.words.at(-1)?.end ?? from };
      return this.#finals;
    }
    this.#open = undefined;
    this.#finalizedUpTo = turn.words.reduce((latest, { end }) => Math.max(latest, end), this.#finalizedUpTo);
    return this.#finals++;
  }
}

/** One session on the timeline. */
export class SessionClock {
  readonly session: number;
  readonly #timeline: Timeline;
  /** From `since` on (session clock), `offset` is added to get to the audio clock; both in milliseconds. */
  readonly #offsets: { readonly since: number; readonly offset: number }[] = [];
  readonly #numbers = new Map<number, number>();
  /** Up to where audio was sent, in milliseconds on the audio clock: no word ends later. */
  #sentTo = Infinity;

  constructor(timeline: Timeline, session: number) {
    this.#timeline = timeline;
    this.session = session;
  }

  /** Records that the audio at `since` on the session clock is at `at` on the audio clock, and that it was sent up to `end`. */
  align(since: number, at: number, end: number = Infinity): void {
    this.#sentTo = Math.round(end);
    if (this.#offsets.at(-1)?.offset !== at - since) this.#offsets.push({ since, offset: at - since });
  }

  /** Rebases an event onto the audio clock and the running numbers. */
  rebase(event: SessionEvent): TranscriptionEvent {
    const { session } = this;
    switch (event.type) {
      case 'Turn': {
        const words = this.#rebaseWords(event.words);
        const turn_order = this.#timeline.number({ isFinal: event.isFinal, words });
        this.#numbers.set(event.turn_order, turn_order);
        return { ...event, words, turn_order, session };
      }
      case 'SpeechStarted': {
        const timestamp = this.#at(event.timestamp);
        this.#timeline.speechStarted(timestamp);
        return { ...event, timestamp, session };
      }
      case 'Silence':
        return { ...event, start_ms: this.#at(event.start_ms), end_ms: this.#at(event.end_ms), session };
      case 'SpeakerRevision':
        return {
          ...event,
          revisions: event.revisions.map((revision) => ({
            ...revision,
            turn_order: this.#numberOf(revision.turn_order),
            ...(revision.words && { words: this.#rebaseWords(revision.words) }),
          })),
          session,
        };
      case 'LLMGatewayResponse':
        return { ...event, turn_order: this.#numberOf(event.turn_order), session };
      default:
        return { ...event, session };
    }
  }

  #rebaseWords<W extends { readonly start: number; readonly end: number }>(words: readonly W[]): W[] {
    const [first] = this.#offsets;
    const last = words.at(-1)?.end ?? 0;
    if (this.#offsets.length === 1 && first?.offset === 0 && last <= this.#sentTo) return [...words]; // no breaks so far
    return words.map((word) => {
      const start = Math.min(this.#at(word.start), this.#sentTo);
      return { ...word, start, end: Math.min(start + word.end - word.start, this.#sentTo) };
    });
  }

  #numberOf(turnOrder: number): number {
    return this.#numbers.get(turnOrder) ?? turnOrder;
  }

  #at(ms: number): number {
    const aligned = this.#offsets.findLast(({ since }) => Math.round(since) <= ms) ?? this.#offsets[0];
    return Math.round(ms + (aligned?.offset ?? 0));
  }
}
