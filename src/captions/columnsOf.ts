import stringWidth from 'string-width';

/** Returns the width of a text on a screen, in columns: a wide character takes two, a combining mark none. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}
