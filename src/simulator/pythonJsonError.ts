/** V8's words for an error in JSON, and Python's, which the service repeats. */
const MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/Expected property name/, 'Expecting property name enclosed in double quotes'],
  [/Expected ':'/, "Expecting ':' delimiter"],
  [/Expected ','/, "Expecting ',' delimiter"],
  [/Unterminated string/, 'Unterminated string starting at'],
  [/after JSON/, 'Extra data'],
];

/** Words an error of `JSON.parse` as Python's `json` does: `Expecting value: line 1 column 1 (char 0)`. */
export function pythonJsonError(text: string, error: unknown): string {
  const message = String(error);
  const [, wording] = MESSAGES.find(([pattern]) => pattern.test(message)) ?? [undefined, 'Expecting value'];
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? tokenPosition(text, message));
  const lines = text.slice(0, position).split('\n');
  return `${wording}: line ${lines.length} column ${lines.at(-1)!.length + 1} (char ${position})`;
}

/** V8 names an unexpected token, but not always its position. */
function tokenPosition(text: string, message: string): number {
  const start = text.search(/\S|$/);
  if (/end of JSON input/.test(message)) return text.length;
  if (!/^[[{]/.test(text.slice(start))) return start;
  const token = /token '(.)'/s.exec(message)?.[1];
  return token === undefined ? start : Math.max(start, text.indexOf(token, start + 1));
}
