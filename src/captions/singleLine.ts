/** Embeddings, overrides and isolates of bidirectional text: left open, they reorder whatever follows. */
const BIDI_CONTROLS = '\u202a-\u202e\u2066-\u2069';
const REMOVED = new RegExp(`[\\p{Cc}${BIDI_CONTROLS}]`, 'gu');

/**
 * Makes one line of a text: whitespace and line breaks become single spaces; control characters (C0, C1, DEL) and
 * bidirectional controls are removed. In a caption file a line break is structure, and on a terminal a control character
 * is a command.
 *
 * @param text Any value; one that is not a string gives an empty line.
 */
export function singleLine(text: unknown): string {
  if (typeof text !== 'string') return '';
  return text
    .replaceAll(/[\s\u0085]+/g, ' ')
    .replaceAll(REMOVED, '')
    .trim();
}
