import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { NEVER, Observable, concat, from, lastValueFrom, of, toArray } from 'rxjs';
import type { Stats, TranscriptionEvent } from '../../../operators/events.ts';
import { openRun } from '../../../src/durable/openRun.ts';
import { emitWithLostAudio } from '../../../src/lostAudio.ts';
import { transcribeOver } from '../../../src/streaming/transcribe.ts';
import { eventually } from '../../support/captions.ts';
import { BYTES_PER_MS, ModelService, modelAudio, modelTranscript } from '../../support/modelService.ts';

const FORMAT = { sampleRate: 8000 } as const;
const OPTIONS = { apiKey: 'key', speechModel: 'universal-3-6-pro', ...FORMAT } as const;
const HOURS = 3_600_000;

describe('a live run in a folder', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-run-'));
  });

  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** Runs a process that records this source, to its end. */
  async function record(source: Observable<Uint8Array>, service = new ModelService()): Promise<TranscriptionEvent[]> {
    const run = openRun(dir, FORMAT);
    try {
      const recognise = run.live((checkpoint) => transcribeOver(service.open, { ...OPTIONS, from: checkpoint }));
      return await lastValueFrom(source.pipe(recognise, toArray()));
    } finally {
      run.close();
    }
  }

  /** Runs a process that records this source and is killed before anything is recognised. */
  function recordOnly(source: Observable<Uint8Array>): void {
    const run = openRun(dir, FORMAT);
    const subscription = concat(source, NEVER)
      .pipe(run.live(() => () => NEVER))
      .subscribe();
    subscription.unsubscribe();
    run.close();
  }

  async function log(): Promise<TranscriptionEvent[]> {
    const lines = (await readFile(join(dir, 'events.ndjson'), 'utf8')).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as TranscriptionEvent);
  }

  /** Moves the start of the run back, as if the time since then had passed. */
  async function letPass(ms: number): Promise<void> {
    const path = join(dir, 'run.json');
    const run = JSON.parse(await readFile(path, 'utf8')) as { startedAt: number };
    await writeFile(path, JSON.stringify({ ...run, startedAt: run.startedAt - ms }));
  }

  const finals = (events: readonly TranscriptionEvent[]): string[] =>
    events.flatMap((event) => (event.type === 'Turn' && event.isFinal ? [event.transcript] : []));

  it('records a source and transcribes it', async () => {
    const events = await record(from(modelAudio(6000)));
    expect(finals(events)).toEqual(modelTranscript(6000));
    expect(await log()).toEqual(JSON.parse(JSON.stringify(events)));
    const wav = await readFile(join(dir, 'audio.wav'));
    expect(wav.subarray(80)).toEqual(Buffer.concat(modelAudio(6000)));
    expect(existsSync(join(dir, 'lock'))).toBe(false);
  });

  it('transcribes the tail of a killed process, and reports the time until the next as a gap', async () => {
    recordOnly(from(modelAudio(6000)));
    await letPass(8 * HOURS);
    const events = await record(from(modelAudio(3000)));

    expect(finals(events)).toEqual([...modelTranscript(6000), ...modelTranscript(3000)]);
    const gaps = events.filter((event) => event.type === 'AudioGap');
    expect(gaps).toMatchObject([{ startMs: 6000, reason: 'restart', session: 0 }]);
    expect(gaps[0]!.endMs).toBeGreaterThan(8 * HOURS - 6000);
    const stats = events.at(-1) as { capturedMs: number; transcribedMs: number; gapMs: number };
    expectDuration(stats.transcribedMs, 9000);
    expect(stats.capturedMs).toBeCloseTo(stats.transcribedMs + stats.gapMs, 5);
    // silence that takes no space
    const { size, blocks } = await stat(join(dir, 'audio.wav'));
    expect(size).toBeGreaterThan(8 * HOURS * BYTES_PER_MS - 200_000);
    expect(blocks * 512).toBeLessThan(1_000_000);
  });

  it('transcribes every stretch between several restarts', async () => {
    for (let process = 0; process < 3; process++) {
      recordOnly(from(modelAudio(3000)));
      await letPass(60_000);
    }
    const events = await record(from(modelAudio(3000)));
    expect(finals(events)).toEqual(Array.from({ length: 4 }, () => modelTranscript(3000)).flat());
    expect((await log()).filter(({ type }) => type === 'AudioGap')).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ type: 'Stats' });
    const { transcribedMs } = events.at(-1) as { transcribedMs: number };
    expectDuration(transcribedMs, 12_000);
  });

  it('transcribes both sides of a gap inside a turn', async () => {
    recordOnly(from(modelAudio(700)));
    await letPass(60_000);
    const events = await record(from(modelAudio(3000)));
    expect(modelTranscript(700)).toEqual(['w0 w1 w2 w3~']);
    expect(finals(events)).toEqual([...modelTranscript(700), ...modelTranscript(3000)]);
  });

  it('reports what the source lost just before the kill, whether that had ended or not', async () => {
    const [before, silence, after] = [modelAudio(1000), new Uint8Array(300 * BYTES_PER_MS), modelAudio(500)];
    const source = (ends: boolean): Observable<Uint8Array> =>
      new Observable((subscriber) => {
        for (const chunk of before) subscriber.next(chunk);
        emitWithLostAudio([], () => subscriber.next(silence), true);
        if (!ends) return;
        emitWithLostAudio([{ startMs: 1000, endMs: 1300 }], () => subscriber.next(after[0]!));
      });
    for (const ends of [true, false]) {
      recordOnly(source(ends));
      await letPass(60_000);
    }
    await record(from(modelAudio(1000)));
    const [lost, restart, ...others] = (await log()).filter((event) => event.type === 'AudioGap');
    const { endMs } = restart!;
    expect([lost, restart, ...others]).toMatchObject([
      { reason: 'device', startMs: 1000, endMs: 1300 },
      { reason: 'restart', startMs: 1400 },
      { reason: 'device', startMs: endMs + 1000, endMs: endMs + 1300 },
      { reason: 'restart', startMs: endMs + 1300 },
    ]);
    const { capturedMs, transcribedMs, gapMs } = (await log()).at(-1) as Stats;
    expectDuration(transcribedMs, 3100);
    expect(capturedMs).toBeCloseTo(transcribedMs + gapMs, 5);
  });

  it('keeps gaps apart if a process is killed between the line of a gap and its place in the audio', async () => {
    recordOnly(from(modelAudio(3000)));
    await letPass(60_000);
    recordOnly(from(modelAudio(1000)));
    await truncate(join(dir, 'audio.wav'), 80 + 3000 * BYTES_PER_MS);
    await letPass(60_000);
    const events = await record(from(modelAudio(3000)));

    const [first, second] = (await log()).filter((event) => event.type === 'AudioGap');
    expect(second).toMatchObject({ reason: 'restart', startMs: first!.endMs });
    expect(finals(events)).toEqual([...modelTranscript(3000), ...modelTranscript(3000)]);
    expect((events.at(-1) as Stats).gapMs).toBeCloseTo(second!.endMs - first!.startMs, 5);
  });

  it('reports audio that was lost before a gap, too', async () => {
    recordOnly(from(modelAudio(3000)));
    await letPass(60_000);
    recordOnly(from(modelAudio(1000)));
    await truncate(join(dir, 'audio.wav'), 80 + 2500 * BYTES_PER_MS);
    await record(from(modelAudio(1000)));
    const [first, ...others] = (await log()).filter((event) => event.type === 'AudioGap');
    expect(others).toMatchObject([{ startMs: 2500, endMs: 3000 }, { startMs: first!.endMs }]);
  });

  it('leaves a hole in a mu-law recording, too, without a jump of the level', async () => {
    const format = { sampleRate: 8000, encoding: 'pcm_mulaw' } as const;
    const quiet = new Uint8Array(800).fill(0xff);
    for (let process = 0; process < 2; process++) {
      const run = openRun(dir, format);
      const source = concat(of(quiet), NEVER);
      source
        .pipe(run.live(() => () => NEVER))
        .subscribe()
        .unsubscribe();
      run.close();
      await letPass(60_000);
    }
    const { size, blocks } = await stat(join(dir, 'audio.wav'));
    expect(size).toBeGreaterThan(480_000);
    expect(blocks * 512).toBeLessThan(100_000);
    const wav = (await readFile(join(dir, 'audio.wav'))).subarray(80);
    const [hole, end] = [wav.indexOf(0x7f), wav.lastIndexOf(0x7f)];
    expect([hole, wav.length - end]).toEqual([800, 801]);
    const ramp = Array.from(wav.subarray(hole, hole + 400));
    expect(ramp.every((byte, index) => index === 0 || Math.abs(byte - ramp[index - 1]!) <= 1)).toBe(true);
    expect(wav.subarray(hole + 384, end - 383).every((byte) => byte === 0)).toBe(true);
  });

  it('continues after the log if the audio has lost its end', async () => {
    const run = openRun(dir, { ...FORMAT, isInterrupted: () => true });
    const recognise = run.live((checkpoint) =>
      transcribeOver(new ModelService().open, { ...OPTIONS, from: checkpoint }),
    );
    await lastValueFrom(from(modelAudio(6000)).pipe(recognise, toArray()));
    run.close();
    await truncate(join(dir, 'audio.wav'), 80 + 4000 * BYTES_PER_MS);
    const events = await record(from(modelAudio(3000)));

    expect(finals(events)).toEqual(modelTranscript(3000));
    expect(events.find((event) => event.type === 'AudioGap')).toMatchObject({ startMs: 6000, reason: 'restart' });
  });

  it('transcribes what was recorded before it reports the error of the source', async () => {
    const failing = concat(
      from(modelAudio(6000)),
      new Observable<Uint8Array>((subscriber) => subscriber.error(new Error('unplugged'))),
    );
    await expect(record(failing)).rejects.toThrow('unplugged');
    expect(finals(await log())).toEqual(modelTranscript(6000));
  });

  it('names what is a file, not a folder', async () => {
    const path = join(dir, 'talk');
    await writeFile(path, '');

    expect(() => openRun(path, FORMAT)).toThrow(
      `${JSON.stringify(path)} is a file; choose another name for the folder`,
    );
  });

  it('takes over the lock of a process that has died, but not of one that runs', async () => {
    const dead = spawnSync(process.execPath, ['--eval', '']).pid;
    await writeFile(join(dir, 'lock'), JSON.stringify({ pid: dead }));
    const run = openRun(dir, FORMAT);
    expect(() => openRun(dir, FORMAT)).toThrow(`in use by process ${process.pid}`);
    run.close();
    openRun(dir, FORMAT).close();
  });

  (existsSync('/proc/self/stat') ? it : it.skip)(
    'takes over the lock of a process whose end its parent has not noticed (only on Linux)',
    async () => {
      // prints a lock as a file of its own, and ends as a child of a process that does not wait for it
      const lock = `const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
        const ticks = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19];
        console.log(JSON.stringify({ pid: process.pid, startedAt: boot + ' ' + ticks }));`;
      const script = '"$0" --eval "$1" & exec sleep 60';
      const parent = spawn('sh', ['-c', script, process.execPath, lock], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface(parent.stdout)[Symbol.asyncIterator]();
      const text = String((await lines.next()).value);
      const { pid } = JSON.parse(text) as { pid: number };
      await eventually(async () => (await readFile(`/proc/${pid}/stat`, 'utf8')).includes(') Z '));
      await writeFile(join(dir, 'lock'), text);

      openRun(dir, FORMAT).close();
      parent.kill();
    },
  );

  it('refuses another sample rate, and a log that is damaged before its end', async () => {
    openRun(dir, FORMAT).close();
    expect(() => openRun(dir, { sampleRate: 16_000 })).toThrow(/is pcm_s16le at 8000 Hz, not pcm_s16le at 16000 Hz/);
    await writeFile(
      join(dir, 'events.ndjson'),
      '{"type":"Heartbeat","session":0}\nnoise\n{"type":"Heartbeat","session":0}\n',
    );
    expect(() => openRun(dir, FORMAT)).toThrow(/line 2 of .* is not an event/);
    expect(existsSync(join(dir, 'lock'))).toBe(false);
  });

  (existsSync('/dev/full') ? it : it.skip)('reports a full disk in one line', async () => {
    openRun(dir, FORMAT).close();
    await symlink('/dev/full', join(dir, 'audio.wav'));
    await expect(record(from(modelAudio(3000)))).rejects.toThrow(/audio.wav": the disk is full, free some space/);
  });

  it('refuses a log that is not a regular file', async () => {
    await symlink('/dev/zero', join(dir, 'events.ndjson'));
    expect(() => openRun(dir, FORMAT)).toThrow(/events.ndjson": it is not a regular file/);
  });
});

/** The last frame is padded to the shortest that the service accepts. */
function expectDuration(ms: number, expected: number): void {
  expect(ms).toBeGreaterThan(expected - 0.001);
  expect(ms).toBeLessThan(expected + 50);
}
