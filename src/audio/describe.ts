/** What the errors of decibri and of Node carry: a message in prose, and a code, if not all of them. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Reads the code and the message, on one line, of whatever was thrown. */
export function describe(error: unknown): Failure {
  const text = isObject(error) && 'message' in error ? error.message : error;
  const code = isObject(error) && 'code' in error ? error.code : '';
  return { code: String(code), message: String(text).replaceAll(/\s+/g, ' ').trim() };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
