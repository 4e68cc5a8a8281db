import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AudioGap, TranscriptionEvent, Word } from '../operators/events.ts';
import { wavHeader } from '../src/captions/wavHeader.ts';
import type { Simulator } from '../src/simulator/index.ts';
import { WAV, keyOf, startService } from './src/cli/service.ts';
import { killAll, rxscribe, start } from './support/cli.ts';
import type { Program } from './support/cli.ts';
import { LevelRecogniser, levelSpeech } from './support/levelSpeech.ts';
import { startPulse, pulseSkipReason } from './support/pulse.ts';
import type { Pulse } from './support/pulse.ts';
import { eventsOf, logOf, runResult } from './support/runFolder.ts';

const liveKills = Number(process.env.LIVE_KILLS ?? 3);
const fileKills = Number(process.env.FILE_KILLS ?? 8);

/** How often a recording is killed before it may end. */
const KILLS_PER_RECORDING = 4;
/** The shortest and longest life of a process that records, and the time until the next, in milliseconds. */
const LIFE_MS = [100, 4100] as const;
const AWAY_MS = [200, 1700] as const;

/** A word this close to a gap or to the end may have been cut, also by the rule for a short tail, in milliseconds. */
const EDGE_MS = 60;

const between = ([least, most]: readonly [number, number]): number => least + Math.random() * (most - least);

type Stretch = Pick<AudioGap, 'startMs' | 'endMs'>;

/** The words of all finals that none of these stretches touches. */
function wordsAwayFrom(gaps: readonly Stretch[], events: readonly TranscriptionEvent[]): Word[] {
  const words = events.flatMap((event) => (event.type === 'Turn' && event.isFinal ? event.words : []));
  const touches = (word: Word, gap: Stretch): boolean =>
    word.end > gap.startMs - EDGE_MS && word.start < gap.endMs + EDGE_MS;
  return words.filter((word) => !gaps.some((gap) => touches(word, gap)));
}

let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'rxscribe-kills-'));
});

afterEach(killAll);

afterAll(() => rm(parent, { recursive: true, force: true }));

/** Starts a run, or continues it. */
function startOrResume(dir: string, args: readonly string[], env: NodeJS.ProcessEnv): Program {
  return start(existsSync(join(dir, 'run.json')) ? ['resume', dir] : args, { env });
}

describe('rxscribe file --dir, killed at random moments', () => {
  let service: Simulator;

  beforeAll(async () => {
    service = await startService();
  });

  afterAll(() => service.close());

  it(`equals an unbroken run after ${fileKills} kills`, async () => {
    const env = keyOf(service);
    const args = (dir: string): string[] => `file ${WAV} --url ${service.url} --speed 8 --dir ${dir}`.split(' ');
    const started = performance.now();
    const unbroken = join(parent, 'unbroken');
    expect(await rxscribe(args(unbroken), { env })).toMatchObject({ code: 0 });
    const lengthMs = performance.now() - started;

    let kills = 0;
    for (let run = 0; kills < fileKills; run++) {
      const dir = join(parent, `recording-${run}`);
      for (let kill = 0; kill < KILLS_PER_RECORDING && kills < fileKills; kill++) {
        const { child, outcome } = startOrResume(dir, args(dir), env);
        await Promise.race([sleep(between([0, lengthMs])), outcome]);
        child.kill('SIGKILL');
        if ((await outcome).signal === 'SIGKILL') kills++;
      }
      expect(await startOrResume(dir, args(dir), env).outcome).toMatchObject({ code: 0 });
      expect(await runResult(dir)).toEqual(await runResult(unbroken));
    }
    expect(service.violations).toEqual([]);
  }, 1_200_000);
});

const skipped = await pulseSkipReason();
if (skipped) process.stderr.write(`skipping kills of rxscribe listen: ${skipped}\n`);
const describeWithPulse = skipped ? describe.skip : describe;

describeWithPulse('rxscribe listen --dir with a real device, killed at random moments', () => {
  let service: Simulator;
  let pulse: Pulse;

  beforeAll(async () => {
    service = await startService({ recogniser: () => new LevelRecogniser(), keepAudio: false });
    pulse = await startPulse();
  });

  afterAll(async () => {
    await pulse?.close();
    await service.close();
  });

  it(`equals an unbroken run over the same audio after ${liveKills} kills`, async () => {
    const seconds = 60 + liveKills * 20; // more than all processes together live, on a busy machine, too
    const { pcm, sampleRate } = levelSpeech({ seed: 1, seconds });
    const speech = join(parent, 'speech.wav');
    await writeFile(speech, Buffer.concat([wavHeader(pcm.length, { sampleRate }), pcm]));
    const env = { ...pulse.env, ...keyOf(service) };
    const dir = join(parent, 'live');
    const params = ['--param', 'maxTurnSilence=500', '--param', 'minTurnSilence=500', '--param', 'catchUpSpeed=8'];
    const args = ['listen', '--url', service.url, ...params, '--dir', dir];

    const played = pulse.play(speech).catch(() => undefined);
    for (let kill = 0; kill < liveKills; kill++) {
      const { child, stderr, outcome } = startOrResume(dir, args, env);
      // some are killed while they start
      if (kill % 5 !== 4) await stderr.waitFor(/Listening/);
      await sleep(between(LIFE_MS));
      child.kill('SIGKILL');
      expect(await outcome).toMatchObject({ signal: 'SIGKILL' });
      await sleep(between(AWAY_MS));
    }
    const last = startOrResume(dir, args, env);
    await last.stdout.waitFor(/\n.*\n/);
    await sleep(between(AWAY_MS)); // the end may cut a word, too
    last.child.kill('SIGINT');
    expect(await last.outcome).toMatchObject({ code: 0 });
    void played;

    const events = await logOf(dir);
    const gaps = events.filter((event): event is AudioGap => event.type === 'AudioGap');
    const { finals, account } = await runResult(dir);
    console.table({
      kills: liveKills,
      'recorded, s': (Number(account[0]) - Number(account[2])) / 1000,
      'gaps, s': Number(account[2]) / 1000,
      gaps: gaps.length,
      finals: finals.length,
      sessions: events.filter(({ type }) => type === 'Begin').length,
    });
    expect(finals.length).toBeGreaterThan(0);
    expect(gaps.every(({ reason }) => reason === 'restart')).toBe(true);

    // the same recording with the same gaps, transcribed by one process
    const unbroken = join(parent, 'live-unbroken');
    await cp(dir, unbroken, { recursive: true });
    const run = JSON.parse(await readFile(join(dir, 'run.json'), 'utf8')) as object;
    await writeFile(join(unbroken, 'run.json'), JSON.stringify({ ...run, finished: undefined }));
    await writeFile(join(unbroken, 'events.ndjson'), gaps.map((gap) => `${JSON.stringify(gap)}\n`).join(''));
    expect(await rxscribe(['resume', unbroken], { env })).toMatchObject({ code: 0 });
    expect(await runResult(dir)).toEqual(await runResult(unbroken));

    // the whole file, gaps included, as any other recording
    const whole = ['file', join(dir, 'audio.wav'), '--url', service.url, '--speed', 'max', '--format', 'ndjson'];
    const { code, stdout } = await rxscribe(whole, { env });
    expect(code).toBe(0);
    const edges = [...gaps, { startMs: Number(account[0]), endMs: Infinity }];
    const words = (all: readonly TranscriptionEvent[]): unknown[] =>
      wordsAwayFrom(edges, all).map((word) => [word.text, word.start, word.end]);
    expect(words(events)).toEqual(words(eventsOf(stdout)));
    expect(service.violations).toEqual([]);
  }, 1_200_000);
});
