import { defer, filter, map, startWith } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { cachedCues } from './cachedCues.ts';
import { placeMarks } from './chapterMark.ts';
import type { Mark } from './chapterMark.ts';

/** Everything before a turn that its text depends on. */
export interface DocumentState {
  /** Number of cues so far. */
  readonly cues: number;
  /** When the last cue ends, in milliseconds on the audio clock. */
  readonly endMs: number;
  /** The speaker of the last cue. */
  readonly speaker: string | undefined;
}

/** The state at the start of a document. */
export const DOCUMENT_START: DocumentState = { cues: 0, endMs: 0, speaker: undefined };

/** Writes one kind of document, which grows turn by turn and is complete after each turn. */
export interface DocumentWriter {
  /** The text at the start of every document. */
  readonly header: string;
  /** Returns the text to append for a turn, and the state after it. */
  readonly turn: (
    turn: FinalTurn,
    state: DocumentState,
    cuesOf?: typeof cachedCues,
  ) => readonly [text: string, state: DocumentState];
  /** Writes a chapter mark, in formats that have chapters. */
  readonly chapter?: (mark: Mark) => string;
}

/** Starts a document: returns a function that returns the text to append for each turn. */
export function turnWriter(writer: DocumentWriter, cuesOf?: typeof cachedCues): (turn: FinalTurn) => string {
  let state = DOCUMENT_START;
  return (turn) => {
    const [text, after] = cuesOf ? writer.turn(turn, state, cuesOf) : writer.turn(turn, state);
    state = after;
    return text;
  };
}

/** Makes the operator that emits a document piece by piece. */
export function documentOperator(writer: DocumentWriter): OperatorFunction<FinalTurn, string> {
  return (source) =>
    defer(() => source.pipe(map(turnWriter(writer)), startWith(writer.header))).pipe(filter((piece) => piece !== ''));
}

/** Writes a complete document. */
export function writeDocument(writer: DocumentWriter, turns: readonly FinalTurn[], marks: readonly Mark[]): string {
  const write = turnWriter(writer, cachedCues);
  const pieces = placeMarks(turns, marks).map((item) =>
    'atMs' in item ? (writer.chapter?.(item) ?? '') : write(item),
  );
  return writer.header + pieces.join('');
}
