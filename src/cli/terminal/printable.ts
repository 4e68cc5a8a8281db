import { stripVTControlCharacters } from 'node:util';
import { singleLine } from '../../captions/singleLine.ts';

/** Makes one harmless line of a text that others wrote, as `singleLine` does, and leaves escape sequences out as a whole. */
export function printable(text: string): string {
  return singleLine(stripVTControlCharacters(text));
}
