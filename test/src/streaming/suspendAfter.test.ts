import { describe, expect, it } from '@jest/globals';
import {
  NEVER,
  Subject,
  concat,
  concatMap,
  delay,
  filter,
  finalize,
  from,
  interval,
  map,
  merge,
  mergeMap,
  of,
  take,
  tap,
  throwError,
  timer,
  Observable,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { advance, START } from '../../../operators/checkpoint.ts';
import type { ControlMessage, FinalTurn, Stats, TranscriptionEvent } from '../../../operators/events.ts';
import { TranscriptionError } from '../../../src/errors.ts';
import { emitWithLostAudio } from '../../../src/lostAudio.ts';
import { monotonicNow } from '../../../src/monotonicNow.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import type { Fallback } from '../../../src/streaming/relaySettings.ts';
import { transcribeOver } from '../../../src/streaming/transcribe.ts';
import { fc } from '../../support/fastCheck.ts';
import { virtualTime } from '../../support/marbles.ts';
import { ModelService, isModelSpeech, modelAudio, modelTranscript } from '../../support/modelService.ts';
import type { Break, Stretch } from '../../support/modelService.ts';

const OPTIONS: TranscribeOptions = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 8000, suspendAfter: 5000 };
/** Two turns, a long silence, and two turns again; silence to the end. */
const SPEECH: readonly Stretch[] = [
  [4000, 8000],
  [60_000, 64_000],
];
const MS = 100_000;

interface Run {
  readonly events: TranscriptionEvent[];
  readonly times: number[];
  error: unknown;
  complete: boolean;
  /** How long sessions of the service were open, and how long of that after `Suspended`, in milliseconds. */
  openMs: number;
  openWhileSuspendedMs: number;
}

/** Live audio: a frame every 100 ms. */
function live(ms: number): Observable<Uint8Array> {
  const frames = modelAudio(ms);
  return interval(100).pipe(
    take(frames.length),
    map((n) => frames[n]!),
  );
}

/** Transcribes audio with speech in some stretches in virtual time, to the end or for `forMs`. */
function run(
  source: Observable<Uint8Array>,
  {
    service = new ModelService(),
    speech = SPEECH,
    forMs = Infinity,
    ...options
  }: Partial<TranscribeOptions> & { service?: ModelService; speech?: readonly Stretch[]; forMs?: number } = {},
): Run {
  const one: Run = { events: [], times: [], error: undefined, complete: false, openMs: 0, openWhileSuspendedMs: 0 };
  service.speech = speech;
  let suspendedAt = Infinity;
  const open: typeof service.open = (input, settings) => {
    let begun: number | undefined;
    return service.open(input, settings).pipe(
      tap(({ type }) => type === 'Begin' && (begun = monotonicNow())),
      finalize(() => {
        if (begun === undefined) return;
        one.openMs += monotonicNow() - begun;
        one.openWhileSuspendedMs += Math.max(0, monotonicNow() - Math.max(begun, suspendedAt));
      }),
    );
  };
  const detectSpeech = (frame: Uint8Array): boolean => isModelSpeech(frame, speech);
  const scheduler = new TestScheduler(() => {});
  virtualTime(scheduler, ({ flush }) => {
    const subscription = source.pipe(transcribeOver(open, { ...OPTIONS, detectSpeech, ...options })).subscribe({
      next: (event) => {
        one.events.push(event);
        one.times.push(scheduler.now());
        if (event.type === 'Suspended') suspendedAt = scheduler.now();
        if (event.type === 'Resumed') suspendedAt = Infinity;
      },
      error: (error: unknown) => (one.error = error),
      complete: () => (one.complete = true),
    });
    timer(forMs === Infinity ? 0 : forMs).subscribe(() => forMs < Infinity && subscription.unsubscribe());
    flush();
  });
  return one;
}

const finalsOf = ({ events }: Run): FinalTurn[] =>
  events.filter((event) => event.type === 'Turn').filter((turn) => turn.isFinal);
const textOf = (one: Run): string[] => finalsOf(one).map(({ transcript }) => transcript);
const typesOf = ({ events }: Run): string =>
  events
    .map(({ type }) => type)
    .filter((type) => type !== 'Turn' && type !== 'Stats')
    .join(' ');
const statsOf = ({ events }: Run): Stats => events.findLast((event) => event.type === 'Stats')!;
const positionsOf = ({ events }: Run): [string, number][] =>
  events
    .filter((event) => event.type === 'Suspended' || event.type === 'Resumed')
    .map(({ type, atMs }) => [type, atMs]);

/** The audio that was skipped, in milliseconds. */
const skippedOf = (one: Run): Stretch[] => {
  const positions = positionsOf(one).map(([, atMs]) => atMs);
  if (positions.length % 2 > 0) positions.push(MS);
  return Array.from({ length: positions.length / 2 }, (_, n) => [positions[2 * n]!, positions[2 * n + 1]!]);
};

describe('transcribe with suspendAfter', () => {
  it('opens a session for speech only, and transcribes every word at its time', () => {
    const service = new ModelService();

    const one = run(live(MS), { service });

    expect(textOf(one)).toEqual(modelTranscript(MS, SPEECH));
    expect(finalsOf(one).map(({ turn_order, session }) => [turn_order, session])).toEqual([
      [0, 0],
      [1, 0],
      [2, 1],
      [3, 1],
    ]);
    expect(finalsOf(one).map(({ words }) => words[0]?.start)).toEqual([4000, 6000, 60_000, 62_000]);
    // from 2 s before the speech to the least time that a session stays open
    expect(service.received).toEqual([[[2000, 24_100]], [[58_000, 80_100]]]);
    expect(typesOf(one)).toBe('Suspended Resumed Begin Termination Suspended Resumed Begin Termination Suspended');
    expect(positionsOf(one)).toEqual([
      ['Suspended', 0],
      ['Resumed', 2000],
      ['Suspended', 24_100],
      ['Resumed', 58_000],
      ['Suspended', 80_100],
    ]);
    expect(one.complete).toBe(true);
  });

  it('reports how long sessions were open, and what was skipped', () => {
    const one = run(live(MS));

    expect(statsOf(one)).toMatchObject({
      capturedMs: MS,
      transcribedMs: 44_200,
      gapMs: 0,
      skippedMs: 55_800,
      sentMs: 44_200,
      sessions: 2,
      reconnects: 0,
    });
    const at = (type: string): number[] =>
      one.events.flatMap((event, n) => (event.type === type ? [one.times[n]!] : []));
    const open = at('Termination').map((end, n) => end - at('Begin')[n]!);
    expect(statsOf(one).openMs).toBe(open[0]! + open[1]!);
  });

  it('opens nothing for a source without speech', () => {
    const service = new ModelService();

    const one = run(live(30_000), { service, speech: [] });

    expect(service.received).toEqual([]);
    expect(typesOf(one)).toBe('Suspended');
    expect(statsOf(one)).toMatchObject({
      capturedMs: 30_000,
      skippedMs: 30_000,
      transcribedMs: 0,
      openMs: 0,
      sessions: 0,
    });
    expect(one.complete).toBe(true);
  });

  it('opens nothing for a source that emits nothing', () => {
    const one = run(NEVER, { forMs: 100_000 });

    expect(typesOf(one)).toBe('Suspended');
  });

  it('lets the last turns end when the source ends during speech', () => {
    const one = run(live(61_500));

    expect(textOf(one)).toEqual(modelTranscript(61_500, SPEECH));
    expect(one.complete).toBe(true);
  });

  it('sends speech that begins while a session ends to the next one, from the very sample on', () => {
    const service = new ModelService();
    service.terminationMs = 500;
    const speech: Stretch[] = [
      [4000, 8000],
      [26_000, 28_000],
    ];

    const one = run(live(60_000), { service, speech, suspendAfter: 18_900 });

    expect(positionsOf(one).slice(1, 4)).toEqual([
      ['Resumed', 2000],
      ['Suspended', 25_900],
      ['Resumed', 25_900],
    ]);
    expect(textOf(one)).toEqual(modelTranscript(60_000, speech));
  });

  it('ends the session of a source that emits nothing any more, and opens one with the next speech', () => {
    const service = new ModelService();
    const frames = modelAudio(66_000);
    const parts = [frames.slice(0, 80), frames.slice(80)];
    const talk = concat(
      ...parts.map((part, n) =>
        timer(n * 300_000).pipe(
          concatMap(() =>
            interval(100).pipe(
              take(part.length),
              map((k) => part[k]!),
            ),
          ),
        ),
      ),
    );

    const one = run(talk, { service });

    expect(service.received[0]).toEqual([[2000, 8000]]);
    expect(textOf(one)).toEqual(modelTranscript(66_000, SPEECH));
    expect(statsOf(one).openMs).toBeLessThan(50_000);
  });

  it('takes the end of an inactive session as a suspension', () => {
    const service = new ModelService(['inactive']);
    const frames = modelAudio(9000);

    const one = run(
      concat(
        interval(100).pipe(
          take(90),
          map((n) => frames[n]!),
        ),
        NEVER,
      ),
      {
        service,
        suspendAfter: 60_000,
        forMs: 100_000,
      },
    );

    expect(typesOf(one)).toBe('Suspended Resumed Begin Suspended');
    expect(statsOf(one)).toMatchObject({ reconnects: 0 });
  });

  it('opens no more than three sessions a minute in a room that flutters', () => {
    const service = new ModelService();
    const speech = Array.from({ length: 75 }, (_, n): Stretch => [n * 8000, n * 8000 + 2000]);

    const one = run(live(600_000), { service, speech, suspendAfter: 1000 });

    expect(textOf(one)).toEqual(modelTranscript(600_000, speech));
    expect(service.received.length).toBeGreaterThan(20);
    const opened = one.times.filter((_, n) => one.events[n]?.type === 'Begin');
    for (const first of opened)
      expect(opened.filter((at) => at >= first && at < first + 60_000).length).toBeLessThan(4);
  });

  it('ends only when the turn has ended', () => {
    const service = new ModelService();
    const speech: Stretch[] = [[4000, 80_000]];

    // a detector that reports only the first word
    const one = run(live(120_000), { service, speech, detectSpeech: (frame) => isModelSpeech(frame, [[4000, 6000]]) });

    expect(textOf(one)).toEqual(modelTranscript(120_000, speech));
  });

  it('keeps its audio from a detector that overwrites frames', () => {
    const one = run(live(MS), {
      detectSpeech: (frame) => {
        const isSpeech = isModelSpeech(frame, SPEECH);
        frame.fill(0);
        return isSpeech;
      },
    });

    expect(textOf(one)).toEqual(modelTranscript(MS, SPEECH));
  });

  it('needs no partials', () => {
    const one = run(live(MS), { includePartialTurns: false });

    expect(textOf(one)).toEqual(modelTranscript(MS, SPEECH));
    expect(positionsOf(one)).toHaveLength(5);
  });

  it('takes a recording as fast as the service does', () => {
    const service = new ModelService();

    const frames = modelAudio(MS);
    const fast = interval(1).pipe(
      take(frames.length),
      map((n) => frames[n]!),
    );

    const one = run(fast, { service, catchUpSpeed: Infinity });

    expect(textOf(one)).toEqual(modelTranscript(MS, SPEECH));
    expect(service.received).toHaveLength(2);
  });

  it('suspends although the source is always ahead of what is sent', () => {
    const service = new ModelService();
    const frames = modelAudio(MS);
    const ahead = concat(
      from(frames.slice(0, 150)),
      interval(80).pipe(
        map((n) => frames[150 + n]!),
        take(850),
      ),
    );

    const one = run(ahead, { service, catchUpSpeed: 1.25 });

    expect(textOf(one)).toEqual(modelTranscript(MS, SPEECH));
    expect(service.received).toHaveLength(2);
  });

  it('suspends 20 s after the speech although sessions fail in the silence', () => {
    const service = new ModelService([9000, 12_000, 12_000, 12_000]);

    const one = run(live(60_000), { service });

    // the last session is sent slowly, and only 5 s of silence
    expect(service.received.at(-1)).toEqual([[7000, 12_000]]);
    expect(positionsOf(one).at(-1)).toEqual(['Suspended', 12_000]);
  });

  describe('when sessions fail', () => {
    it.each<[string, Break[]]>([
      ['while the first one opens', ['before Begin', 'before Begin']],
      ['while a later one opens', [1e9, 'before Begin', 'before Begin']],
      ['during speech', [3000, 1000]],
      ['while they end', ['after Terminate', 'after Terminate']],
      ['in the silence after speech, and while the next speech begins', [8000, 1e9, 'before Begin']],
    ])('loses and doubles no word: %s', (_, breaks) => {
      const one = run(live(MS), { service: new ModelService(breaks), maxOutage: 20_000 });

      expect(textOf(one)).toEqual(modelTranscript(MS, SPEECH));
      expect(statsOf(one)).toMatchObject({ gapMs: 0, capturedMs: MS });
      expect(typesOf(one)).toContain('Reconnecting');
    });

    it('hands over to a successor, and suspends later', () => {
      const service = new ModelService([], 10, 40_000);
      const speech: Stretch[] = [[4000, 60_000]];

      const one = run(live(120_000), { service, speech });

      expect(textOf(one)).toEqual(modelTranscript(120_000, speech));
      expect(statsOf(one)).toMatchObject({ reconnects: 0, gapMs: 0 });
      expect(positionsOf(one).at(-1)?.[0]).toBe('Suspended');
    });

    // attempts to reach the service take so long that one is under way when the session on the device ends
    it.each([2000, 2200])('opens none while suspended, with a fallback and a Begin after %d ms', (ms) => {
      const service = new ModelService(Array<Break>(4).fill('before Begin'), ms);
      const device = new ModelService([], 50);

      const one = run(live(MS), { service, fallback: fallbackOn(device, SPEECH) });

      expect(textOf(one)).toEqual(modelTranscript(MS, SPEECH));
      expect(one.openWhileSuspendedMs).toBe(0);
      expect(positionsOf(one).at(-1)?.[0]).toBe('Suspended');
      expect(statsOf(one).skippedMs).toBeGreaterThan(30_000);
    });

    it('counts no session if none began', () => {
      const refused = new TranscriptionError('unauthorized', 'the key was refused');
      const one = run(live(MS), {
        service: Object.assign(new ModelService(), { open: () => throwError(() => refused) }),
      });

      expect(one.error).toBe(refused);
      expect(statsOf(one)).toMatchObject({ sessions: 0, openMs: 0 });
    });

    it('reports the pre-roll as a gap when its source fails', () => {
      const one = run(
        concat(
          live(50_000),
          throwError(() => new Error('no more')),
        ),
      );

      expect(one.error).toEqual(new Error('no more'));
      expect(one.events.slice(-2)).toMatchObject([
        { type: 'AudioGap', startMs: 48_000, endMs: 50_000, reason: 'error' },
        { type: 'Stats', capturedMs: 50_000, gapMs: 2000 },
      ]);
    });
  });

  describe('with control messages while suspended', () => {
    /** Sends messages 40 s in, when nothing is open. */
    const late = (...messages: ControlMessage[]): Observable<ControlMessage> => from(messages).pipe(delay(40_050));

    it('keeps a configuration for the next session', () => {
      const service = new ModelService();

      const one = run(live(MS), { service, control: late({ type: 'UpdateConfiguration', prompt: 'a' }) });

      expect(service.received).toEqual([[[2000, 24_100]], ['UpdateConfiguration', [58_000, 80_100]]]);
      expect(one.events.find(({ type }) => type === 'ControlReceived')).toMatchObject({ atMs: 40_000 });
    });

    it('drops a ForceEndpoint and a KeepAlive, which have nothing to act on', () => {
      const service = new ModelService();

      const one = run(live(MS), { service, control: late({ type: 'ForceEndpoint' }, { type: 'KeepAlive' }) });

      expect(service.received).toEqual([[[2000, 24_100]], [[58_000, 80_100]]]);
      expect(typesOf(one)).not.toContain('ControlReceived');
    });
  });

  describe('what speech is', () => {
    it('is known from an Observable', () => {
      const service = new ModelService();
      const speech$ = merge(of(false), timer(4100).pipe(map(() => true)), timer(8000).pipe(map(() => false)));

      run(live(50_000), { service, detectSpeech: speech$ });

      expect(service.received).toEqual([[[2000, 24_100]]]);
    });

    it('is everything until an Observable emits', () => {
      const service = new ModelService();

      run(live(50_000), { service, detectSpeech: new Subject<boolean>() });

      expect(service.received).toEqual([[[0, 50_000]]]);
    });

    it.each<[string, Partial<TranscribeOptions>]>([
      [
        'a function throws',
        {
          detectSpeech: () => {
            throw new Error('broken');
          },
        },
      ],
      ['an Observable fails', { detectSpeech: throwError(() => new Error('broken')) }],
    ])('is everything after %s', (_, options) => {
      const service = new ModelService();

      const one = run(live(50_000), { service, ...options });

      expect(service.received).toEqual([[[0, 50_000]]]);
      expect(one.events.filter(({ type }) => type === 'Warning')).toEqual([
        expect.objectContaining({ warning: 'detectSpeech failed, so all audio counts as speech: broken' }),
      ]);
    });
  });

  it('accounts for audio that the device lost, whether a session was open or not', () => {
    // the last second of both is reported with the frame after it
    const lost = [
      { startMs: 10_000, endMs: 12_000 },
      { startMs: 40_000, endMs: 41_000 },
    ];
    const source = live(MS).pipe(
      map((frame, n) => ({ frame, stretches: lost.filter(({ endMs }) => endMs === n * 100) })),
      concatMap(
        ({ frame, stretches }) =>
          new Observable<Uint8Array>((subscriber) => {
            emitWithLostAudio([...stretches], () => subscriber.next(frame));
            subscriber.complete();
          }),
      ),
    );

    const one = run(source);

    expect(statsOf(one)).toMatchObject({ capturedMs: MS, gapMs: 3000, skippedMs: 54_800, transcribedMs: 42_200 });
  });

  const stretches = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 45 }), fc.integer({ min: 1, max: 4 })), { maxLength: 4 })
    .map((list) => list.map(([turn, turns]): Stretch => [turn * 2000, (turn + turns) * 2000]));
  const breaks = fc.array(
    fc.oneof(
      fc.integer({ min: 1, max: 30_000 }),
      fc.constantFrom<Break>('before Begin', 'after Terminate', 'inactive'),
    ),
    { maxLength: 3 },
  );
  const control = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: MS }),
      fc.constantFrom<ControlMessage>(
        { type: 'UpdateConfiguration' },
        { type: 'ForceEndpoint' },
        { type: 'KeepAlive' },
      ),
    ),
    { maxLength: 4 },
  );
  const conditions = fc.record({
    speech: stretches,
    breaks,
    preRoll: fc.integer({ min: 0, max: 5000 }),
    suspendAfter: fc.integer({ min: 1000, max: 9000 }),
    control,
    hasFallback: fc.boolean(),
    /** How long the service takes to begin a session; the device takes over after a second. */
    connectMs: fc.constantFrom(10, 703, 3037),
    lastsMs: fc.constantFrom(10_800_000, 61_300),
  });

  it('emits the exact transcript and exact totals, wherever there is speech, sessions break, expire or move to the device', () => {
    fc.assert(
      fc.property(conditions, ({ breaks: broken, connectMs, lastsMs, hasFallback, control: messages, ...one }) => {
        const service = new ModelService(broken, connectMs, lastsMs);
        const device = new ModelService([], 50);
        const control$ = from(messages).pipe(mergeMap(([atMs, message]) => of(message).pipe(delay(atMs))));

        const result = run(live(MS), {
          ...one,
          service,
          control: control$,
          ...(hasFallback && { fallback: fallbackOn(device, one.speech) }),
        });

        expect(textOf(result)).toEqual(modelTranscript(MS, one.speech));
        const { capturedMs, transcribedMs, gapMs, skippedMs, openMs, sessions } = statsOf(result);
        expect(transcribedMs + gapMs + skippedMs).toBeCloseTo(capturedMs, 6);
        // a successor that breaks at once is never the present session
        expect(sessions).toBeGreaterThanOrEqual(result.events.filter(({ type }) => type === 'Begin').length);
        expect(sessions).toBeLessThanOrEqual(service.received.length + device.received.length);
        expect(Math.abs(openMs - result.openMs)).toBeLessThan(5);
        expect(result.openWhileSuspendedMs).toBe(0);
        const skipped = skippedOf(result);
        expect(skipped.reduce((sum, [start, end]) => sum + end - start, 0)).toBeCloseTo(skippedMs, 6);
        const accounted = new Set<number>();
        for (const stretch of [...service.received.flat(), ...device.received.flat(), ...skipped]) {
          if (typeof stretch === 'string') continue;
          for (let ms = Math.floor(stretch[0]); ms < stretch[1]; ms++) accounted.add(ms);
        }
        expect(accounted.size).toBe(MS);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('has exact totals when the source or the service fails, or the end takes too long', () => {
    const end = fc.constantFrom('source', 'service', 'time');
    fc.assert(
      fc.property(stretches, fc.integer({ min: 1, max: MS / 100 }), end, (speech, frames, reason) => {
        const ms = frames * 100;
        const service = new ModelService(reason === 'service' ? ['before Begin', 'before Begin', 'before Begin'] : []);
        if (reason === 'time') service.terminationMs = 1e9;
        const failure = throwError(() => new Error('no more'));

        const one = run(reason === 'source' ? concat(live(ms), failure) : live(ms), {
          service,
          speech,
          ...(reason === 'service' && { reconnect: false }),
        });

        const { capturedMs, transcribedMs, gapMs, skippedMs } = statsOf(one);
        expect(one.events.at(-1)).toMatchObject({ type: 'Stats' });
        expect(transcribedMs + gapMs + skippedMs).toBeCloseTo(capturedMs, 6);
        if (reason === 'time') expect(capturedMs).toBe(ms);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('continues in another process from any event, without losing or repeating a word', () => {
    const { events } = run(live(MS));
    for (let count = 0; count < events.length; count++) {
      const log = events.slice(0, count);
      const checkpoint = log.reduce(advance, START);
      const service = new ModelService();
      const rest = run(live(MS).pipe(skipTo(checkpoint.positionMs)), { service, from: checkpoint });

      const text = [...textOf({ ...rest, events: log }), ...textOf(rest)];
      expect(text).toEqual(modelTranscript(MS, SPEECH));
      const { capturedMs, transcribedMs, gapMs, skippedMs, sessions } = statsOf(rest);
      expect([capturedMs, transcribedMs + gapMs + skippedMs]).toEqual([MS, MS]);
      expect(sessions).toBe([...log, ...rest.events].filter(({ type }) => type === 'Begin').length);
    }
  });
});

/** A model on this device that recognises the same speech. */
function fallbackOn(device: ModelService, speech: readonly Stretch[]): Fallback {
  device.speech = speech;
  const open: ReturnType<Fallback['start']>['open'] = (input) =>
    device
      .open(input, {} as Parameters<typeof device.open>[1])
      .pipe(map((event) => (event.type === 'Begin' ? { ...event, expires_at: 0 } : event)));
  return { sampleRate: 8000, start: () => ({ open, close: () => undefined }) };
}

/** Emits the audio from a position on, whose frames start there. */
function skipTo(ms: number): (source: Observable<Uint8Array>) => Observable<Uint8Array> {
  return (source) =>
    source.pipe(
      map((frame, n) => {
        const cut = Math.round((ms - n * 100) * 16);
        return cut <= 0 ? frame : frame.subarray(Math.min(frame.length, cut));
      }),
      filter((frame) => frame.length > 0),
      map((frame) => (frame.length < 800 ? Buffer.concat([frame]) : frame)),
    );
}
