import stringWidth from 'string-width';
import { textSlices } from './textSlices.ts';

/** Returns the width of a text on a screen, in columns: a wide character takes two, a combining mark none. */
export function columnsOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  return textSlices(text).reduce((sum, slice) => sum + stringWidth(slice), 0);
}
