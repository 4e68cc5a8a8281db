/**
 * Writes a value as one line of JSON, without a line break at its end. Characters that some readers take for a line
 * break, or a terminal for a command, are escaped.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
