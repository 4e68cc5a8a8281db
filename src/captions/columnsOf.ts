import stringWidth from 'string-width';

/** How many columns of a screen a text takes: a wide character two, a combining mark none. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}
