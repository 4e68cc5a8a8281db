/**
 * Resolves after timers, signals and input had a chance to run. Browsers have no `setImmediate`; a message to oneself is
 * the closest to it there, and a hidden page does not delay it.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else postToSelf(resolve);
  });
}

function postToSelf(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener('message', () => {
    port1.close();
    resolve();
  });
  port1.start();
  port2.postMessage(undefined);
}
