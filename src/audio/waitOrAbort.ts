/**
 * Waits until `wake` is called or the signal aborts, whichever comes first, and leaves no listener behind.
 *
 * @param start Starts the wait, and returns a function that cancels it.
 */
export function waitOrAbort(signal: AbortSignal, start: (wake: () => void) => () => void): Promise<void> {
  if (signal.aborted) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = start(wake);
    signal.addEventListener('abort', wake);
  });
}
