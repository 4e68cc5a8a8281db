import { describe, expect, it } from '@jest/globals';
import { NEVER, interval, map, merge, take, takeWhile, throwError, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { START, advance } from '../../../operators/checkpoint.ts';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { TranscriptionError } from '../../../src/errors.ts';
import { monotonicNow } from '../../../src/monotonicNow.ts';
import type { Fallback } from '../../../src/streaming/relaySettings.ts';
import type { session } from '../../../src/streaming/session.ts';
import { transcribeOver } from '../../../src/streaming/transcribe.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import { fc } from '../../support/fastCheck.ts';
import { virtualTime } from '../../support/marbles.ts';
import { ModelService, modelAudio, modelTranscript } from '../../support/modelService.ts';
import type { Break } from '../../support/modelService.ts';

const OPTIONS: TranscribeOptions = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 8000 };
/** From when to when the service is out of reach, in milliseconds. */
type Outage = readonly [fromMs: number, toMs: number];

const OUT_OF_REACH = new TranscriptionError('network', 'the service cannot be reached', { retryable: true });
const REFUSED = new TranscriptionError('unauthorized', 'the key was refused', { wireCode: 401 });
const ENGINE = new TranscriptionError('engine', 'the model does not load');

/** A service that breaks its sessions at the start of each outage and opens none until its end. */
function cloud(outages: readonly Outage[], failure = OUT_OF_REACH): { open: typeof session; attempts: number[] } {
  const service = new ModelService();
  const attempts: number[] = [];
  const isDown = (): boolean => outages.some(([from, to]) => monotonicNow() >= from && monotonicNow() < to);
  const open: typeof session = (input, settings) => {
    attempts.push(monotonicNow());
    const next = outages.find(([from]) => from > monotonicNow())?.[0] ?? Infinity;
    if (isDown()) return throwError(() => failure);
    const broken$ = next === Infinity ? NEVER : timer(next - monotonicNow());
    return merge(
      service.open(input, settings),
      broken$.pipe(
        map(() => {
          throw new TranscriptionError('network', 'the connection broke', { retryable: true, wireCode: 1006 });
        }),
      ),
    ).pipe(takeWhile((event) => event.type !== 'Termination', true));
  };
  return { open, attempts };
}

interface Device {
  readonly fallback: Fallback;
  readonly service: ModelService;
  readonly log: string[];
}

/** A model on this device: it begins after 50 ms, and its sessions break as configured. */
function device(breaks: readonly Break[] = []): Device {
  const service = new ModelService(breaks, 50);
  const log: string[] = [];
  const open: ReturnType<Fallback['start']>['open'] = (input) =>
    service
      .open(input, {} as Parameters<typeof session>[1])
      .pipe(map((event) => (event.type === 'Begin' ? { ...event, expires_at: 0 } : event)));
  const start: Fallback['start'] = () => {
    log.push('start');
    return { open, close: () => void log.push('close') };
  };
  return { fallback: { sampleRate: 8000, start }, service, log };
}

interface Run {
  readonly events: (readonly [atMs: number, event: TranscriptionEvent])[];
  readonly error: unknown;
  readonly isComplete: boolean;
}

function run(open: typeof session, options: Partial<TranscribeOptions>, ms: number, until = Infinity): Run {
  const result = { events: [] as [number, TranscriptionEvent][], error: undefined as unknown, isComplete: false };
  virtualTime(new TestScheduler(() => {}), ({ flush }) => {
    const frames = modelAudio(ms).slice((options.from?.positionMs ?? 0) / 100);
    const source$ = interval(100).pipe(
      take(frames.length),
      map((index) => frames[index]!),
    );
    const running = source$.pipe(transcribeOver(open, { ...OPTIONS, ...options })).subscribe({
      next: (event) => result.events.push([monotonicNow(), event]),
      error: (error: unknown) => (result.error = error),
      complete: () => (result.isComplete = true),
    });
    if (until < Infinity) timer(until).subscribe(() => running.unsubscribe());
    timer(0).subscribe(); // a run needs something to flush
    flush();
  });
  return result;
}

const finalsOf = ({ events }: Run): FinalTurn[] =>
  events.flatMap(([, event]) => (event.type === 'Turn' && event.isFinal ? [event] : []));
const textOf = (one: Run): string[] => finalsOf(one).map(({ transcript }) => transcript);
const sidesOf = ({ events }: Run): unknown[] =>
  events.flatMap(([, event]) => (event.type === 'Begin' ? [event.runsOn] : []));
const warningsOf = ({ events }: Run): string[] =>
  events.flatMap(([, event]) => (event.type === 'Warning' ? [event.warning] : []));

/** Every word once, in order, on one clock, with numbers that continue, and exact totals. */
function expectUnbroken(one: Run, ms: number): void {
  expect(one.error).toBeUndefined();
  expect(textOf(one)).toEqual(modelTranscript(ms));
  expect(finalsOf(one).map(({ turn_order }) => turn_order)).toEqual(finalsOf(one).map((_, index) => index));
  const starts = finalsOf(one).flatMap(({ words }) => words.map(({ start }) => start));
  expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  expect(one.events.at(-1)?.[1]).toMatchObject({ type: 'Stats', capturedMs: ms, transcribedMs: ms, gapMs: 0 });
  expect(one.isComplete).toBe(true);
}

describe('the option fallback', () => {
  it('continues on the device while the service is out of reach, and on the service when it answers again', () => {
    const { fallback, log } = device();
    const one = run(cloud([[9300, 24_300]]).open, { fallback }, 60_000);

    expectUnbroken(one, 60_000);
    expect(sidesOf(one)).toEqual(['service', 'device', 'service']);
    expect(one.events.filter(([, event]) => event.type === 'Reconnecting')).toHaveLength(1);
    expect(warningsOf(one)).toEqual([
      'the service is out of reach: the service cannot be reached; this device recognises the speech until it answers',
    ]);
    expect(log).toEqual(['start', 'close']);
  });

  it('speaks on the device within 2 s of the break, and on the service within 13 s of its return', () => {
    const one = run(cloud([[9300, 24_300]]).open, { fallback: device().fallback }, 60_000);
    const firstTurnOf = (session: number): number =>
      one.events.find(([, event]) => event.type === 'Turn' && event.session === session)?.[0] ?? Infinity;

    expect(firstTurnOf(1) - 9300).toBeLessThan(2000);
    expect(firstTurnOf(2) - 24_300).toBeLessThan(13_000); // 10 s between attempts, and the end of a turn
  });

  it('hands over to the service at the end of a turn', () => {
    const { fallback, service } = device();
    run(cloud([[9300, 24_300]]).open, { fallback }, 60_000);

    const [, endMs] = service.received[0]!.at(-1) as [number, number];
    // words take 1000 of the 2000 ms of a turn, 400 ms of silence end it, and the next is not open in its first 100 ms
    expect((endMs + 1899) % 2000).toBeGreaterThanOrEqual(1299);
  });

  it('begins on the device when the service was never reached', () => {
    const one = run(cloud([[0, 15_000]]).open, { fallback: device().fallback }, 40_000);

    expectUnbroken(one, 40_000);
    expect(sidesOf(one)).toEqual(['device', 'service']);
  });

  it('ends on the device when the service does not come back', () => {
    const one = run(cloud([[5000, Infinity]]).open, { fallback: device().fallback }, 400_000);

    expectUnbroken(one, 400_000);
    expect(sidesOf(one)).toEqual(['service', 'device']);
  });

  it('stays on the service when that answers within a second', () => {
    const { fallback, service } = device();
    const slow = new ModelService([5300], 900);
    const one = run(slow.open, { fallback }, 20_000);

    expectUnbroken(one, 20_000);
    expect(sidesOf(one)).toEqual(['service', 'service']);
    expect(service.received).toEqual([]);
  });

  it('uses the device until a service that answers late has answered', () => {
    const slow = new ModelService([0, 8000], 3000); // the first attempt is given up
    const one = run(slow.open, { fallback: device().fallback }, 40_000);

    expectUnbroken(one, 40_000);
    expect(sidesOf(one)).toEqual(['device', 'service', 'device', 'service']);
  });

  it('comes through failures of both', () => {
    const outages: Outage[] = [
      [4100, 9000],
      [20_700, 33_000],
    ];
    const one = run(cloud(outages).open, { fallback: device([1900, 'before Begin', 3300]).fallback }, 60_000);

    expectUnbroken(one, 60_000);
    expect(sidesOf(one).slice(0, 3)).toEqual(['service', 'device', 'device']);
  });

  it('loses and repeats no word, whatever breaks when', () => {
    const outage = fc.tuple(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: 100, max: 20_000 }));
    const breaks = fc.array(fc.oneof(fc.integer({ min: 100, max: 9000 }), fc.constant('before Begin' as const)), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.array(outage, { maxLength: 3 }), breaks, (outages, deviceBreaks) => {
        const times = outages.map(([from, lasts]): Outage => [from, from + lasts]).toSorted(([a], [b]) => a - b);
        const one = run(cloud(times).open, { fallback: device(deviceBreaks).fallback }, 60_000);
        expectUnbroken(one, 60_000);
        expect(sidesOf(one)).not.toContain(undefined);
      }),
      { numRuns: 100 },
    );
  });

  it('asks the service at growing intervals, at most 10 s apart, and loads no model for it', () => {
    const { fallback, service } = device();
    const { open, attempts } = cloud([[5000, Infinity]]);
    run(open, { fallback }, 120_000);

    const waits = attempts.slice(2).map((at, index) => at - (attempts[index + 1] ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
    expect(waits.length).toBeLessThan(30);
    expect(service.received).toHaveLength(1);
  });

  it('fails as without it when the first session is refused', () => {
    const { fallback, service, log } = device();
    const one = run(() => throwError(() => REFUSED), { fallback }, 10_000);

    expect(one.error).toBe(REFUSED);
    expect([service.received, log]).toEqual([[], ['start', 'close']]);
  });

  it('continues on the device when the key is refused later, with one warning', () => {
    const one = run(cloud([[5000, Infinity]], REFUSED).open, { fallback: device().fallback }, 200_000);

    expectUnbroken(one, 200_000);
    expect(warningsOf(one)).toEqual([
      'the service is out of reach: the key was refused; this device recognises the speech until it answers',
      'the key was refused; this device continues',
    ]);
  });

  it('waits for the service when the device does not start, and the reason names both', () => {
    const fallback: Fallback = {
      sampleRate: 8000,
      start: (onFailure) => {
        timer(100).subscribe(() => onFailure(ENGINE));
        return { open: () => throwError(() => ENGINE), close: () => undefined };
      },
    };
    const one = run(cloud([[5000, 9000]]).open, { fallback }, 20_000);

    expectUnbroken(one, 20_000);
    const reasons = one.events.flatMap(([, event]) => (event.type === 'Reconnecting' ? [event.reason] : []));
    expect(reasons).toContain(`${OUT_OF_REACH.message}; this device cannot take over: ${ENGINE.message}`);
  });

  it('continues from a checkpoint that was taken on the device', () => {
    const first = run(cloud([[5000, Infinity]]).open, { fallback: device().fallback }, 60_000, 21_700);
    const from = first.events.reduce((checkpoint, [, event]) => advance(checkpoint, event), START);
    const positionMs = Math.floor(from.positionMs / 100) * 100;
    expect(from.positionMs).toBe(positionMs);
    const second = run(cloud([[0, 10_000]]).open, { fallback: device().fallback, from }, 60_000);

    expect([...textOf(first), ...textOf(second)].slice(-5)).toEqual(modelTranscript(60_000).slice(-5));
    const orders = [...finalsOf(first), ...finalsOf(second)].map(({ turn_order }) => turn_order);
    expect(new Set(orders).size).toBe(modelTranscript(60_000).length);
    expect(second.isComplete).toBe(true);
  });

  it('ends the device with the subscription', () => {
    const { fallback, log } = device();
    run(cloud([[5000, Infinity]]).open, { fallback }, 60_000, 12_000);

    expect(log).toEqual(['start', 'close']);
  });

  it('is refused with options that contradict it', () => {
    const { fallback } = device();
    const call = (options: Partial<TranscribeOptions>) => (): unknown =>
      transcribeOver(new ModelService().open, { ...OPTIONS, fallback, ...options });

    expect(call({ sampleRate: 16_000 })).toThrow("fallback needs sampleRate 8000 and encoding 'pcm_s16le'");
    expect(call({ encoding: 'pcm_mulaw' })).toThrow("fallback needs sampleRate 8000 and encoding 'pcm_s16le'");
    expect(call({ reconnect: false })).toThrow('fallback needs reconnect');
    expect(call({ fallback: {} as Fallback })).toThrow('fallback must be what local() of rxscribe/local returns');
  });
});
