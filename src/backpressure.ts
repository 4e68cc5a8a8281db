/** Whether the source of the current emission can be paused. */
let canWait = false;
/**
 * The promises the source has to await. The array is created for the first one, because most emissions need none
 * (table `pipeline` in test/bench, row "allocated on the heap, per frame").
 */
let held: Promise<void>[] | undefined;

/**
 * Emits from a source that can be paused, and returns what to await before the next emission.
 *
 * RxJS has no backpressure, but a recording should not be read faster than it can be sent. A source that can be paused
 * emits inside `emitWithBackpressure`, and a consumer that receives the value synchronously may call `pauseSource`. A live
 * source emits directly, so it cannot be paused.
 *
 * @param emit Emits one value, synchronously.
 * @returns A promise to await before the next emission; `undefined` if no consumer asked for a pause.
 */
export function emitWithBackpressure(emit: () => void): Promise<unknown> | undefined {
  const outerCanWait = canWait;
  const outer = held;
  canWait = true;
  held = undefined;
  try {
    emit();
    return held && Promise.all(held);
  } finally {
    canWait = outerCanWait;
    held = outer;
  }
}

/**
 * Pauses the source of the value being delivered, if it can be paused.
 *
 * @param ready Creates the promise to await; called only if the source can be paused. It must never reject.
 */
export function pauseSource(ready: () => Promise<void>): void {
  if (canWait) (held ??= []).push(ready());
}
