/**
 * Writes a value as one line of JSON, without its end. What some readers take for a line end, or a terminal for an order,
 * is escaped.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
