import { stripVTControlCharacters } from 'node:util';

/**
 * Makes one harmless line of a text that others wrote: escape sequences and control characters (C0, C1, DEL) would be orders
 * to the terminal, line ends would break the rule of one line per final.
 */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\s\u0085\u2028\u2029]+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '')
    .trim();
}

/** Writes a value as one line of JSON that holds no control character, not even those that JSON allows. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}
