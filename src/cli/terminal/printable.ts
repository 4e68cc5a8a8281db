import { stripVTControlCharacters } from 'node:util';
import { plain } from '../../captions/plain.ts';

/** Makes one harmless line of a text that others wrote, as `plain` does, and leaves escape sequences out as a whole. */
export function printable(text: string): string {
  return plain(stripVTControlCharacters(text));
}
