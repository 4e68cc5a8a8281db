/**
 * Makes one line of a text: whitespace and line ends become single spaces, control characters (C0, C1, DEL) are left
 * out, since in a file of captions a line end is structure and a control character is an order to somebody's terminal.
 */
export function plain(text: string): string {
  return text
    .replaceAll(/[\s\u0085]+/g, ' ')
    .replaceAll(/\p{Cc}/gu, '')
    .trim();
}
