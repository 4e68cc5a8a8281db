import type { FinalTurn, Word } from '../../operators/events.ts';
import { captionDocument } from '../captions/captionDocument.ts';
import { CAPTION_FORMATS } from '../captions/captionFormats.ts';
import type { CaptionFormat, DocumentFormat } from '../captions/captionFormats.ts';
import { DOCUMENT_WRITERS } from '../captions/documentWriters.ts';
import { speakerName } from '../captions/speakerName.ts';
import { monotonicNow } from '../monotonicNow.ts';
import type { CaptionState } from './captionState.ts';
import { nameOf } from './client/viewState.ts';
import type { SpeakerNames } from './client/viewState.ts';

/** Shortest interval between two documents of one format, in milliseconds: writing one takes time. */
const REWRITE_MS = 1000;

interface WrittenFile {
  readonly text: string;
  readonly version: string;
  readonly atMs: number;
}

/** The kept finals as files to download, with the names of the speakers. */
export class TranscriptFiles {
  readonly #state: CaptionState;
  readonly #files = new Map<DocumentFormat, WrittenFile>();
  /** Each final with the names of its speakers, so that unchanged ones stay the same objects. */
  #named = new WeakMap<FinalTurn, FinalTurn>();
  #names: SpeakerNames = {};

  constructor(state: CaptionState) {
    this.#state = state;
  }

  /** Returns the text of `transcript.srt` and the like; `undefined` if there is no such file. */
  read(path: string): string | undefined {
    const format = FORMATS.get(path);
    if (format === undefined) return undefined;
    const { version } = this.#state;
    const before = this.#files.get(format);
    if (before && (before.version === version || monotonicNow() - before.atMs < REWRITE_MS)) return before.text;
    const text = captionDocument(this.#turns(), format);
    this.#files.set(format, { text, version, atMs: monotonicNow() });
    return text;
  }

  #turns(): FinalTurn[] {
    const { turns, names } = this.#state;
    if (names !== this.#names) [this.#names, this.#named] = [names, new WeakMap()];
    if (Object.keys(names).length === 0) return turns;
    return turns.map((turn) => {
      const named = this.#named.get(turn) ?? withNames(turn, names);
      this.#named.set(turn, named);
      return named;
    });
  }
}

/** The formats by path. */
const FORMATS: ReadonlyMap<string, DocumentFormat> = new Map(
  Object.entries(CAPTION_FORMATS).flatMap(([format, [extension]]) =>
    DOCUMENT_WRITERS[format as CaptionFormat] ? [[`transcript${extension}`, format as DocumentFormat]] : [],
  ),
);

function withNames(turn: FinalTurn, names: SpeakerNames): FinalTurn {
  const words = Array.isArray(turn.words) ? turn.words : [];
  return {
    ...turn,
    ...labelled('speaker_label', turn.speaker_label, names),
    words: words.map((word: Word | null) => ({ ...word, ...labelled('speaker', word?.speaker, names) }) as Word),
  };
}

function labelled<Field extends string>(
  field: Field,
  label: string | undefined,
  names: SpeakerNames,
): { [Name in Field]?: string } {
  const speaker = speakerName(label);
  return (speaker === undefined ? {} : { [field]: nameOf(speaker, names) }) as { [Name in Field]?: string };
}
