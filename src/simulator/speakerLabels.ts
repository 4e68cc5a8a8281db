import type { EndedTurn } from './openTurn.ts';
import type { RecognisedWord } from './recogniser.ts';
import { PENDING, SPEAKER_CONFIDENCE, wireWord, type ServiceMessage } from './serviceMessage.ts';

/** How much speech identifies a voice, in milliseconds. */
const IDENTIFIED_AFTER_MS = 2000;

/**
 * Speaker labels of one session. A voice is labelled `PENDING` until there are 2 s of it. Revisions at an interval, and one
 * at the end of the session, correct the turns sent before that.
 */
export class SpeakerLabels {
  readonly #speechMs = new Map<string, number>();
  readonly #intervalMs: number;
  #pending: EndedTurn[] = [];
  #revisedAtMs = 0;

  /** @param intervalMs Audio between two revisions, in milliseconds; Infinity for none before the end. */
  constructor(intervalMs: number = Infinity) {
    this.#intervalMs = intervalMs;
  }

  /** The label of a word of an ended turn. */
  labelOf(word: RecognisedWord): string {
    const speaker = speakerOf(word);
    return (this.#speechMs.get(speaker) ?? 0) < IDENTIFIED_AFTER_MS ? PENDING : speaker;
  }

  /** The speaker fields of a final. */
  fieldsOf({ words }: EndedTurn): object {
    const first = words[0];
    return {
      speaker_label: first === undefined ? PENDING : this.labelOf(first),
      speaker_confidence: SPEAKER_CONFIDENCE,
    };
  }

  /** Counts the speech of an ended turn, after its final was written. */
  addTurn({ order, words }: EndedTurn): void {
    if (words.some((word) => this.labelOf(word) === PENDING)) this.#pending.push({ order, words });
    for (const word of words) {
      const speaker = speakerOf(word);
      this.#speechMs.set(speaker, (this.#speechMs.get(speaker) ?? 0) + word.endMs - word.startMs);
    }
  }

  /** A `SpeakerRevision` of the turns whose speakers are identified by now, if the interval has passed. */
  periodicRevision(nowMs: number): ServiceMessage[] {
    if (nowMs - this.#revisedAtMs < this.#intervalMs) return [];
    this.#revisedAtMs = nowMs;
    const waits = ({ words }: EndedTurn): boolean => words.some((word) => this.labelOf(word) === PENDING);
    const identified = this.#pending.filter((turn) => !waits(turn));
    this.#pending = this.#pending.filter(waits);
    return this.#revise(identified);
  }

  /** A `SpeakerRevision` of all pending turns, if there are any. */
  lastRevision(): ServiceMessage[] {
    return this.#revise(this.#pending);
  }

  #revise(turns: readonly EndedTurn[]): ServiceMessage[] {
    if (turns.length === 0) return [];
    const revisions = turns.map(({ order, words }) => ({
      turn_order: order,
      speaker_label: speakerOf(words[0]!),
      words: words.map((word) => wireWord(word, word.text, true, speakerOf(word))),
    }));
    return [{ type: 'SpeakerRevision', revisions }];
  }
}

function speakerOf(word: RecognisedWord): string {
  return word.speaker ?? 'A';
}
