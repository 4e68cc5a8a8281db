import { afterEach, describe, expect, it } from '@jest/globals';
import { network$ } from '../../../src/browser/network.ts';
import { transcribe } from '../../../src/browser/transcribe.ts';
import type { TranscribeOptions } from '../../../src/browser/transcribe.ts';

const KNOWN = { speechModel: 'u3-rt-pro', sampleRate: 16_000 } as const;

describe('transcribe, in a browser', () => {
  it.each([
    [{ ...KNOWN, apiKey: 'secret' }, 'apiKey does not work in a browser'],
    [{ ...KNOWN, apiKey: () => 'secret', token: 'a-token' }, 'apiKey does not work in a browser'],
    [{ ...KNOWN }, "token is missing; pass a function that fetches one from your server: tokenFrom('/token')"],
    [{ ...KNOWN, token: 'two words' }, 'token contains a space'],
    [{ token: 'a-token', sampleRate: 16_000 }, 'speechModel is missing'],
    [undefined, 'options must be an object, not undefined'],
  ])('rejects %j when called', (options, message) => {
    const call = (): unknown => transcribe(options as TranscribeOptions);

    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
    expect(call).not.toThrow(/secret/);
  });

  it('accepts a token or a function', () => {
    expect(() => transcribe({ ...KNOWN, token: 'a-token' })).not.toThrow();
    expect(() => transcribe({ ...KNOWN, token: async () => 'a-token' })).not.toThrow();
  });
});

describe('network$', () => {
  const page = globalThis as Partial<Pick<EventTarget, 'addEventListener' | 'removeEventListener'>>;

  afterEach(() => {
    delete page.addEventListener;
    delete page.removeEventListener;
  });

  it('emits the state that the browser reports while it is subscribed', () => {
    const events = new EventTarget();
    page.addEventListener = events.addEventListener.bind(events);
    page.removeEventListener = events.removeEventListener.bind(events);
    const states: boolean[] = [];
    const subscription = network$.subscribe((online) => states.push(online));

    for (const name of ['offline', 'online']) events.dispatchEvent(new Event(name));
    subscription.unsubscribe();
    events.dispatchEvent(new Event('offline'));

    expect(states).toEqual([false, true]);
  });

  it('emits nothing in an environment without events', () => {
    const states: boolean[] = [];
    const subscription = network$.subscribe((online) => states.push(online));

    expect([states, subscription.closed]).toEqual([[], false]);
    subscription.unsubscribe();
  });
});
