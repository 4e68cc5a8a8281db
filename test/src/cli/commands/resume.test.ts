import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Stats } from '../../../../operators/events.ts';
import type { Simulator } from '../../../../src/simulator/index.ts';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import { LevelRecogniser, levelSpeech } from '../../../support/levelSpeech.ts';
import { logOf, runResult } from '../../../support/runFolder.ts';
import { wav } from '../../audio/recordings.ts';
import { WAV, keyOf, sentences, startService } from '../service.ts';

describe('rxscribe file --dir, and rxscribe resume', () => {
  let service: Simulator;
  let env: NodeJS.ProcessEnv;
  let parent: string;
  let dir: string;
  let unbroken: string;

  const args = (folder: string, speed = '8'): string[] =>
    `file ${WAV} --url ${service.url} --speed ${speed} --dir ${folder}`.split(' ');
  const read = (folder: string, name: string): Promise<string> => readFile(join(folder, name), 'utf8');

  /** Starts the run, and kills it as soon as it has printed so many finals; it has 4 s left then. */
  async function killAfter(finals: number): Promise<void> {
    const program = start(args(dir, '4'), { env });
    await program.stdout.waitFor(new RegExp(`(.*\\n){${finals}}`));
    program.child.kill('SIGKILL');
    expect(await program.outcome).toMatchObject({ signal: 'SIGKILL' });
  }

  async function expectUnbroken(): Promise<void> {
    expect(await read(dir, 'transcript.txt')).toBe(`${(await sentences()).join('\n')}\n`);
    expect(await runResult(dir)).toEqual(await runResult(unbroken));
    expect((await logOf(dir)).at(-1)).toMatchObject({ type: 'Stats', gapMs: 0 });
  }

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'rxscribe-resume-'));
    service = await startService();
    env = keyOf(service);
    unbroken = join(parent, 'unbroken');
    expect(await rxscribe(args(unbroken), { env })).toMatchObject({ code: 0, stderr: '' });
  });

  beforeEach(async () => {
    dir = await mkdtemp(join(parent, 'run-'));
  });

  afterEach(killAll);

  afterAll(async () => {
    await service.close();
    await rm(parent, { recursive: true, force: true });
  });

  it('continues a killed run word for word, and does nothing with a finished one', async () => {
    await killAfter(2);
    const outcome = await rxscribe(['resume', dir], { env });

    expect(outcome).toMatchObject({ code: 0, stderr: `rxscribe: continuing the run in ${dir}\n` });
    await expectUnbroken();
    const files = await stat(join(dir, 'events.ndjson'));
    const again = await rxscribe(['resume', dir]); // needs no key
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('is finished');
    expect((await stat(join(dir, 'events.ndjson'))).mtimeMs).toBe(files.mtimeMs);
  });

  it('continues after five kills, wherever they fall', async () => {
    for (let kill = 0; kill < 5; kill++) {
      const program = start(kill === 0 ? args(dir) : ['resume', dir], { env });
      // a turn is open, or has just ended; on a busy machine the run may be finished before the last kill
      await program.stderr.waitFor(kill === 0 ? /^/ : /continuing|is finished/);
      await Promise.race([program.stdout.waitFor(/\n/), program.outcome]);
      program.child.kill('SIGKILL');
      await program.outcome;
    }
    expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });
    await expectUnbroken();
  });

  it('continues a run that was killed while suspended, with the same words', async () => {
    await using level = await startService({ recogniser: () => new LevelRecogniser() });
    const { pcm } = levelSpeech({ seed: 3, seconds: 8 });
    const talk = join(dir, 'talk.wav');
    await writeFile(talk, wav(Buffer.concat([pcm, Buffer.alloc(32_000 * 30), pcm])));
    const command = (folder: string, speed: string): string[] =>
      `file ${talk} --url ${level.url} --speed ${speed} --suspend-after 5 --dir ${join(dir, folder)}`.split(' ');
    expect(await rxscribe(command('whole', 'max'), { env: keyOf(level) })).toMatchObject({ code: 0 });
    const program = start(command('killed', '6'), { env: keyOf(level) }); // the silence takes 5 s
    await program.stderr.waitFor(/waiting for speech since 0:[1-9]/);
    program.child.kill('SIGKILL');
    await program.outcome;
    const opened = level.sessions.length;
    const { code, stderr } = await rxscribe(['resume', join(dir, 'killed')], { env: keyOf(level) });

    expect(code).toBe(0);
    expect(stderr).toMatch(/continuing[^]*waiting for speech since 0:/);
    const [killed, whole] = await Promise.all([runResult(join(dir, 'killed')), runResult(join(dir, 'whole'))]);
    expect({ ...killed, account: whole.account }).toEqual(whole);
    const last = (await logOf(join(dir, 'killed'))).at(-1) as Stats;
    expect(last.transcribedMs + last.skippedMs).toBeCloseTo(46_000, 6);
    expect(last.skippedMs).toBeGreaterThan(10_000);
    expect(level.sessions.length - opened).toBe(1);
    expect(level.violations).toEqual([]);
  });

  it('cuts off a last line that is half written, and reads the position from the rest', async () => {
    await killAfter(2);
    await appendFile(join(dir, 'events.ndjson'), '{"type":"Turn","turn_order":7,"isFin');
    expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });
    await expectUnbroken();
  });

  it.each([1, 40, 300])('continues if the log has lost its last %d bytes', async (bytes) => {
    await killAfter(2);
    const path = join(dir, 'events.ndjson');
    await truncate(path, (await stat(path)).size - bytes);
    expect(await rxscribe(args(dir), { env })).toMatchObject({ code: 0 });
    await expectUnbroken();
  });

  it('refuses a second process, with the pid of the first', async () => {
    const first = start(args(dir, '2'), { env });
    await first.stdout.waitFor(/\n/);
    const second = await rxscribe(['resume', dir], { env });

    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`in use by process ${first.child.pid}`);
    first.child.kill('SIGKILL');
    await first.outcome;
    expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });
    await expectUnbroken();
  });

  it('continues a run that was stopped by Ctrl-C', async () => {
    const program = start(args(dir), { env });
    await program.stdout.waitFor(/(.*\n){2}/);
    program.child.kill('SIGINT');
    expect(await program.outcome).toMatchObject({ code: 0 });
    expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });
    expect((await logOf(dir)).at(-1)).toMatchObject({ type: 'Stats', gapMs: 0 });
  });

  it('saves no secret', async () => {
    const params = ['--param', 'webhookUrl=https://example.org', '--param', 'webhookAuthHeaderName=X-Auth'];
    const secret = ['--param', 'webhookAuthHeaderValue=hush-hush-hush'];
    const outcome = await rxscribe([...args(dir, 'max'), ...params, ...secret], { env });
    const text = await read(dir, 'run.json');

    expect(outcome.code).toBe(0);
    expect(text).toContain('webhookUrl');
    expect(text).not.toContain('hush');
    expect(text).not.toContain(service.apiKey);
  });

  it('refuses a folder whose files are not of a run, another recording, and other outputs', async () => {
    await writeFile(join(dir, 'transcript.txt'), 'mine');
    const foreign = await rxscribe(args(dir), { env });
    expect(foreign).toMatchObject({ code: 1 });
    expect(foreign.stderr).toContain('contains transcript.txt, but no run');
    expect(await read(dir, 'transcript.txt')).toBe('mine');

    const other = await rxscribe(['file', join(parent, 'other.wav'), '--url', service.url, '--dir', unbroken], { env });
    expect(other).toMatchObject({ code: 1 });
    expect(other.stderr).toContain(`contains a run of rxscribe file ${WAV}`);

    const both = await rxscribe([...args(join(parent, 'new')), '--record', join(parent, 'a.wav')], { env });
    expect(both).toMatchObject({ code: 2 });
    expect(both.stderr).toContain('leave out --record');

    expect(await rxscribe(['resume', parent], { env })).toMatchObject({ code: 2 });
  });

  it('reports a folder that cannot be written to', async () => {
    // Linux forbids anyone to create a folder there, root included
    const { code, stderr } = await rxscribe(args('/sys/rxscribe'), { env });
    expect(code).toBe(1);
    expect(stderr).toContain('no permission to write there');
  });
});
