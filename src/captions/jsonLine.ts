/** C1 controls, line separators, and the bidirectional controls that reorder text. */
const ESCAPED = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Writes a value as one line of JSON, without a line break at its end. Characters that some readers take for a line
 * break, or a terminal for a command, are escaped. Fields that JSON cannot represent are omitted.
 */
export function jsonLine(value: unknown): string {
  return toJson(value).replaceAll(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function toJson(value: unknown): string {
  return stringify(value) ?? stringify(withoutOddFields(value)) ?? 'null';
}

/** Only the fields that JSON can represent. */
function withoutOddFields(value: unknown): unknown {
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(fields.filter(([, field]) => stringify(field)));
}

/** Returns `undefined` for a cycle, a BigInt, or nesting that is too deep for the stack. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
