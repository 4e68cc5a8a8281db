import { describe, expect, it, jest } from '@jest/globals';
import {
  NEVER,
  Observable,
  catchError,
  concat,
  concatMap,
  defer,
  delay,
  filter,
  from,
  ignoreElements,
  map,
  of,
  skipWhile,
  take,
  tap,
  throwError,
  timer,
  zip,
  interval,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { ControlMessage, Stats, TranscriptionEvent, Turn } from '../../../operators/events.ts';
import { TranscriptionError } from '../../../src/errors.ts';
import { emitWithLostAudio } from '../../../src/lostAudio.ts';
import type { SessionEvent } from '../../../src/streaming/message.ts';
import type { session } from '../../../src/streaming/session.ts';
import { transcribeOver } from '../../../src/streaming/transcribe.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import { fc } from '../../support/fastCheck.ts';
import { virtualTime } from '../../support/marbles.ts';
import { ModelService, modelAudio, modelTranscript } from '../../support/modelService.ts';
import type { Break } from '../../support/modelService.ts';

const OPTIONS: TranscribeOptions = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 8000 };

interface Run {
  readonly events: TranscriptionEvent[];
  readonly error: unknown;
  readonly complete: boolean;
}

/** Live audio: a frame every 100 ms. */
const live = (ms: number): Observable<Uint8Array> => {
  const frames = modelAudio(ms);
  return interval(100).pipe(
    take(frames.length),
    map((n) => frames[n]!),
  );
};

/** A recording as fast as it can be read. */
const recording = (ms: number): Observable<Uint8Array> => from(modelAudio(ms));

/** Transcribes in virtual time, to the end. */
function run(
  service: Pick<ModelService, 'open'>,
  source: Observable<Uint8Array>,
  options: Partial<TranscribeOptions> = {},
  network$?: Observable<boolean>,
): Run {
  const events: TranscriptionEvent[] = [];
  const result = { events, error: undefined as unknown, complete: false };
  const scheduler = new TestScheduler(() => {});
  virtualTime(scheduler, ({ flush }) => {
    source.pipe(transcribeOver(service.open, { ...OPTIONS, ...options }, network$)).subscribe({
      next: (event) => events.push(event),
      error: (error: unknown) => (result.error = error),
      complete: () => (result.complete = true),
    });
    timer(0).subscribe(); // a run needs something to flush
    flush();
  });
  return result;
}

const finalsOf = ({ events }: Run): (Turn & { isFinal: true })[] =>
  events.filter((event) => event.type === 'Turn').filter((turn) => turn.isFinal);
const textOf = (one: Run): string[] => finalsOf(one).map(({ transcript }) => transcript);
const typesOf = ({ events }: Run): string =>
  events
    .map(({ type }) => type)
    .filter((type) => type !== 'Turn')
    .join(' ');
const statsOf = ({ events }: Run): Stats => events.findLast((event) => event.type === 'Stats')!;

describe('transcribe', () => {
  it('emits the turns of one session, and the totals at its end', () => {
    const one = run(new ModelService(), live(5000));

    expect(textOf(one)).toEqual(modelTranscript(5000));
    expect(typesOf(one)).toBe('Begin Stats Stats Stats Termination Stats');
    expect(one.complete).toBe(true);
    expect(statsOf(one)).toMatchObject({
      capturedMs: 5000,
      sentMs: 5000,
      replayedMs: 0,
      transcribedMs: 5000,
      gapMs: 0,
    });
  });

  it('sends what was captured before Begin, in order', () => {
    const service = new ModelService([], 1500);

    expect(textOf(run(service, live(5000)))).toEqual(modelTranscript(5000));
    expect(service.received).toEqual([[[0, 5000]]]);
  });

  describe('when a session breaks', () => {
    it('sends the next one what was not finished, and emits each final once', () => {
      const service = new ModelService([2700]);

      const one = run(service, live(6000));

      expect(textOf(one)).toEqual(modelTranscript(6000));
      expect(finalsOf(one).map(({ turn_order, session }) => [turn_order, session])).toEqual([
        [0, 0],
        [1, 1],
        [2, 1],
      ]);
      expect(service.received[1]).toEqual([[1000, 6000]]); // from the end of the last word
      expect(typesOf(one)).toBe('Begin Stats Reconnecting Begin Stats Stats Termination Stats');
    });

    it('keeps one clock', () => {
      const times = (one: Run): unknown =>
        finalsOf(one).map(({ words }) => words.map(({ start, end }) => [start, end]));

      expect(times(run(new ModelService([2700, 333, 1812]), live(8000)))).toEqual(
        times(run(new ModelService(), live(8000))),
      );
    });

    it('reports how much will be sent again', () => {
      const one = run(new ModelService([2700]), live(6000));

      expect(one.events.find(({ type }) => type === 'Reconnecting')).toEqual({
        type: 'Reconnecting',
        session: 0,
        attempt: 1,
        delayMs: expect.any(Number),
        replayMs: 1800,
        reason: 'the connection broke',
      });
    });

    it('replays no more than ten seconds of silence', () => {
      const silence = 60_000;
      const service = new ModelService([silence]);
      const frames = zip(interval(100), modelAudio(silence + 5000)).pipe(map(([, frame]) => frame));
      const quiet: typeof service.open = (input, settings) =>
        service.open(input, settings).pipe(concatMap((event) => (event.type === 'Turn' ? [] : [event])));

      run({ open: quiet }, frames);

      expect(service.received).toEqual([[[0, silence]], [[silence - 10_000, silence + 5000]]]);
    });

    it.each([
      ['before Begin', ['before Begin', 'before Begin']],
      ['after Terminate', ['after Terminate', 'after Terminate']],
      ['at the first frame', [100]],
      ['again and again', [500, 'before Begin', 900, 1700, 'before Begin', 2600]],
    ] as const)('comes through %s', (_, breaks) => {
      for (const source of [live(9000), recording(9000)]) {
        const one = run(new ModelService(breaks), source);

        expect(textOf(one)).toEqual(modelTranscript(9000));
        expect(one.complete).toBe(true);
        expect(statsOf(one)).toMatchObject({ transcribedMs: 9000, gapMs: 0, reconnects: breaks.length });
      }
    });

    it('ends with the error when sessions without any text break for ten seconds', () => {
      const one = run(new ModelService(Array<number>(100).fill(0)), live(60_000));

      expect(one.error).toMatchObject({ kind: 'network' });
      expect(typesOf(one)).toMatch(/^(Begin Reconnecting ){2,}Begin AudioGap Stats$/);
      expect(statsOf(one).gapMs).toBe(statsOf(one).capturedMs);
      expect(statsOf(one).capturedMs).toBeLessThan(25_000);
    });

    it('comes through a restart that drops three sessions in a moment', () => {
      const one = run(new ModelService([5000, 0, 0, 0]), live(9000));

      expect(textOf(one)).toEqual(modelTranscript(9000));
      expect(one.complete).toBe(true);
    });

    it('comes through a refusal, because a session has begun with the same key', () => {
      const service = new ModelService([5000]);
      let refusals = 3;
      const refused = new TranscriptionError('unauthorized', 'no such key', { wireCode: 1008 });
      const open: typeof service.open = (input, settings) =>
        service.received.length > 0 && refusals-- > 0 ? throwError(() => refused) : service.open(input, settings);

      const one = run({ open }, live(9000));

      expect(textOf(one)).toEqual(modelTranscript(9000));
      expect(run({ open: () => throwError(() => refused) }, live(9000)).error).toBe(refused);
    });

    it('gives each further attempt more time to connect', () => {
      const timeouts: number[] = [];
      const service = new ModelService(Array(6).fill('before Begin'));
      const open: typeof service.open = (input, settings) => {
        timeouts.push(settings.connectTimeout, settings.params.connectTimeout ?? 0);
        return service.open(input, settings);
      };

      run({ open }, live(60_000), { connectTimeout: 1000 });

      expect(timeouts.filter((_, index) => index % 2 === 0)).toEqual([1000, 1500, 2000, 2500, 3000, 3000, 3000]);
      expect(timeouts.filter((_, index) => index % 2 === 1)).toEqual([1000, 1500, 2000, 2500, 3000, 3000, 3000]);
    });

    it.each<[string, typeof live, Break[]]>([
      ['live audio', live, []],
      ['recorded audio', recording, []],
      ['audio between other faults,', live, [Infinity, 1100, 200, 'before Begin', 1100]],
    ])('skips %s on which every session fails, and transcribes the rest', (_, source, breaks) => {
      const poison = [10_300, 10_400] as const; // in the second word of a turn
      const one = run(new ModelService(breaks, 10, undefined, poison), source(40_000), { maxOutage: 20_000 });

      const gaps = one.events.filter((event) => event.type === 'AudioGap');
      expect(gaps).toMatchObject([{ startMs: 10_200, reason: 'unprocessable' }]);
      expect(gaps[0]!.endMs).toBeGreaterThanOrEqual(10_400);
      expect(gaps[0]!.endMs).toBeLessThan(13_000);
      expect(one.complete).toBe(true);
      expect(statsOf(one)).toMatchObject({ capturedMs: 40_000, gapMs: gaps[0]!.endMs - 10_200 });
      const whole = modelTranscript(40_000);
      const spared = whole.filter((__, turn) => turn * 2000 + 1000 <= 10_200 || turn * 2000 >= gaps[0]!.endMs);
      expect(textOf(one)).toEqual(expect.arrayContaining([...spared, 'w25']));
      const delays = one.events.flatMap((event) => (event.type === 'Reconnecting' ? [event.attempt] : []));
      expect(Math.max(...delays)).toBeGreaterThan(5);
    });

    it.each([
      ['leaves out a word in progress if it ends where the next session starts', 200, 'w25'],
      ['keeps a word in progress if it ends before that, and the gap begins there', 150, 'w25 hal'],
    ])('%s', (_, wordMs, text) => {
      const service = new ModelService([], 10, undefined, [10_300, 10_400]);
      // the last message before each failure has the beginning of a word
      const open: typeof service.open = (input, settings) => {
        let latest: SessionEvent | undefined;
        return service.open(input, settings).pipe(
          tap((event) => (latest = event)),
          catchError((error: unknown) => {
            if (latest?.type !== 'Turn' || latest.transcript !== 'w25') return throwError(() => error);
            const { end } = latest.words[0]!;
            const words = [...latest.words, { ...latest.words[0]!, text: 'hal', start: end, end: end + wordMs }];
            const late: SessionEvent = { ...latest, words, transcript: 'w25 hal' };
            return concat(
              of(late),
              throwError(() => error),
            );
          }),
        );
      };

      const one = run({ open }, live(40_000), { maxOutage: 20_000 });

      expect(textOf(one)).toContain(text);
      const { end } = finalsOf(one)
        .find(({ transcript }) => transcript === text)!
        .words.at(-1)!;
      const gaps = one.events.filter((event) => event.type === 'AudioGap');
      expect(gaps).toMatchObject([{ startMs: end, endMs: 10_400, reason: 'unprocessable' }]);
    });

    it('has all words of the last partial before audio that is skipped', () => {
      const service = new ModelService([], 10, undefined, [10_700, 10_800]); // in the fourth word of a turn
      // as some models send it: the last word may change, and is not in the text
      const open: typeof service.open = (input, settings) =>
        service.open(input, settings).pipe(
          map((event) => {
            if (event.type !== 'Turn' || event.isFinal) return event;
            const words = event.words.map((word, index, { length }) => ({
              ...word,
              word_is_final: index < length - 1,
            }));
            return { ...event, words, transcript: event.transcript.replace(/ ?\S+$/, '') };
          }),
        );

      const one = run({ open }, live(40_000), { maxOutage: 20_000 });

      expect(textOf(one)).toContain('w25 w26 w27');
      const gaps = one.events.filter((event) => event.type === 'AudioGap');
      expect(gaps).toMatchObject([{ startMs: 10_600, endMs: 10_800, reason: 'unprocessable' }]);
    });

    it('skips little of a recording that is sent at any speed to a service that fails late', () => {
      const service = new ModelService([], 10, undefined, [30_300, 30_400]);
      service.failureMs = 2000;
      const one = run(service, recording(300_000), { maxOutage: 20_000, catchUpSpeed: Infinity });

      const gaps = one.events.filter((event) => event.type === 'AudioGap');
      expect(gaps).toMatchObject([{ reason: 'unprocessable' }]);
      expect(gaps[0]!.endMs - gaps[0]!.startMs).toBeLessThan(4 * service.failureMs + 3000);
      expect(one.complete).toBe(true);
    });

    it('ends with the error when reconnecting is off', () => {
      const one = run(new ModelService([2700]), live(6000), { reconnect: false });

      expect(one.error).toMatchObject({ kind: 'network', retryable: true });
      expect(typesOf(one)).toBe('Begin Stats AudioGap Stats');
      expect(one.events.find(({ type }) => type === 'AudioGap')).toMatchObject({
        startMs: 1000,
        endMs: 2800,
        reason: 'error',
      });
    });

    it('ends with the error when the outage is longer than allowed', () => {
      const one = run(new ModelService(Array(100).fill('before Begin')), NEVER, { maxOutage: 20_000 });

      expect(one.error).toMatchObject({ kind: 'network' });
      expect(typesOf(one)).toMatch(/^(Reconnecting )+Stats$/);
    });
  });

  describe('when a session comes near its end', () => {
    /** All events but turns and accounts. */
    const course = (one: Run): string => typesOf(one).replaceAll(/ ?Stats/g, '');

    it('moves over to a successor at the end of a turn, without a trace', () => {
      const service = new ModelService([], 300, 20_000);

      const one = run(service, live(60_000));

      expect(textOf(one)).toEqual(modelTranscript(60_000));
      expect(course(one)).toBe('Begin Termination Begin Termination Begin Termination Begin Termination');
      expect(finalsOf(one).map(({ turn_order }) => turn_order)).toEqual(
        modelTranscript(60_000).map((_, index) => index),
      );
      expect(statsOf(one)).toMatchObject({ sessions: 4, reconnects: 0, gapMs: 0, transcribedMs: 60_000 });
      expect(statsOf(one).replayedMs).toBeLessThan(3000); // a little silence after the last word, each time
    });

    it('moves over in the middle of a turn when there is no pause before the end', () => {
      const service = new ModelService([], 1600, 10_000);

      const one = run(service, live(14_000));

      expect(textOf(one)).toEqual(modelTranscript(14_000));
      expect(service.received).toHaveLength(2);
      expect(course(one)).not.toContain('Reconnecting');
      expect(statsOf(one)).toMatchObject({ reconnects: 0, gapMs: 0, transcribedMs: 14_000 });
    });

    it('spaces out sessions that expire at once', () => {
      const service = new ModelService([], 10, 100);
      const quiet: typeof service.open = (input, settings) =>
        service.open(input, settings).pipe(filter(({ type }) => type !== 'Turn'));

      const one = run({ open: quiet }, live(30_000));

      expect(one.error).toMatchObject({ kind: 'expired' });
      expect(statsOf(one).sessions).toBeLessThan(15);
    });

    it('keeps one clock and emits no turn twice, whenever sessions expire', () => {
      const times = (one: Run): unknown =>
        finalsOf(one).map(({ words }) => words.map(({ start, end }) => [start, end]));
      const calm = times(run(new ModelService(), live(15_000)));
      fc.assert(
        fc.property(fc.integer({ min: 800, max: 9000 }), fc.nat({ max: 400 }), (lasts, connect) => {
          const one = run(new ModelService([], connect, lasts), live(15_000));

          expect(textOf(one)).toEqual(modelTranscript(15_000));
          expect(times(one)).toEqual(calm);
        }),
      );
    });

    it('lets the successor take over when the session breaks before', () => {
      const service = new ModelService([15_200], 10, 20_000);

      const one = run(service, live(30_000));

      expect(textOf(one)).toEqual(modelTranscript(30_000));
      expect(one.events.find((event) => event.type === 'Reconnecting')).toMatchObject({ delayMs: 0 });
      expect(service.received).toHaveLength(2);
    });

    it('goes on with the session when its successor fails, and reconnects when it expires', () => {
      const service = new ModelService([Infinity, 'before Begin'], 10, 20_000);

      const one = run(service, live(30_000));

      expect(textOf(one)).toEqual(modelTranscript(30_000));
      expect(course(one)).toBe('Begin Reconnecting Begin Termination');
    });

    it('has no successor when reconnecting is off', () => {
      const service = new ModelService([], 10, 20_000);

      expect(run(service, live(30_000), { reconnect: false }).error).toMatchObject({ kind: 'expired' });
      expect(service.received).toHaveLength(1);
    });
  });

  describe('when an outage lasts longer than the tape', () => {
    const outage = Array<'before Begin'>(30).fill('before Begin');

    it('reports which live audio was dropped, and transcribes the rest', () => {
      const service = new ModelService([3000, ...outage]);

      const one = run(service, live(150_000), { tapeLength: 10_000 });

      const gap = one.events.find((event) => event.type === 'AudioGap');
      expect(gap).toMatchObject({ startMs: 1000, reason: 'tape-full', session: 1 });
      expect(gap!.endMs).toBeGreaterThan(20_000);
      expect(service.received[1]?.[0]).toEqual([gap?.endMs, 150_000]);
      expect(statsOf(one).gapMs).toBe(gap!.endMs - 1000);
      const expected = modelTranscript(150_000).filter((turn) => {
        const start = Number(/\d+/.exec(turn)?.[0]) * 400; // five words in two seconds
        return start < 1000 || start >= gap!.endMs;
      });
      expect(textOf(one).filter((turn) => !turn.includes('~') && turn.split(' ').length === 5)).toEqual(expected);
    });
  });

  describe('when a live source is faster than the service accepts', () => {
    const fast = (ms: number): Observable<Uint8Array> => {
      const frames = modelAudio(ms);
      return interval(20).pipe(
        take(frames.length),
        map((n) => frames[n]!),
      );
    };

    it('warns once, and ends the turn at each gap', () => {
      const sent: (string | number)[] = [];
      const open: typeof session = (input) =>
        new Observable((subscriber) => {
          subscriber.next({ type: 'Begin', id: 'slow', expires_at: 0 });
          const sending = input.subscribe({
            next: (item) => sent.push(item instanceof Uint8Array ? item.length : item.type),
            complete: () => {
              subscriber.next({ type: 'Termination' });
              subscriber.complete();
            },
          });
          subscriber.add(sending);
        });

      const one = run({ open }, fast(60_000), { tapeLength: 10_000 });

      expect(typesOf(one)).toMatch(/^Begin Warning AudioGap/);
      const warnings = one.events.filter((event) => event.type === 'Warning');
      expect(warnings.map(({ warning }) => warning)).toEqual([
        'audio arrives faster than it can be sent: 8 s wait, and more than 10 s (tapeLength) would be dropped',
      ]);
      const gaps = one.events.filter((event) => event.type === 'AudioGap');
      expect(sent.filter((item) => item === 'ForceEndpoint')).toHaveLength(gaps.length);
      expect(statsOf(one).gapMs).toBeGreaterThan(0);
    });

    it('does not warn about a backlog that shrinks, or a source that waits', () => {
      const outage = Array<'before Begin'>(8).fill('before Begin');
      const one = run(new ModelService([3000, ...outage]), live(90_000));
      expect(typesOf(one)).not.toContain('Warning');
      expect(typesOf(one)).toContain('Reconnecting');
    });
  });

  it('reports which stretches the source filled with silence because it had no audio', () => {
    const frames = modelAudio(3000);
    const stretches = [{ startMs: 1000, endMs: 1400 }];
    const source = new Observable<Uint8Array>((subscriber) => {
      for (const frame of frames.slice(0, 14)) subscriber.next(frame);
      for (const frame of frames.slice(14)) emitWithLostAudio(stretches, () => subscriber.next(frame));
      subscriber.complete();
    });

    const one = run(new ModelService(), source);

    const gap = { type: 'AudioGap', startMs: 1000, endMs: 1400, reason: 'device', session: 0 };
    expect(one.events.filter(({ type }) => type === 'AudioGap')).toEqual([gap]);
    expect(statsOf(one)).toMatchObject({ capturedMs: 3000, transcribedMs: 2600, gapMs: 400 });
  });

  it('reports such a stretch at the end, too', () => {
    const source = new Observable<Uint8Array>((subscriber) => {
      for (const frame of modelAudio(3000)) subscriber.next(frame);
      emitWithLostAudio([{ startMs: 2500, endMs: 3040 }], () => subscriber.complete()); // 40 ms were too short a tail
    });

    const one = run(new ModelService(), source);

    expect(one.events.find(({ type }) => type === 'AudioGap')).toMatchObject({ startMs: 2500, endMs: 3000 });
    expect(statsOf(one)).toMatchObject({ capturedMs: 3000, transcribedMs: 2500, gapMs: 500 });
  });

  it('ends in time when the last turns do not come, with the last partial and a gap', () => {
    const service = new ModelService([900, ...Array<'before Begin'>(1000).fill('before Begin')]);

    const one = run(service, live(3000), { endTimeout: 20_000, maxOutage: Infinity });

    expect(one.complete).toBe(true);
    expect(finalsOf(one).at(-1)).toMatchObject({ turn_order: 0, end_of_turn: false });
    expect(one.events.findLast((event) => event.type === 'AudioGap')).toMatchObject({
      endMs: 3000,
      reason: 'end-timeout',
    });
    expect(statsOf(one)).toMatchObject({ capturedMs: 3000 });
  });

  describe('when the service ends an inactive session', () => {
    /** Audio, a pause without audio, and more audio. */
    const paused = concat(
      live(4000),
      live(8000).pipe(
        skipWhile((__, frame) => frame < 40),
        delay(17_000),
      ),
    );

    it('opens the next one with the next audio', () => {
      const service = new ModelService(['inactive', 'inactive', 'inactive']);

      const one = run(service, paused);

      expect(textOf(one)).toEqual(modelTranscript(8000));
      expect(service.received).toHaveLength(2);
      expect(one.complete).toBe(true);
    });

    it('opens the next one within maxOutage, whatever failed before', () => {
      const one = run(new ModelService([3900, 'inactive', 'before Begin']), paused, { maxOutage: 10_000 });

      expect(textOf(one)).toEqual(modelTranscript(8000));
      expect(one.complete).toBe(true);
    });

    it('opens no other when the source ends and everything is transcribed', () => {
      const service = new ModelService(['inactive']);

      const one = run(service, concat(live(4000), timer(20_000).pipe(ignoreElements())));

      expect(textOf(one)).toEqual(modelTranscript(4000));
      expect(service.received).toHaveLength(1);
      expect(statsOf(one)).toMatchObject({ transcribedMs: 4000, gapMs: 0 });
      expect(one.complete).toBe(true);
    });
  });

  it.each([
    ['shortest', 0.3],
    ['longest', 1],
  ])(
    'connects once more when its source ends, then for 5 s, if no session ever began, with the %s waits',
    (_, wait) => {
      const random = jest.spyOn(Math, 'random').mockReturnValue(wait);
      try {
        const attempts: number[] = [];
        const service = new ModelService(Array(1000).fill('before Begin'));
        const open: typeof service.open = (input, settings) => {
          attempts.push(performance.now());
          return service.open(input, settings);
        };

        const one = run({ open }, live(20_000));

        expect(one.error).toMatchObject({ kind: 'network' });
        expect(attempts.find((at) => at >= 20_000)).toBeLessThan(20_100);
        expect(attempts.at(-1)).toBeLessThan(25_000);
      } finally {
        random.mockRestore();
      }
    },
  );

  it('does not mind a wall clock that is set, live or recorded, in a session, an outage, and at the end', () => {
    for (const source of [live(9000), recording(9000)]) {
      for (const at of [100, 2750, 5000, 8900, 9020]) {
        for (const step of [-3_600_000, 3_600_000]) {
          const service = new ModelService([2700, 'before Begin']);
          const set = timer(at, 100).pipe(
            take(2),
            tap(() => {
              const now = jest.mocked(Date.now).getMockImplementation()!;
              jest.mocked(Date.now).mockImplementation(() => now() + step);
            }),
            ignoreElements(),
          );

          const one = run(service, source, { control: set });

          expect(textOf(one)).toEqual(modelTranscript(9000));
          expect(statsOf(one)).toMatchObject({ gapMs: 0, reconnects: 2, sessions: 2 });
        }
      }
    }
  });

  it('replays only as fast as the service accepts it', () => {
    const frames: [number, number][] = [];
    const service = new ModelService(Array<'before Begin'>(12).fill('before Begin'));
    const scheduler = new TestScheduler(() => {});
    virtualTime(scheduler, ({ flush }) => {
      const open: typeof service.open = (input, settings) =>
        service.open(
          input.pipe(tap((item) => ArrayBuffer.isView(item) && frames.push([scheduler.now(), item.length]))),
          settings,
        );
      live(120_000).pipe(transcribeOver(open, OPTIONS)).subscribe();
      timer(0).subscribe();
      flush();
    });

    const start = frames[0]![0];
    let sent = 0;
    for (const [at, bytes] of frames) {
      sent += bytes / 16;
      expect(sent).toBeLessThanOrEqual(10_000 + (at - start) * 1.25 + 100);
    }
    expect(sent).toBe(120_000);
  });

  describe('with control messages', () => {
    const update = { type: 'UpdateConfiguration', min_turn_silence: 800 } as const;
    const force = { type: 'ForceEndpoint' } as const;

    it('sends them at their place in the audio', () => {
      const service = new ModelService([], 1000);

      run(service, live(3000), { control: of(force).pipe(delay(550)) });

      expect(service.received).toEqual([[[0, 3000], 'ForceEndpoint']]);
    });

    it('applies an earlier configuration to the next session', () => {
      const service = new ModelService([2700]);

      run(service, live(6000), { control: of(update).pipe(delay(150)) });

      expect(service.received[1]).toEqual(['UpdateConfiguration', [1000, 6000]]);
    });

    it('neither loses nor repeats a ForceEndpoint', () => {
      const outage = new ModelService([2300, 'before Begin', 'before Begin']);
      run(outage, live(6000), { control: of(force).pipe(delay(2450)) });
      expect(outage.received.flat().filter((one) => one === 'ForceEndpoint')).toHaveLength(1);

      const answered = new ModelService([4300]);
      run(answered, live(6000), { control: of(force).pipe(delay(2450)) });
      expect(answered.received.map((one) => one.includes('ForceEndpoint'))).toEqual([true, false]);
    });

    it('warns about something that is no control message, and goes on', () => {
      const one = run(new ModelService(), live(3000), {
        control: of('ForceEndpoint' as unknown as ControlMessage).pipe(delay(50)),
      });

      expect(one.events[1]).toMatchObject({ type: 'Warning', warning_code: 0, session: 0 });
      expect(textOf(one)).toEqual(modelTranscript(3000));
    });

    it('throws when called with something that is no stream of them', () => {
      expect(() => transcribeOver(new ModelService().open, { ...OPTIONS, control: {} as never })).toThrow(TypeError);
    });

    it('sends no KeepAlive of the past to the next session', () => {
      const service = new ModelService([Infinity, 'before Begin', 'before Begin']);
      const keepAlive$ = interval(100).pipe(
        take(60),
        map(() => ({ type: 'KeepAlive' }) as const),
      );
      const gone = defer(() => (performance.now() < 3000 ? timer(3000 - performance.now()) : NEVER)).pipe(
        map(() => false),
      );

      run(service, concat(live(1000), timer(8000).pipe(ignoreElements())), { control: keepAlive$ }, gone);

      expect(service.received).toHaveLength(2);
      expect(service.received[0]!.filter((item) => item === 'KeepAlive')).toHaveLength(29);
      expect(service.received[1]!.filter((item) => item === 'KeepAlive').length).toBeLessThan(31);
    });

    it('warns about a message that cannot be sent', () => {
      const bad = { type: 'UpdateConfiguration', min_turn_silence: 1n } as unknown as ControlMessage;

      expect(run(new ModelService(), live(3000), { control: of(bad).pipe(delay(50)) }).events[1]).toMatchObject({
        type: 'Warning',
      });
    });

    it('goes on when they error or complete', () => {
      const failing = concat<ControlMessage[]>(
        of(force),
        throwError(() => new Error('steering failed')),
      );

      expect(textOf(run(new ModelService(), live(3000), { control: failing }))).toEqual(modelTranscript(3000));
    });
  });

  it('refuses a frame that the service would refuse, before it is sent', () => {
    for (const [bytes, message] of [
      [640, 'a frame of 640 bytes is 40.0 ms at 8000 Hz'],
      [16_016, 'a frame of 16016 bytes is 1001.0 ms'],
      [1601, 'a frame of 1601 bytes'],
    ] as const) {
      const one = run(new ModelService(), of(new Uint8Array(bytes)));

      expect(one.error).toMatchObject({
        kind: 'audio-format',
        retryable: false,
        message: expect.stringContaining(message),
      });
      expect(one.error).toMatchObject({
        message: expect.stringContaining('put bufferBytes(1600) before transcribe()'),
      });
    }
    expect(run(new ModelService(), of('text' as unknown as Uint8Array)).error).toBeInstanceOf(TypeError);
  });

  it('passes on an error of its source', () => {
    const cause = new Error('unplugged');
    const broken = concat(
      live(2500),
      throwError(() => cause),
    );

    const one = run(new ModelService(), broken);

    expect(one.error).toBe(cause);
    expect(textOf(one)).toEqual(modelTranscript(1400));
    expect(one.events.slice(-2)).toMatchObject([
      { type: 'AudioGap', startMs: 1000, endMs: 2500, reason: 'error' },
      { type: 'Stats', capturedMs: 2500, transcribedMs: 1000, gapMs: 1500 },
    ]);
  });

  it('emits the exact transcript and exact totals, wherever sessions break', () => {
    // a session that breaks later than this has emitted something
    const late = fc.integer({ min: 1500, max: 9000 });
    const breaks = fc
      .array(fc.oneof(late, fc.constantFrom<Break>('before Begin', 'after Terminate')), { maxLength: 12 })
      .filter((all) => all.filter((one) => one === 'after Terminate').length < 3)
      // five attempts may take longer than a service that was never reached is waited for
      .filter((all) => all[4] !== 'before Begin' || all.slice(0, 4).some((one) => one !== 'before Begin'));
    fc.assert(
      fc.property(breaks, fc.integer({ min: 1, max: 150 }), fc.boolean(), (where, frames, isLive) => {
        const ms = frames * 100;
        const one = run(new ModelService(where), isLive ? live(ms) : recording(ms), { maxOutage: Infinity });

        expect(textOf(one)).toEqual(modelTranscript(ms));
        expect(finalsOf(one).map(({ turn_order }) => turn_order)).toEqual(modelTranscript(ms).map((_, index) => index));
        expect(one.complete).toBe(true);
        expect(statsOf(one)).toMatchObject({ capturedMs: ms, transcribedMs: ms, gapMs: 0 });
      }),
    );
  });
});
