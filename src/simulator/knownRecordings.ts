import { Aligner, type Piece } from './aligner.ts';
import { BlockIndex, type Place } from './blockIndex.ts';
import type { Heard, Recogniser, RecogniserFactory } from './recogniser.ts';
import type { RecordedWord, Recording } from './recording.ts';
import { SpeechActivity } from './speechActivity.ts';
import { Passage } from './passage.ts';

/**
 * The recogniser of the local service: it does not recognise speech, it recognises recordings it knows. It answers with
 * the words whose audio arrived, each time it arrives: a word received whole is its text, one received in part is its text
 * and `~`, one not received is not told. Of audio it does not know it tells only that there is speech, and how long.
 */
export function recogniseRecordings(recordings: readonly Recording[]): RecogniserFactory {
  let index: BlockIndex | undefined;
  const words = new Map(recordings.map((recording) => [recording.pcm, inBytes(recording)]));
  return (sampleRate) => {
    index ??= new BlockIndex(recordings.map(({ pcm }) => pcm));
    return new KnownRecordings(new Aligner(index), words, (2 * sampleRate) / 1000);
  };
}

class KnownRecordings implements Recogniser {
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

  push(bytes: Uint8Array): Heard[] {
    return this.#aligner.push(bytes).flatMap((piece) => this.#read(piece));
  }

  end(): Heard[] {
    return [...this.#aligner.end().flatMap((piece) => this.#read(piece)), ...this.#activity.end()];
  }

  #read(piece: Piece): Heard[] {
    switch (piece.kind) {
      case 'unknown':
        return this.#activity.push(piece.from, piece.bytes);
      case 'found':
        this.#passage = this.#open(piece.from, piece.place);
        return this.#activity.end();
      case 'followed':
        return this.#passage?.grow(piece.to) ?? [];
      case 'lost':
        return this.#leave(piece.to);
      default:
        return piece satisfies never;
    }
  }

  #leave(at: number): Heard[] {
    const cut = this.#passage?.end(at) ?? [];
    this.#passage = undefined;
    return cut;
  }

  #open(from: number, { pcm, at }: Place): Passage {
    return new Passage({ words: this.#words.get(pcm) ?? [], at, from, bytesPerMs: this.#bytesPerMs });
  }
}

function inBytes({ words, sampleRate }: Recording): RecordedWord[] {
  const bytes = (ms: number): number => 2 * Math.round((ms * sampleRate) / 1000);
  return words.map((word) => ({ ...word, start: bytes(word.start), end: bytes(word.end) }));
}
