import { defer, filter, map, startWith } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { placeMarks } from './chapterMark.ts';
import type { DocumentItem, Mark } from './chapterMark.ts';

/** Returns the text to append for a turn; it depends on the turns before this one only. */
export type TurnWriter = (turn: FinalTurn) => string;

/** Writes one kind of document, which grows turn by turn and is complete after each turn. */
export interface DocumentWriter {
  /** The text at the start of every document. */
  readonly header: string;
  /** Starts a new document. */
  readonly turnWriter: () => TurnWriter;
  /** Writes a chapter mark, in formats that have chapters. */
  readonly chapter?: (mark: Mark) => string;
}

/** Makes the operator that emits a document piece by piece. */
export function documentOperator({ header, turnWriter }: DocumentWriter): OperatorFunction<FinalTurn, string> {
  return (source) =>
    defer(() => source.pipe(map(turnWriter()), startWith(header))).pipe(filter((piece) => piece !== ''));
}

/** Starts a new document of turns and chapter marks. */
export function itemWriter({ turnWriter, chapter }: DocumentWriter): (item: DocumentItem) => string {
  const write = turnWriter();
  return (item) => ('atMs' in item ? (chapter?.(item) ?? '') : write(item));
}

/** Writes a complete document. */
export function writeDocument(writer: DocumentWriter, turns: readonly FinalTurn[], marks: readonly Mark[]): string {
  return writer.header + placeMarks(turns, marks).map(itemWriter(writer)).join('');
}
