import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { NEVER, Subject, from, interval, map, throwError, timer, zip } from 'rxjs';
import type { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { TranscriptionError } from '../../../src/errors.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import { transcribeOver } from '../../../src/streaming/transcribe.ts';
import { virtualTime } from '../../support/marbles.ts';
import { ModelService, modelAudio, modelTranscript } from '../../support/modelService.ts';

const OPTIONS: TranscribeOptions = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 8000 };

/** Live audio: a frame every 100 ms. */
const live = (ms: number): Observable<Uint8Array> => zip(interval(100), modelAudio(ms)).pipe(map(([, frame]) => frame));

/** When the platform reports whether there is a network. */
type Reports = readonly (readonly [ms: number, online: boolean])[];

interface Run {
  /** Every event, and when it was emitted, in milliseconds. */
  readonly events: (readonly [number, TranscriptionEvent])[];
  readonly error: unknown;
}

/** Transcribes in virtual time, to the end. */
function run(service: ModelService, source: Observable<Uint8Array>, reports: Reports): Run {
  const result: Run & { error: unknown } = { events: [], error: undefined };
  const scheduler = new TestScheduler(() => {});
  virtualTime(scheduler, ({ flush }) => {
    const network$ = new Subject<boolean>();
    for (const [ms, online] of reports) timer(ms).subscribe(() => network$.next(online));
    source.pipe(transcribeOver(service.open, OPTIONS, network$)).subscribe({
      next: (event) => result.events.push([scheduler.now(), event]),
      error: (error: unknown) => (result.error = error),
    });
    flush();
  });
  return result;
}

const textOf = ({ events }: Run): string[] =>
  events.flatMap(([, event]) => (event.type === 'Turn' && event.isFinal ? [event.transcript] : []));
const timesOf = ({ events }: Run, type: TranscriptionEvent['type']): number[] =>
  events.filter(([, event]) => event.type === type).map(([ms]) => ms);
const gapsOf = ({ events }: Run): unknown[] => events.filter(([, { type }]) => type === 'AudioGap');

describe('transcribe with reports about the network', () => {
  const random = jest.spyOn(Math, 'random');

  beforeEach(() => void random.mockReturnValue(1)); // waits of 250, 500, 1000, 2000, 4000 ms
  afterEach(() => void random.mockReset());

  it('ends a session at once when there is no network, and begins the next at once when there is one', () => {
    const service = new ModelService([1e9, 'before Begin', 'before Begin', 'before Begin', 'before Begin']);

    const one = run(service, live(8000), [
      [2000, false],
      [6000, true],
    ]);

    expect(textOf(one)).toEqual(modelTranscript(8000));
    expect(timesOf(one, 'Reconnecting')).toEqual([2000, 2260, 2770, 3780, 5790]);
    expect(timesOf(one, 'Begin')).toEqual([10, 6010]); // without a word of it, at 9800
    expect(one.events.find(([, { type }]) => type === 'Reconnecting')?.[1]).toMatchObject({
      reason: 'the network is gone',
    });
  });

  it('goes on by itself when the report was wrong', () => {
    const one = run(new ModelService(), live(8000), [[2000, false]]);

    expect(textOf(one)).toEqual(modelTranscript(8000));
    expect(timesOf(one, 'Begin')).toEqual([10, 2260]);
  });

  it('does not blame the service when the network comes and goes', () => {
    random.mockReturnValue(0);
    const reports = [50, 100, 150, 200].flatMap((ms) => [[ms, false] as const, [ms + 1, true] as const]);

    const one = run(new ModelService(), live(8000), reports);

    expect(one.error).toBeUndefined();
    expect(textOf(one)).toEqual(modelTranscript(8000));
    expect(timesOf(one, 'Begin')).toHaveLength(5);
  });

  it('does not mistake it for a stalled service at the end', () => {
    random.mockReturnValue(0);

    const ending = from(modelAudio(1900)); // its last half second is silence
    const one = run(new ModelService(), ending, [
      [40, false],
      [80, false],
      [120, false],
      [160, false],
    ]);

    expect(gapsOf(one)).toEqual([]);
    expect(textOf(one)).toEqual(modelTranscript(1900));
  });

  it('does not depend on timers: the next frame ends a wait that is over', () => {
    jest.useFakeTimers();
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    try {
      let opened = 0;
      const broken = new TranscriptionError('network', 'the connection broke', { retryable: true, wireCode: 1006 });
      const open = (): Observable<never> => (opened++ === 0 ? throwError(() => broken) : NEVER);
      const frame$ = new Subject<Uint8Array>();
      const [frame = new Uint8Array(0)] = modelAudio(100);
      const subscription = frame$.pipe(transcribeOver(open, OPTIONS)).subscribe();
      now.mockReturnValue(200); // no timer fires
      frame$.next(frame);
      expect(opened).toBe(1);
      now.mockReturnValue(60_000);
      frame$.next(frame);
      expect(opened).toBe(2);
      subscription.unsubscribe();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      now.mockRestore();
      jest.useRealTimers();
    }
  });
});
