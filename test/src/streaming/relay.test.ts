import { describe, expect, it } from '@jest/globals';
import { Observable, Subject, takeUntil, timer } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { emitWithBackpressure } from '../../../src/backpressure.ts';
import { TranscriptionError } from '../../../src/errors.ts';
import type { SessionEvent } from '../../../src/streaming/message.ts';
import type { session } from '../../../src/streaming/session.ts';
import { transcribeOver } from '../../../src/streaming/transcribe.ts';
import { virtualTime } from '../../support/marbles.ts';

const FRAME = new Uint8Array(3200);
const OPTIONS = {
  apiKey: 'key',
  speechModel: 'universal-3-6-pro',
  sampleRate: 16_000,
  catchUpSpeed: Infinity,
} as const;

/**
 * Whether a recording still waits after 52 s: its first session lasts 60 s, so its successor takes audio from 45 s on, of
 * which the tape holds 20 s. The successor breaks at 50 s, before the first session ends at 51 s.
 *
 * @param thirdBegins Whether the session after both begins.
 */
async function waits(thirdBegins: boolean): Promise<boolean> {
  const sessions: Subscriber<SessionEvent>[] = [];
  const open: typeof session = (input) =>
    new Observable((subscriber) => {
      sessions.push(subscriber);
      if (sessions.length === 3 && !thirdBegins) return;
      subscriber.next({ type: 'Begin', id: `${sessions.length}`, expires_at: Date.now() / 1000 + 60 });
      subscriber.add(input.subscribe()); // it ends when the test says so
    });
  let held: Promise<unknown> | undefined;
  let isWaiting = true;
  virtualTime(new TestScheduler(() => {}), ({ flush }) => {
    const source = new Subject<Uint8Array>();
    const running = source.pipe(transcribeOver(open, { ...OPTIONS, tapeLength: 20_000 })).subscribe();
    timer(0, 100)
      .pipe(takeUntil(timer(52_000)))
      .subscribe(() => void (held ??= emitWithBackpressure(() => source.next(FRAME))));
    timer(50_000).subscribe(() => sessions[1]?.error(new TranscriptionError('network', 'reset', { retryable: true })));
    timer(51_000).subscribe(() => sessions[0]?.complete());
    timer(52_000).subscribe(() => running.unsubscribe());
    flush();
  });
  expect(sessions).toHaveLength(3);
  expect(held).toBeDefined();
  void held?.then(() => (isWaiting = false));
  await new Promise(setImmediate);
  return isWaiting;
}

describe('a recording that waits because the tape is full of what only a successor was sent', () => {
  it('goes on waiting if that successor broke, until another session is sent the audio again', async () => {
    expect(await waits(false)).toBe(true);
    expect(await waits(true)).toBe(false);
  });
});
