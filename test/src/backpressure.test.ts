import { describe, it, expect, jest } from '@jest/globals';
import { pauseSource, emitWithBackpressure } from '../../src/backpressure.ts';

/** A promise to hold on to, and how to keep it. */
function gate(): { readonly ready: Promise<void>; readonly open: () => void } {
  let open!: () => void;
  const ready = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { ready, open };
}

describe('emitWithBackpressure', () => {
  it('returns nothing to wait for when no operator downstream applies backpressure', () => {
    const emit = jest.fn();
    expect(emitWithBackpressure(emit)).toBeUndefined();
    expect(emit).toHaveBeenCalledTimes(1);
  });

  it('waits until everybody who held back is ready', async () => {
    const [first, second] = [gate(), gate()];
    const settled = jest.fn();
    const held = emitWithBackpressure(() => {
      pauseSource(() => first.ready);
      pauseSource(() => second.ready);
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
    const outer = emitWithBackpressure(() => {
      inner = emitWithBackpressure(() => pauseSource(() => Promise.resolve()));
    });
    expect(inner).toBeInstanceOf(Promise);
    expect(outer).toBeUndefined();
  });

  it('goes on with the outer emission after an inner one', () => {
    const outer = emitWithBackpressure(() => {
      void emitWithBackpressure(() => undefined);
      pauseSource(() => Promise.resolve());
    });
    expect(outer).toBeInstanceOf(Promise);
  });

  it('passes what the emission throws, and is closed after it', () => {
    const ready = jest.fn(() => Promise.resolve());
    expect(() =>
      emitWithBackpressure(() => {
        throw new Error('downstream');
      }),
    ).toThrow('downstream');
    pauseSource(ready);
    expect(ready).not.toHaveBeenCalled();
  });

  it('leaves the outer emission open when an inner one throws', () => {
    const outer = emitWithBackpressure(() => {
      expect(() =>
        emitWithBackpressure(() => {
          throw new Error('inner');
        }),
      ).toThrow('inner');
      pauseSource(() => Promise.resolve());
    });
    expect(outer).toBeInstanceOf(Promise);
  });
});

describe('pauseSource', () => {
  it('asks nothing of a source that cannot wait', () => {
    const ready = jest.fn(() => Promise.resolve());
    pauseSource(ready);
    expect(ready).not.toHaveBeenCalled();
  });

  it('is too late once the emission is over', async () => {
    const ready = jest.fn(() => Promise.resolve());
    let later: Promise<void> | undefined;
    const held = emitWithBackpressure(() => {
      later = Promise.resolve().then(() => pauseSource(ready));
    });
    await later;
    expect(held).toBeUndefined();
    expect(ready).not.toHaveBeenCalled();
  });
});
