/**
 * Calls a function once when the process ends, before Node prints an uncaught exception.
 *
 * @returns Removes the hook.
 */
export function addExitHook(restore: () => void): () => void {
  const release = (): void => {
    process.off('exit', onExit);
    process.off('uncaughtExceptionMonitor', onExit);
  };
  const onExit = (): void => {
    release();
    restore();
  };
  process.on('exit', onExit);
  process.on('uncaughtExceptionMonitor', onExit);
  return release;
}
