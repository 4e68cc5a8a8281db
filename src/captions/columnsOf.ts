import stringWidth from 'string-width';
import { textSlices } from './textSlices.ts';

const NARROW = /^[ -~]*$/;
/** Ideographs, kana and Hangul syllables: wide, and each a character by itself. */
const WIDE = /^[\u3001\u3002\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff\uac00-\ud7a3]*$/;

/** Returns the width of a text on a screen, in columns: a wide character takes two, a combining mark none. */
export function columnsOf(text: string): number {
  return text.length <= 1 || NARROW.test(text)
    ? widthOf(text)
    : textSlices(text).reduce((sum, slice) => sum + widthOf(slice), 0);
}

/** `stringWidth` segments its input, which takes most of the time of a caption file in Chinese or Japanese. */
function widthOf(text: string): number {
  if (NARROW.test(text)) return text.length;
  return WIDE.test(text) ? 2 * text.length : stringWidth(text);
}
