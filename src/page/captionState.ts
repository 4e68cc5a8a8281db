import { randomBytes } from 'node:crypto';
import type { FinalTurn, PartialTurn, SpeakerRevision, TranscriptionEvent } from '../../operators/events.ts';
import type { Status, TurnPart, ViewTurn, ViewUpdate } from './client/viewState.ts';
import { partsOfFinal, partsOfPartial } from './turnParts.ts';
import type { SpokenText } from './turnParts.ts';

/** Number of finals kept: more than a screen shows. */
export const KEPT_TURNS = 50;
/** Most speakers that have an index, and so a colour, of their own. */
const MAX_SPEAKERS = 100;

/** A final, its view, and the version in which it changed. */
interface Entry {
  readonly turn: FinalTurn;
  readonly view: ViewTurn;
  readonly version: number;
}

/**
 * The current captions: the latest finals, the partial and the status. Its size is bounded, and it knows what changed
 * since each earlier version.
 */
export class CaptionState {
  readonly #run = randomBytes(6).toString('base64url');
  readonly #entries = new Map<number, Entry>();
  readonly #speakers = new Map<string, number>();
  #version = 1;
  #firstOrder = 0;
  #partial: { readonly turn: PartialTurn; readonly view: ViewTurn } | undefined;
  #status: Status = 'waiting';

  /** The current version, unique over all instances. */
  get version(): string {
    return `${this.#run}.${this.#version}`;
  }

  /** Applies an event. */
  apply(event: TranscriptionEvent): void {
    switch (event.type) {
      case 'Begin':
        return this.#setStatus('live');
      case 'Reconnecting':
        return this.#setStatus('reconnecting');
      case 'Turn':
        return event.isFinal ? this.#applyFinal(event) : this.#applyPartial(event);
      case 'SpeakerRevision':
        return this.#revise(event);
      case 'Termination':
        // a partial of an ended session never gets a final
        if (this.#partial?.turn.session === event.session) this.#removePartial();
        return undefined;
      default:
        return undefined;
    }
  }

  /** Marks the captions as ended; a partial stays. */
  end(): void {
    if (this.#status !== 'ended') this.#setStatus('ended');
  }

  /** Returns what changed since a version; everything if the version is missing or unknown. */
  since(version: string | undefined): ViewUpdate {
    const known = this.#numberOf(version);
    const entries = [...this.#entries.values()];
    const changed = known === undefined ? entries : entries.filter((entry) => entry.version > known);
    return {
      replacesAll: known === undefined,
      firstOrder: this.#firstOrder,
      turns: changed.map(({ view }) => view),
      partial: this.#partial?.view,
      status: this.#status,
    };
  }

  #numberOf(version = ''): number | undefined {
    const [run, number = ''] = version.split('.');
    return run === this.#run && /^\d{1,15}$/.test(number) && Number(number) <= this.#version
      ? Number(number)
      : undefined;
  }

  #setStatus(status: Status): void {
    this.#version += 1;
    this.#status = status;
  }

  #removePartial(): void {
    this.#version += 1;
    this.#partial = undefined;
  }

  #applyPartial(turn: PartialTurn): void {
    const { turn_order } = turn;
    if (turn_order < this.#firstOrder || this.#entries.has(turn_order)) return;
    this.#version += 1;
    this.#partial = { turn, view: this.#viewOf(turn_order, partsOfPartial(turn)) };
  }

  #applyFinal(turn: FinalTurn): void {
    if (turn.turn_order < this.#firstOrder) return;
    this.#put(turn);
    if (this.#partial && this.#partial.turn.turn_order <= turn.turn_order) this.#removePartial();
    for (const order of this.#entries.keys()) {
      if (this.#entries.size <= KEPT_TURNS) break;
      this.#entries.delete(order);
      this.#firstOrder = order + 1;
    }
  }

  #revise({ revisions }: SpeakerRevision): void {
    for (const { turn_order, speaker_label, words } of revisions) {
      const entry = this.#entries.get(turn_order);
      if (entry)
        this.#put({ ...entry.turn, ...(speaker_label !== undefined && { speaker_label }), ...(words && { words }) });
    }
  }

  #put(turn: FinalTurn): void {
    this.#version += 1;
    const view = this.#viewOf(turn.turn_order, partsOfFinal(turn));
    this.#entries.set(turn.turn_order, { turn, view, version: this.#version });
  }

  #viewOf(order: number, texts: readonly SpokenText[]): ViewTurn {
    return { order, parts: texts.map((text) => this.#partOf(text)) };
  }

  #partOf({ text, speaker }: SpokenText): TurnPart {
    if (speaker === undefined) return { text };
    const speakerIndex = this.#speakers.get(speaker) ?? this.#speakers.size;
    if (speakerIndex < MAX_SPEAKERS) this.#speakers.set(speaker, speakerIndex);
    return { text, speaker, speakerIndex };
  }
}
