import { expect, jest } from '@jest/globals';
import { TestScheduler } from 'rxjs/testing';
import { seededRandom } from './syntheticSpeech.ts';

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
  const scheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  virtualTime(scheduler, body);
}

/**
 * Runs a body in the virtual time of a scheduler: RxJS replaces the timers, and this both clocks. Random numbers are the same
 * in each run, so that a failure of a property can be repeated, unless the test sets its own.
 */
export function virtualTime(scheduler: TestScheduler, body: (helpers: RunHelpers) => void): void {
  const clocks = [jest.spyOn(performance, 'now'), jest.spyOn(Date, 'now')];
  for (const clock of clocks) clock.mockImplementation(() => scheduler.now());
  const randomness = jest.isMockFunction(Math.random) ? [] : [jest.spyOn(Math, 'random')];
  for (const random of randomness) random.mockImplementation(seededRandom(1));
  try {
    scheduler.run(body);
  } finally {
    for (const mock of [...clocks, ...randomness]) mock.mockRestore();
  }
}
