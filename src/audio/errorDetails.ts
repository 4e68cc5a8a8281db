/** The parts of an error that messages are made from; `code` is empty if the error has none. */
export interface ErrorDetails {
  readonly code: string;
  readonly message: string;
}

/** Reads the code and the message, as one line, of any thrown value. */
export function errorDetails(error: unknown): ErrorDetails {
  const text = isObject(error) && 'message' in error ? error.message : error;
  const code = isObject(error) && 'code' in error ? error.code : '';
  return { code: String(code), message: String(text).replaceAll(/\s+/g, ' ').trim() };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
