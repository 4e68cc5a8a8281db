/**
 * Returns milliseconds on a clock that never jumps, for measuring intervals.
 *
 * The wall clock can be set at any moment, and RxJS schedulers read it: `Date.now()` and `asyncScheduler.now()` are for
 * dates only. Tests in virtual time replace `performance.now()`; see `virtualTime` in test/support/marbles.ts.
 */
export function monotonicNow(): number {
  return performance.now();
}
