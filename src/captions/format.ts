import { defer, filter, map, startWith } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn } from '../../operators/events.ts';
import { arranged } from './mark.ts';
import type { Mark, Part } from './mark.ts';

/** Writes turns one after another, each as the text to append; what it writes depends on the turns before alone. */
export type Writer = (turn: FinalTurn) => string;

/** A kind of document that grows turn by turn, and is whole after each. */
export interface Format {
  /** What it starts with. */
  readonly header: string;
  /** Starts a document. */
  readonly writer: () => Writer;
  /** Writes a mark, where such documents have chapters. */
  readonly chapter?: (mark: Mark) => string;
}

/** Makes the operator of a format. */
export function pieces({ header, writer }: Format): OperatorFunction<FinalTurn, string> {
  return (source) => defer(() => source.pipe(map(writer()), startWith(header))).pipe(filter((piece) => piece !== ''));
}

/** Starts a document with chapters. */
export function partWriter({ writer, chapter }: Format): (part: Part) => string {
  const write = writer();
  return (part) => ('atMs' in part ? (chapter?.(part) ?? '') : write(part));
}

/** Writes a whole document. */
export function whole(format: Format, turns: readonly FinalTurn[], marks: readonly Mark[]): string {
  return format.header + arranged(turns, marks).map(partWriter(format)).join('');
}

/** Hours, minutes, seconds and milliseconds, as `01:02:03.456`; hours take more digits where they need them. */
export function clock(ms: number, mark = '.'): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${mark}${String(ms % 1000).padStart(3, '0')}`;
}
