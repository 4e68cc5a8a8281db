/** Whether the emission under way can wait. */
let canWait = false;
/**
 * The promises it was asked to wait for. A list is made for the first, since most emissions are asked for none (table
 * `pipeline` in test/bench, row "allocated on the heap, per frame").
 */
let held: Promise<void>[] | undefined;

/**
 * Emits from a source that can wait, and tells whether to wait before the next emission.
 *
 * RxJS has no backpressure. A recording is not live, though: it should not be read faster than it can be sent. So a
 * source that can wait emits inside `offer`, and whatever takes the value synchronously downstream may call `holdBack`.
 * A live source emits as it always does, and nobody can hold it back.
 *
 * @param emit Emits one value, synchronously.
 * @returns A promise to await before the next emission, or `undefined` when nobody downstream asked to wait.
 */
export function offer(emit: () => void): Promise<unknown> | undefined {
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
 * Asks the source of the value being delivered to wait, if it is one that can.
 *
 * @param ready Creates the promise to wait for; called only when the source can wait. It must never reject.
 */
export function holdBack(ready: () => Promise<void>): void {
  if (canWait) (held ??= []).push(ready());
}
