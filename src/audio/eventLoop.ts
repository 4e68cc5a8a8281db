/**
 * Lets timers, signals and input have their turn. A browser has no `setImmediate`; a message to oneself is what comes
 * next to it there, and is not held back in a page that is hidden.
 */
export function eventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else post(resolve);
  });
}

function post(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener('message', () => {
    port1.close();
    resolve();
  });
  port1.start();
  port2.postMessage(undefined);
}
