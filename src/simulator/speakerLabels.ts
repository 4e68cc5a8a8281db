import { wireWord, type Message, type EndedTurn } from './turn.ts';
import type { Heard } from './recogniser.ts';

/** Speech after which a voice is known, in milliseconds. */
const KNOWN_AFTER_MS = 2000;

const PENDING = 'PENDING';

/**
 * Speaker labels of one session. A voice has the label `PENDING` until it has been heard for 2 s; the turns told until
 * then are corrected by one revision at the end of the session.
 */
export class SpeakerLabels {
  readonly #heardMs = new Map<string, number>();
  readonly #pending: { readonly order: number; readonly words: readonly Heard[] }[] = [];

  /** The label of a word, once its turn is ended. */
  ofWord(word: Heard): string {
    const speaker = speakerName(word);
    return (this.#heardMs.get(speaker) ?? 0) < KNOWN_AFTER_MS ? PENDING : speaker;
  }

  /** The fields a final carries; to be asked for once per final, after its words. */
  ofTurn({ words }: EndedTurn): object {
    const first = words[0];
    return { speaker_label: first === undefined ? PENDING : this.ofWord(first), speaker_confidence: 0.9 };
  }

  /** Takes note of an ended turn. */
  learn({ order, words }: EndedTurn): void {
    if (words.some((word) => this.ofWord(word) === PENDING)) this.#pending.push({ order, words });
    for (const word of words) {
      const speaker = speakerName(word);
      this.#heardMs.set(speaker, (this.#heardMs.get(speaker) ?? 0) + word.endMs - word.startMs);
    }
  }

  /** The corrections, if there are any. */
  revision(): Message[] {
    if (this.#pending.length === 0) return [];
    const revisions = this.#pending.map(({ order, words }) => ({
      turn_order: order,
      speaker_label: speakerName(words[0]!),
      words: words.map((word) => wireWord(word, word.text, true, speakerName(word))),
    }));
    return [{ type: 'SpeakerRevision', revisions }];
  }
}

function speakerName(word: Heard): string {
  return word.speaker ?? 'A';
}
