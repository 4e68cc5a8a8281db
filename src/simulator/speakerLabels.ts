import type { EndedTurn } from './openTurn.ts';
import type { RecognisedWord } from './recogniser.ts';
import { wireWord, type ServiceMessage } from './serviceMessage.ts';

/** How much speech identifies a voice, in milliseconds. */
const IDENTIFIED_AFTER_MS = 2000;

const PENDING = 'PENDING';

/**
 * Speaker labels of one session. A voice is labelled `PENDING` until there are 2 s of it. One revision at the end of the
 * session corrects the turns sent before that.
 */
export class SpeakerLabels {
  readonly #speechMs = new Map<string, number>();
  readonly #pending: EndedTurn[] = [];

  /** The label of a word of an ended turn. */
  labelOf(word: RecognisedWord): string {
    const speaker = speakerOf(word);
    return (this.#speechMs.get(speaker) ?? 0) < IDENTIFIED_AFTER_MS ? PENDING : speaker;
  }

  /** The speaker fields of a final. */
  fieldsOf({ words }: EndedTurn): object {
    const first = words[0];
    return { speaker_label: first === undefined ? PENDING : this.labelOf(first), speaker_confidence: 0.9 };
  }

  /** Counts the speech of an ended turn, after its final was written. */
  addTurn({ order, words }: EndedTurn): void {
    if (words.some((word) => this.labelOf(word) === PENDING)) this.#pending.push({ order, words });
    for (const word of words) {
      const speaker = speakerOf(word);
      this.#speechMs.set(speaker, (this.#speechMs.get(speaker) ?? 0) + word.endMs - word.startMs);
    }
  }

  /** A `SpeakerRevision` of the pending turns, if there are any. */
  revision(): ServiceMessage[] {
    if (this.#pending.length === 0) return [];
    const revisions = this.#pending.map(({ order, words }) => ({
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
