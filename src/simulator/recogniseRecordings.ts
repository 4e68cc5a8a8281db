import { Aligner, type Piece } from './aligner.ts';
import { BlockIndex, type Position } from './blockIndex.ts';
import { Passage } from './passage.ts';
import type { RecognisedWord, Recogniser, RecogniserFactory } from './recogniser.ts';
import type { RecordedWord, Recording } from './recording.ts';
import { SpeechActivity } from './speechActivity.ts';

/**
 * Creates a recogniser that does not recognise speech but finds known recordings in the audio. It returns the words whose
 * audio arrived, every time it arrives: a word received whole as its text, a word received in part as its text and `~`. For
 * unknown audio it only returns that there is speech, and how long.
 */
export function recogniseRecordings(recordings: readonly Recording[]): RecogniserFactory {
  let index: BlockIndex | undefined;
  const words = new Map(recordings.map((recording) => [recording.pcm, timedInBytes(recording)]));
  return (sampleRate) => {
    index ??= new BlockIndex(recordings.map(({ pcm }) => pcm));
    return new RecordingRecogniser(new Aligner(index), words, (2 * sampleRate) / 1000);
  };
}

class RecordingRecogniser implements Recogniser {
  readonly #aligner: Aligner;
  readonly #words: ReadonlyMap<Uint8Array, readonly RecordedWord[]>;
  readonly #bytesPerMs: number;
  readonly #activity: SpeechActivity;
  #passage: Passage | undefined;

  constructor(aligner: Aligner, words: ReadonlyMap<Uint8Array, readonly RecordedWord[]>, bytesPerMs: number) {
    this.#aligner = aligner;
    this.#words = words;
    this.#bytesPerMs = bytesPerMs;
    this.#activity = new SpeechActivity(bytesPerMs);
  }

  get settledMs(): number {
    return this.#aligner.settled / this.#bytesPerMs;
  }

  push(bytes: Uint8Array): RecognisedWord[] {
    return this.#aligner.push(bytes).flatMap((piece) => this.#wordsOf(piece));
  }

  /** Unknown speech can be split anywhere; a word of a recording cannot. */
  flush(): RecognisedWord[] {
    return this.#activity.end();
  }

  end(): RecognisedWord[] {
    return [...this.#aligner.end().flatMap((piece) => this.#wordsOf(piece)), ...this.#activity.end()];
  }

  #wordsOf(piece: Piece): RecognisedWord[] {
    switch (piece.kind) {
      case 'unknown':
        return this.#activity.push(piece.from, piece.bytes);
      case 'found':
        this.#passage = this.#openPassage(piece.from, piece.position);
        return this.#activity.end();
      case 'followed':
        return this.#passage?.grow(piece.to) ?? [];
      case 'lost':
        return this.#endPassage(piece.to);
      default:
        return piece satisfies never;
    }
  }

  #openPassage(from: number, { pcm, at }: Position): Passage {
    return new Passage({ words: this.#words.get(pcm) ?? [], at, from, bytesPerMs: this.#bytesPerMs });
  }

  #endPassage(at: number): RecognisedWord[] {
    const words = this.#passage?.end(at) ?? [];
    this.#passage = undefined;
    return words;
  }
}

function timedInBytes({ words, sampleRate }: Recording): RecordedWord[] {
  const bytes = (ms: number): number => 2 * Math.round((ms * sampleRate) / 1000);
  return words.map((word) => ({ ...word, start: bytes(word.start), end: bytes(word.end) }));
}
