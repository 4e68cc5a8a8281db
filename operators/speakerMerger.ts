import type { FinalTurn, PartialTurn, Stats, TranscriptionEvent, Turn } from './events.ts';

/** How long a final waits for an earlier turn of another speaker, in milliseconds of audio. */
const MAX_WAIT_MS = 10_000;

/** The fields of `Stats` that are sums over all speakers. */
const SUMMED = [
  'capturedMs',
  'sentMs',
  'replayedMs',
  'transcribedMs',
  'gapMs',
  'skippedMs',
  'openMs',
  'sessions',
  'reconnects',
] as const satisfies readonly (keyof Stats)[];

/** One speaker's transcription. */
interface Speaker {
  readonly name: string;
  /** The latest partial of the open turn. */
  open: PartialTurn | undefined;
  /** The merged number of each turn. */
  readonly orders: Map<number, number>;
  /** The merged number of each session. */
  readonly sessions: Map<number, number>;
  stats: Stats | undefined;
}

/** A final that waits for an earlier turn of another speaker. */
interface WaitingFinal {
  readonly speaker: Speaker;
  readonly final: FinalTurn;
}

/** The state of `mergeSpeakers`: each event of one speaker becomes the events to emit. */
export class SpeakerMerger {
  readonly #speakers: Speaker[] = [];
  /** In order of their start. */
  readonly #waiting: WaitingFinal[] = [];
  /** The number of the next final, which is that of the open turn, too. */
  #nextOrder = 0;
  #sessions = 0;
  /** The end of the latest word or the audio captured, in milliseconds. */
  #latestMs = 0;
  /** The partial that was emitted last, and under which number. */
  #shown: { readonly partial: PartialTurn; readonly order: number } | undefined;

  addSpeaker(name: string): Speaker {
    const speaker: Speaker = { name, open: undefined, orders: new Map(), sessions: new Map(), stats: undefined };
    this.#speakers.push(speaker);
    return speaker;
  }

  apply(speaker: Speaker, event: TranscriptionEvent): TranscriptionEvent[] {
    switch (event.type) {
      case 'Turn':
        return this.#turn(speaker, this.#ofSession(speaker, event));
      case 'SpeakerRevision':
        return [];
      case 'LLMGatewayResponse':
        return this.#response(speaker, this.#ofSession(speaker, event));
      case 'Stats':
        this.#latestMs = Math.max(this.#latestMs, event.capturedMs);
        speaker.stats = event;
        return [...this.#release(), sumOf(this.#speakers, this.#ofSession(speaker, event))];
      default:
        return [this.#ofSession(speaker, event)];
    }
  }

  /** A transcription completed: its open turn gets no final. */
  end(speaker: Speaker): TranscriptionEvent[] {
    speaker.open = undefined;
    return this.#release();
  }

  /** Returns all finals that wait. */
  releaseAll(): TranscriptionEvent[] {
    return this.#releaseFirst(this.#waiting.length);
  }

  #turn(speaker: Speaker, turn: Turn): TranscriptionEvent[] {
    this.#latestMs = Math.max(this.#latestMs, turn.words.at(-1)?.end ?? 0);
    if (!turn.isFinal) {
      if (!speaker.orders.has(turn.turn_order)) speaker.open = labelled(speaker, turn);
      return this.#release();
    }
    if (speaker.open && speaker.open.turn_order <= turn.turn_order) speaker.open = undefined;
    const entry = { speaker, final: labelled(speaker, turn) };
    const at = this.#waiting.findLastIndex(
      (other) => other.speaker === speaker || startOf(other.final) <= startOf(entry.final),
    );
    this.#waiting.splice(at + 1, 0, entry);
    return this.#release();
  }

  /** Releases the finals that no earlier turn can precede any more, and then the partial of the open turn. */
  #release(): TranscriptionEvent[] {
    const events: TranscriptionEvent[] = [];
    while (this.#waiting[0] && !this.#mustWait(this.#waiting[0])) events.push(...this.#releaseFirst(1));
    const partial = this.#earliestOpen();
    const order = this.#nextOrder;
    if (partial && !(this.#shown?.partial === partial && this.#shown.order === order)) {
      this.#shown = { partial, order };
      events.push({ ...partial, turn_order: order });
    }
    return events;
  }

  #mustWait({ speaker, final }: WaitingFinal): boolean {
    const endMs = final.words.at(-1)?.end ?? 0;
    if (this.#latestMs - endMs > MAX_WAIT_MS) return false;
    return this.#speakers.some((other) => other !== speaker && other.open && startOf(other.open) < startOf(final));
  }

  #earliestOpen(): PartialTurn | undefined {
    const open = this.#speakers.flatMap((speaker) => speaker.open ?? []);
    return open.toSorted((a, b) => startOf(a) - startOf(b))[0];
  }

  #releaseFirst(count: number): FinalTurn[] {
    return this.#waiting.splice(0, count).map((entry) => this.#numbered(entry));
  }

  #numbered({ speaker: { orders }, final }: WaitingFinal): FinalTurn {
    // a final that the source repeats keeps its number
    const order = orders.get(final.turn_order) ?? this.#nextOrder++;
    orders.set(final.turn_order, order);
    return { ...final, turn_order: order };
  }

  /** An answer follows its final, so a final that is answered does not wait. */
  #response(speaker: Speaker, response: TranscriptionEvent & { type: 'LLMGatewayResponse' }): TranscriptionEvent[] {
    const answered = this.#waiting.findIndex(
      (entry) => entry.speaker === speaker && entry.final.turn_order === response.turn_order,
    );
    const events: TranscriptionEvent[] = this.#releaseFirst(answered + 1);
    const order = speaker.orders.get(response.turn_order);
    if (order !== undefined) events.push({ ...response, turn_order: order });
    return [...events, ...this.#release()];
  }

  /** The event with the merged number of its session. */
  #ofSession<Event extends TranscriptionEvent>({ sessions }: Speaker, event: Event): Event {
    const session = sessions.get(event.session) ?? this.#sessions++;
    sessions.set(event.session, session);
    return { ...event, session };
  }
}

function startOf(turn: Turn): number {
  return turn.words[0]?.start ?? Infinity;
}

function labelled<T extends Turn>({ name }: Speaker, turn: T): T {
  const words = turn.words.some((word) => word.speaker !== undefined)
    ? turn.words.map((word) => ({ ...word, speaker: name }))
    : turn.words;
  return { ...turn, speaker_label: name, words };
}

function sumOf(speakers: readonly Speaker[], latest: Stats): Stats {
  const total = (field: (typeof SUMMED)[number]): [string, number] => [
    field,
    speakers.reduce((sum, { stats }) => sum + (stats?.[field] ?? 0), 0),
  ];
  return { ...latest, ...Object.fromEntries(SUMMED.map(total)) };
}
