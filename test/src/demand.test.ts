import { describe, it, expect, jest } from '@jest/globals';
import { holdBack, offer } from '../../src/demand.ts';

/** A promise to hold on to, and how to keep it. */
function gate(): { readonly ready: Promise<void>; readonly open: () => void } {
  let open!: () => void;
  const ready = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { ready, open };
}

describe('offer', () => {
  it('gives nothing to wait for when nobody downstream holds back', () => {
    const emit = jest.fn();
    expect(offer(emit)).toBeUndefined();
    expect(emit).toHaveBeenCalledTimes(1);
  });

  it('waits until everybody who held back is ready', async () => {
    const [first, second] = [gate(), gate()];
    const settled = jest.fn();
    const held = offer(() => {
      holdBack(() => first.ready);
      holdBack(() => second.ready);
    });
    const done = held?.then(settled);
    first.open();
    await first.ready;
    expect(settled).not.toHaveBeenCalled();
    second.open();
    await done;
    expect(settled).toHaveBeenCalledTimes(1);
  });

  it('keeps what an inner emission is asked to wait for apart from the outer one', () => {
    let inner: unknown;
    const outer = offer(() => {
      inner = offer(() => holdBack(() => Promise.resolve()));
    });
    expect(inner).toBeInstanceOf(Promise);
    expect(outer).toBeUndefined();
  });

  it('goes on with the outer emission after an inner one', () => {
    const outer = offer(() => {
      void offer(() => undefined);
      holdBack(() => Promise.resolve());
    });
    expect(outer).toBeInstanceOf(Promise);
  });

  it('passes what the emission throws, and is closed after it', () => {
    const ready = jest.fn(() => Promise.resolve());
    expect(() =>
      offer(() => {
        throw new Error('downstream');
      }),
    ).toThrow('downstream');
    holdBack(ready);
    expect(ready).not.toHaveBeenCalled();
  });

  it('leaves the outer emission open when an inner one throws', () => {
    const outer = offer(() => {
      expect(() =>
        offer(() => {
          throw new Error('inner');
        }),
      ).toThrow('inner');
      holdBack(() => Promise.resolve());
    });
    expect(outer).toBeInstanceOf(Promise);
  });
});

describe('holdBack', () => {
  it('asks nothing of a source that cannot wait', () => {
    const ready = jest.fn(() => Promise.resolve());
    holdBack(ready);
    expect(ready).not.toHaveBeenCalled();
  });

  it('is too late once the emission is over', async () => {
    const ready = jest.fn(() => Promise.resolve());
    let later: Promise<void> | undefined;
    const held = offer(() => {
      later = Promise.resolve().then(() => holdBack(ready));
    });
    await later;
    expect(held).toBeUndefined();
    expect(ready).not.toHaveBeenCalled();
  });
});
