// Tests an app in virtual time, without microphone, key, network or browser.
//   node --test examples/marbles.test.js
import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { map } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { finals } from 'rxscribe/operators';

/** The app: counts the words of each final turn. */
const wordCounts = (event$) =>
  event$.pipe(
    finals(),
    map(({ transcript }) => transcript.split(' ').length),
  );

const turn = (transcript, isFinal) => ({ type: 'Turn', turn_order: 0, transcript, isFinal });

await test('counts the words of a final turn', () => {
  new TestScheduler(deepEqual).run(({ cold, expectObservable }) => {
    const events = { b: { type: 'Begin' }, p: turn('good', false), f: turn('Good morning.', true) };
    const event$ = cold('        -b--p--f-|', events);
    expectObservable(wordCounts(event$)).toBe('-------2-|', { 2: 2 });
  });
});
