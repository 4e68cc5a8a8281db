/**
 * Makes one line of a text: whitespace and line breaks become single spaces, control characters (C0, C1, DEL) are
 * removed. In a caption file a line break is structure, and on a terminal a control character is a command.
 */
export function singleLine(text: string): string {
  return text
    .replaceAll(/[\s\u0085]+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '')
    .trim();
}
