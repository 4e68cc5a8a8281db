import { expect } from '@jest/globals';
import { TestScheduler } from 'rxjs/testing';

type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

// toEqual compares errors by message alone; a marble test of `#` must see the class and the code too.
expect.addEqualityTesters([
  (a: unknown, b: unknown): boolean | undefined =>
    a instanceof Error && b instanceof Error
      ? a.name === b.name &&
        a.message === b.message &&
        (a as { code?: unknown }).code === (b as { code?: unknown }).code
      : undefined,
]);

/** Runs a body in virtual time: inside it, one character of a diagram is one millisecond. */
export function marbles(body: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  }).run(body);
}
