import { describe, expect, it, jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { CaptionState } from '../../../src/page/captionState.ts';
import { MAX_VIEWERS, Viewers } from '../../../src/page/viewers.ts';
import { finalTurn } from '../../support/captions.ts';

/** A response that keeps what is written. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  writableNeedDrain = false;

  writeHead(): this {
    return this;
  }

  write(text: string): void {
    this.written.push(text);
  }

  end(): void {
    this.emit('close');
  }
}

describe('Viewers', () => {
  it('writes each update once for all viewers that are up to date', () => {
    jest.useFakeTimers();
    const state = new CaptionState();
    const viewers = new Viewers(state);
    const responses = Array.from({ length: MAX_VIEWERS }, () => new FakeResponse());
    for (const response of responses) viewers.add(response as unknown as ServerResponse, 'captions', undefined);
    const since = jest.spyOn(state, 'since');
    const rounds = 20;
    for (let order = 0; order < rounds; order += 1) {
      state.apply(finalTurn(order, `Turn ${order}.`));
      viewers.wake();
      jest.advanceTimersByTime(100);
    }
    viewers.end();
    jest.useRealTimers();

    expect(since).toHaveBeenCalledTimes(rounds);
    for (const { written } of responses)
      expect(written.filter((text) => text.includes('"turns":[{'))).toHaveLength(rounds);
  });
});
