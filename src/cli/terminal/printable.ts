import { stripVTControlCharacters } from 'node:util';
import { singleLine } from '../../captions/singleLine.ts';

/** Returns untrusted text as one line without control characters; unlike `singleLine`, it removes whole escape sequences. */
export function printable(text: string): string {
  return singleLine(stripVTControlCharacters(text));
}
