import type { FinalTurn, Word } from '../../operators/events.ts';
import type { ViewTurn } from './client/viewState.ts';

/** What a viewer shows: the latest turns, or all that are kept. */
export type Scope = 'captions' | 'transcript';

/** Number of finals that the captions show: more than fit on a screen. */
export const CAPTION_TURNS = 50;
/** Number of finals that are kept for the transcript: several hours of speech. */
export const TRANSCRIPT_TURNS = 5000;
/** Most memory of the kept finals, roughly in bytes. The latest final is kept whatever its size. */
const MAX_SIZE = 20_000_000;
/** What a word costs besides its characters. */
const WORD_SIZE = 100;
/** Most finals in one update. */
const UPDATE_TURNS = 250;

/** A final, its view, and the version in which it changed. */
interface Entry {
  readonly turn: FinalTurn;
  readonly view: ViewTurn;
  readonly version: number;
  readonly size: number;
}

/** The finals so far, bounded, and in which version each changed. */
export class TurnHistory {
  readonly #entries = new Map<number, Entry>();
  /** Entries by their version. Those that were replaced or dropped are removed once they are a fifth. */
  #changes: Entry[] = [];
  /** The orders of the latest turns. */
  readonly #latest: number[] = [];
  #firstOfTranscript = 0;
  #firstOfCaptions = 0;
  #size = 0;

  /** The finals that are kept, in order. */
  get turns(): FinalTurn[] {
    return [...this.#entries.values()].map(({ turn }) => turn);
  }

  get(order: number): FinalTurn | undefined {
    return this.#entries.get(order)?.turn;
  }

  /** Whether a turn is new or still kept: one that was dropped cannot be corrected. */
  accepts(order: number): boolean {
    return Number.isSafeInteger(order) && order >= this.#firstOfTranscript;
  }

  /** Adds a final, or replaces the one with the same order. */
  put(turn: FinalTurn, view: ViewTurn, version: number): void {
    const { order } = view;
    const before = this.#entries.get(order);
    const entry = { turn, view, version, size: sizeOf(turn) };
    this.#entries.set(order, entry);
    this.#changes.push(entry);
    this.#size += entry.size - (before?.size ?? 0);
    if (!before) this.#latest.push(order);
    if (this.#latest.length > CAPTION_TURNS) this.#firstOfCaptions = this.#latest.shift()! + 1;
    while (this.#entries.size > TRANSCRIPT_TURNS || (this.#size > MAX_SIZE && this.#entries.size > 1)) this.#drop();
    if (this.#changes.length > 1.25 * this.#entries.size + CAPTION_TURNS) {
      this.#changes = this.#changes.filter((change) => this.#isCurrent(change));
    }
  }

  /**
   * Returns the turns that changed after a version.
   *
   * @returns `version` is that of the last change returned if there are more, else `undefined`.
   */
  since(known: number, scope: Scope): { turns: ViewTurn[]; firstOrder: number; version: number | undefined } {
    const firstOrder = scope === 'captions' ? this.#firstOfCaptions : this.#firstOfTranscript;
    const found: Entry[] = [];
    let version: number | undefined;
    for (let at = this.#firstAfter(known); at < this.#changes.length; at += 1) {
      const change = this.#changes[at]!;
      if (change.view.order < firstOrder || !this.#isCurrent(change)) continue;
      if (found.length === UPDATE_TURNS) {
        version = found.at(-1)!.version;
        break;
      }
      found.push(change);
    }
    return { turns: found.map(({ view }) => view).toSorted((a, b) => a.order - b.order), firstOrder, version };
  }

  #drop(): void {
    const [[order, { size }]] = this.#entries as Iterable<[number, Entry]> as [[number, Entry]];
    this.#entries.delete(order);
    this.#size -= size;
    this.#firstOfTranscript = Math.max(this.#firstOfTranscript, order + 1);
  }

  #isCurrent(entry: Entry): boolean {
    return this.#entries.get(entry.view.order) === entry;
  }

  /** Returns the index of the first change after a version. */
  #firstAfter(version: number): number {
    let [low, high] = [0, this.#changes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#changes[middle]!.version > version) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Events may come from anywhere, so fields may be anything. */
function sizeOf({ transcript, speaker_label, words }: FinalTurn): number {
  const list = (Array.isArray(words) ? words : []) as readonly (Word | null)[];
  const texts: unknown[] = [transcript, speaker_label, ...list.flatMap((word) => [word?.text, word?.speaker])];
  const lengths = texts.map((text) => (typeof text === 'string' ? text.length : 0));
  return lengths.reduce((sum, length) => sum + length, WORD_SIZE * (list.length + 1));
}
