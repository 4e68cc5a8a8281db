/**
 * Calls a function when the process ends, before a crash is told on the terminal; once.
 *
 * @returns Takes that back.
 */
export function beforeLeaving(restore: () => void): () => void {
  const release = (): void => {
    process.off('exit', leave);
    process.off('uncaughtExceptionMonitor', leave);
  };
  const leave = (): void => {
    release();
    restore();
  };
  process.on('exit', leave);
  process.on('uncaughtExceptionMonitor', leave);
  return release;
}
