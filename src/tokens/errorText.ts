import { describeValue } from '../optionRules.ts';

/** The message of an error in one line; `fetch` only says that it failed, so the message of its cause is added. */
export function errorText(error: unknown): string {
  const { message, cause } = Object(error) as Partial<Error>;
  if (typeof message !== 'string') return describeValue(error);
  const inner = Object(cause) as Partial<NodeJS.ErrnoException>;
  const reason = inner.message || inner.code; // an error of several addresses has only a code
  return `${message}${typeof reason === 'string' ? ` (${reason})` : ''}`.replaceAll(/\s+/g, ' ').trim();
}
