/**
 * Waits until `done` is called or the signal aborts, whichever comes first, and leaves nothing behind.
 *
 * @param start Begins what is waited for, and returns how to give it up.
 */
export function orAborted(signal: AbortSignal, start: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      giveUp();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const giveUp = start(done);
    signal.addEventListener('abort', done);
  });
}
