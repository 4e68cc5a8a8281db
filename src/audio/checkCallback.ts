/** Refuses a callback that is not a function. */
export function checkCallback(name: string, callback: ((argument: never) => void) | undefined): void {
  if (callback !== undefined && typeof callback !== 'function') {
    throw new TypeError(`${name} must be a function, not ${String(callback)}`);
  }
}
