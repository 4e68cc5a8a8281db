import { describe, expect, it } from '@jest/globals';
import { Observable, from, interval, map, of, take, tap, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { START, advance, checkpoints } from '../../../operators/checkpoint.ts';
import type { Checkpoint } from '../../../operators/checkpoint.ts';
import type { ControlMessage, FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { emitWithLostAudio } from '../../../src/lostAudio.ts';
import type { session } from '../../../src/streaming/session.ts';
import { transcribeOver } from '../../../src/streaming/transcribe.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import { fc } from '../../support/fastCheck.ts';
import { virtualTime } from '../../support/marbles.ts';
import { BYTES_PER_MS, FRAME_BYTES, ModelService, modelAudio, modelTranscript } from '../../support/modelService.ts';
import type { Break } from '../../support/modelService.ts';

const OPTIONS: TranscribeOptions = { apiKey: 'key', speechModel: 'universal-3-6-pro', sampleRate: 8000 };

/** The frames of a recording from a position on. */
function framesFrom(ms: number, positionMs: number): Uint8Array[] {
  const rest = Buffer.concat(modelAudio(ms)).subarray(positionMs * BYTES_PER_MS);
  const count = Math.ceil(rest.length / FRAME_BYTES);
  return Array.from({ length: count }, (_, index) => rest.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES));
}

const recording = (ms: number, checkpoint: Checkpoint = START): Observable<Uint8Array> =>
  from(framesFrom(ms, checkpoint.positionMs));

const live = (ms: number): Observable<Uint8Array> => {
  const frames = modelAudio(ms);
  return interval(100).pipe(
    take(frames.length),
    map((index) => frames[index] ?? new Uint8Array(0)),
  );
};

/** Transcribes in virtual time; the events that this process would have logged. */
function run(
  source: Observable<Uint8Array>,
  options: Partial<TranscribeOptions> = {},
  service = new ModelService(),
): TranscriptionEvent[] {
  const events: TranscriptionEvent[] = [];
  virtualTime(new TestScheduler(() => {}), ({ flush }) => {
    source.pipe(transcribeOver(service.open, { ...OPTIONS, ...options })).subscribe({
      next: (event) => events.push(event),
      error: () => undefined,
    });
    timer(0).subscribe(); // a run needs something to flush
    flush();
  });
  return events;
}

/** What a log is read into: as JSON, since a process that continues has nothing else. */
const checkpointOf = (log: readonly TranscriptionEvent[]): Checkpoint =>
  (JSON.parse(JSON.stringify(log)) as TranscriptionEvent[]).reduce(advance, START);

const finalsOf = (log: readonly TranscriptionEvent[]): FinalTurn[] =>
  log.filter((event): event is FinalTurn => event.type === 'Turn' && event.isFinal);

const shape = (log: readonly TranscriptionEvent[]): unknown[] =>
  finalsOf(log).map(({ turn_order, transcript, words }) => [
    turn_order,
    transcript,
    words.map(({ start, end }) => [start, end]),
  ]);

function expectUnbroken(log: readonly TranscriptionEvent[], ms: number): void {
  expect(finalsOf(log).map(({ transcript }) => transcript)).toEqual(modelTranscript(ms));
  expect(shape(log)).toEqual(shape(run(recording(ms))));
  expect(log.at(-1)).toMatchObject({ type: 'Stats', capturedMs: ms, transcribedMs: ms, gapMs: 0 });
}

describe('transcribe({ from })', () => {
  it('continues position, numbers, sessions and totals', () => {
    const before = run(recording(9000)).slice(0, 9);
    const checkpoint = checkpointOf(before);
    const service = new ModelService();
    const after = run(recording(9000, checkpoint), { from: checkpoint }, service);

    expect(checkpoint.positionMs).toBeGreaterThan(0);
    expect(service.received[0]?.[0]).toEqual([checkpoint.positionMs, 9000]);
    expect(after[0]).toMatchObject({ type: 'Begin', session: checkpoint.session });
    expectUnbroken([...before, ...after], 9000);
  });

  it('gives the transcript of an unbroken run from every prefix of a log, up to three times in a row', () => {
    const breaks = fc.array(fc.oneof(fc.nat(9000), fc.constantFrom<Break>('before Begin', 'after Terminate')), {
      maxLength: 3,
    });
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(breaks, cuts, fc.integer({ min: 25, max: 150 }), (faults, fractions, length) => {
        const ms = length * 100;
        const log: TranscriptionEvent[] = [];
        for (const fraction of [...fractions, 1]) {
          const checkpoint = checkpointOf(log);
          const events = run(recording(ms, checkpoint), { from: checkpoint }, new ModelService(faults));
          log.push(...events.slice(0, Math.ceil(fraction * events.length)));
        }
        expectUnbroken(log, ms);
      }),
      { numRuns: 40 },
    );
  });

  it('transcribes what an outage longer than maxOutage left out', () => {
    const unreachable = new ModelService([2700, ...Array.from({ length: 60 }, () => 'before Begin' as const)]);
    const before = run(recording(9000), { maxOutage: 5000 }, unreachable);
    expect(before.map(({ type }) => type).slice(-2)).toEqual(['AudioGap', 'Stats']);

    const checkpoint = checkpointOf(before);
    const after = run(recording(9000, checkpoint), { from: checkpoint });
    const kept = before.filter((event) => event.type !== 'AudioGap');
    expectUnbroken([...kept, ...after], 9000);
  });

  it('shifts a stretch that its source reports as lost', () => {
    const checkpoint = { ...START, positionMs: 4000 };
    const source = new Observable<Uint8Array>((subscriber) => {
      for (const [index, frame] of framesFrom(9000, 4000).entries()) {
        emitWithLostAudio(index === 12 ? [{ startMs: 1000, endMs: 1200 }] : [], () => subscriber.next(frame));
      }
      subscriber.complete();
    });
    const gaps = run(source, { from: checkpoint }).filter(({ type }) => type === 'AudioGap');
    expect(gaps).toMatchObject([{ startMs: 5000, endMs: 5200, reason: 'device' }]);
  });

  it('sends the earlier configuration first, and later control messages at their place', () => {
    const configuration = { type: 'UpdateConfiguration', prompt: 'a' } as const;
    const later: ControlMessage = { type: 'UpdateConfiguration', prompt: 'b' };
    const checkpoint = {
      ...START,
      positionMs: 2000,
      turnOrder: 1,
      configuration,
      controls: [{ atMs: 3000, message: later }],
    };
    const service = new ModelService();
    run(recording(6000, checkpoint), { from: checkpoint }, service);
    expect(service.received).toEqual([['UpdateConfiguration', [2000, 6000], 'UpdateConfiguration']]);
  });

  it('reports where a control message was accepted', () => {
    const events = run(live(3000), { control: of<ControlMessage>({ type: 'ForceEndpoint' }) });
    expect(events.find(({ type }) => type === 'ControlReceived')).toMatchObject({
      atMs: 0,
      message: { type: 'ForceEndpoint' },
    });
  });

  it('keeps the checkpoint at most 31 s behind in a long silence', () => {
    const behind: number[] = [];
    let positionMs = 0;
    let capturedMs = 0;
    virtualTime(new TestScheduler(() => {}), ({ flush }) => {
      const silence = interval(100).pipe(
        take(1200),
        tap(() => (capturedMs += 100)),
        map(() => new Uint8Array(FRAME_BYTES)),
      );
      silence.pipe(transcribeOver(openSilent, OPTIONS), checkpoints()).subscribe((checkpoint) => {
        behind.push(capturedMs - positionMs);
        positionMs = checkpoint.positionMs;
      });
      timer(0).subscribe(); // a run needs something to flush
      flush();
    });
    expect(behind.length).toBeGreaterThan(8);
    expect(Math.max(...behind)).toBeLessThanOrEqual(31_000);
    expect(positionMs).toBe(120_000);
  });

  it.each([{ positionMs: -1 }, { turnOrder: Number.NaN }, { gaps: undefined }])(
    'refuses a checkpoint with %j',
    (fields) => {
      const checkpoint = { ...START, ...fields } as Checkpoint;
      expect(() => transcribeOver(new ModelService().open, { ...OPTIONS, from: checkpoint })).toThrow(
        /from must be a checkpoint/,
      );
    },
  );
});

/** A session in which nothing is recognised. */
const openSilent: typeof session = (input) =>
  new Observable((subscriber) => {
    subscriber.next({ type: 'Begin', id: 'silent', expires_at: 0 });
    subscriber.add(
      input.subscribe({
        complete: () => {
          subscriber.next({ type: 'Termination' });
          subscriber.complete();
        },
      }),
    );
  });
