/** Calls a user-supplied error hook. If it throws or rejects, that is a process warning and nothing else. */
export function callOnError<E>(onError: (error: E) => unknown, error: E): void {
  const warn = (cause: unknown): void => process.emitWarning(`onError failed: ${String(cause)}`);
  try {
    Promise.resolve(onError(error)).catch(warn);
  } catch (cause) {
    warn(cause);
  }
}
