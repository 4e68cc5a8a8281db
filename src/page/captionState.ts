import { randomBytes } from 'node:crypto';
import type { FinalTurn, TranscriptionEvent } from '../../operators/events.ts';
import { EMPTY_TRANSCRIPT, reduceTranscript } from '../../operators/reduceTranscript.ts';
import type { Transcript } from '../../operators/reduceTranscript.ts';
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
  #transcript: Transcript = EMPTY_TRANSCRIPT;
  #partial: ViewTurn | undefined;
  #status: Status = 'waiting';

  /** The current version, unique over all instances. */
  get version(): string {
    return `${this.#run}.${this.#version}`;
  }

  /** Applies an event. */
  apply(event: TranscriptionEvent): void {
    if (event.type === 'Begin') this.#setStatus(event.runsOn === 'device' ? 'device' : 'live');
    if (event.type === 'Reconnecting') this.#setStatus('reconnecting');
    // a turn that is no longer kept cannot be corrected
    if (event.type === 'Turn' && !(event.turn_order >= this.#firstOrder && Number.isSafeInteger(event.turn_order)))
      return;
    const before = this.#transcript;
    const { turns, partial } = reduceTranscript(before, event);
    this.#transcript = { turns: turns.slice(-KEPT_TURNS), partial };
    if (turns !== before.turns) this.#updateTurns(turns.length);
    if (partial !== before.partial) this.#updatePartial();
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
      partial: this.#partial,
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

  /** @param length How many turns there were before the oldest was dropped. */
  #updateTurns(length: number): void {
    const { turns } = this.#transcript;
    if (length > turns.length) {
      const kept = new Set(turns.map(({ turn_order }) => turn_order));
      for (const order of this.#entries.keys()) if (!kept.has(order)) this.#drop(order);
    }
    for (const turn of turns) if (this.#entries.get(turn.turn_order)?.turn !== turn) this.#put(turn);
  }

  #drop(order: number): void {
    this.#entries.delete(order);
    this.#firstOrder = Math.max(this.#firstOrder, order + 1);
  }

  #put(turn: FinalTurn): void {
    this.#version += 1;
    const view = this.#viewOf(turn.turn_order, partsOfFinal(turn));
    this.#entries.set(turn.turn_order, { turn, view, version: this.#version });
  }

  #updatePartial(): void {
    const { partial } = this.#transcript;
    this.#version += 1;
    this.#partial = partial && this.#viewOf(partial.turn_order, partsOfPartial(partial));
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
