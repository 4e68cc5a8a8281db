import type { TranscriptionEvent } from '../../operators/events.ts';
import type { SessionEvent } from './message.ts';

/** How much is heard again before the first word of an open turn, in milliseconds. */
const LEAD_MS = 1000;
/** The longest a turn lasts, in milliseconds, and a little more (docs, "Turn detection": 60 s). */
const LONGEST_TURN_MS = 70_000;
/** How much silence is heard again when no turn is open, in milliseconds. */
const SILENCE_MS = 10_000;

/**
 * One clock and one turn numbering over all sessions of a transcription.
 *
 * Every session starts its clock at its first byte and its `turn_order` at 0. A `Leg` carries one session's events over
 * to the audio clock and the running numbers. Numbers have no holes and no repeats: the next number belongs to whichever
 * turn ends next, so a turn that a break cut off is told again under its own.
 */
export class Timeline {
  #sessions = 0;
  #finals = 0;
  #toldUpTo = 0;
  readonly #silence: number;
  /** The turn that was told of and has not ended: where it starts, and up to where it was told. */
  #open: { readonly from: number; readonly upTo: number } | undefined;

  /** @param hasPartials Whether the service tells of turns before they end; without, silence may be one of them. */
  constructor(hasPartials = true) {
    this.#silence = hasPartials ? SILENCE_MS : LONGEST_TURN_MS;
  }

  /** How many sessions there were. */
  get sessions(): number {
    return this.#sessions;
  }

  /** Where the last final ends, in milliseconds on the audio clock: what is before has been told. */
  get toldUpTo(): number {
    return this.#toldUpTo;
  }

  /** Whether a turn was told of that has not ended. */
  get turnIsOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Starts the next session. A turn that was open is open no more; the session will tell it again. */
  nextLeg(): Leg {
    this.#open = undefined;
    return new Leg(this, this.#sessions++);
  }

  /**
   * From where a new session would have to hear the audio, in milliseconds on the audio clock: from the first word of
   * the open turn less a second; with no turn open, from the end of the last final, but no more than 10 s of silence
   * (70 s where partials are switched off). A turn of which nothing was heard for that long is open no more.
   *
   * @param processed Up to where the service has surely looked at the audio.
   */
  resumeFrom(processed: number): number {
    const open = this.#open && processed - this.#open.upTo < LONGEST_TURN_MS;
    return Math.max(this.#toldUpTo, this.#open && open ? this.#open.from - LEAD_MS : processed - this.#silence);
  }

  /** Takes note that speech began, in milliseconds on the audio clock. */
  speechStarted(at: number): void {
    this.#open ??= { from: at, upTo: at };
  }

  /** Takes note of a turn on the audio clock, and gives it its number. */
  number(turn: { readonly isFinal: boolean; readonly words: readonly { start: number; end: number }[] }): number {
    if (!turn.isFinal) {
      const from = turn.words[0]?.start ?? this.#toldUpTo;
      this.#open = { from, upTo: turn.words.at(-1)?.end ?? from };
      return this.#finals;
    }
    this.#open = undefined;
    this.#toldUpTo = Math.max(this.#toldUpTo, ...turn.words.map((word) => word.end));
    return this.#finals++;
  }
}

/** One session on the timeline. */
export class Leg {
  readonly session: number;
  readonly #timeline: Timeline;
  /** Where the session's clock stands on the audio clock: from `since` on, `offset` is added. Milliseconds. */
  readonly #offsets: { readonly since: number; readonly offset: number }[] = [];
  readonly #numbers = new Map<number, number>();

  constructor(timeline: Timeline, session: number) {
    this.#timeline = timeline;
    this.session = session;
  }

  /** Takes note that what the session hears from `since` on, its own clock, was said at `at` on the audio clock. */
  align(since: number, at: number): void {
    if (this.#offsets.at(-1)?.offset !== at - since) this.#offsets.push({ since, offset: at - since });
  }

  /** Carries an event over to the audio clock and the running numbers. */
  rebase(event: SessionEvent): TranscriptionEvent {
    const { session } = this;
    switch (event.type) {
      case 'Turn': {
        const turn = { ...event, words: this.#rebaseWords(event.words) };
        const turn_order = this.#timeline.number(turn);
        this.#numbers.set(event.turn_order, turn_order);
        return { ...turn, turn_order, session };
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
    if (this.#offsets.length === 1 && first?.offset === 0) return [...words]; // a first session that heard everything
    return words.map((word) => {
      const start = this.#at(word.start);
      return { ...word, start, end: start + word.end - word.start };
    });
  }

  #numberOf(turnOrder: number): number {
    return this.#numbers.get(turnOrder) ?? turnOrder;
  }

  #at(ms: number): number {
    const aligned = this.#offsets.findLast(({ since }) => since <= ms) ?? this.#offsets[0];
    return Math.round(ms + (aligned?.offset ?? 0));
  }
}
