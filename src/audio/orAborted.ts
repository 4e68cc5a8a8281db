/**
 * Waits until `wake` is called or the signal aborts, whichever comes first, and leaves nothing behind.
 *
 * @param start Begins what is waited for, and returns how to give it up.
 */
export function orAborted(signal: AbortSignal, start: (wake: () => void) => () => void): Promise<void> {
  if (signal.aborted) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const wake = (): void => {
      giveUp();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const giveUp = start(wake);
    signal.addEventListener('abort', wake);
  });
}
