/**
 * Puts an invisible word joiner after backslashes that players take for the start of a line break or space, as in `\N`.
 */
export function withoutLineBreakCodes(text: string): string {
  return text.replaceAll(/\\(?=[nNh])/g, '\\\u2060');
}
