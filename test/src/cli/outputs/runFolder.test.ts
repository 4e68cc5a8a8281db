import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledRecording } from '../../../../src/simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../../../src/simulator/index.ts';
import { MAIN, killAll, rxscribe, start, startCommand } from '../../../support/cli.ts';
import { logOf, runResult } from '../../../support/runFolder.ts';
import { WAV, keyOf, sentences, startService } from '../service.ts';

/** Files are appended in parts of this size; a kill can end a write between two. */
const PAGE_BYTES = 4096;

const CAPTIONS = ['transcript.txt', 'transcript.srt', 'transcript.vtt', 'transcript.md'];

describe('the folder of a run', () => {
  let parent: string;
  let dir: string;
  let unbroken: string;
  let services: Simulator[];

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'rxscribe-folder-'));
    unbroken = join(parent, 'unbroken');
    await using service = await startService();
    const args = ['file', WAV, '--url', service.url, '--speed', 'max', '--dir', unbroken];
    expect(await rxscribe(args, { env: keyOf(service) })).toMatchObject({ code: 0 });
  });

  beforeEach(async () => {
    services = [];
    dir = await mkdtemp(join(parent, 'run-'));
  });

  afterEach(async () => {
    await killAll();
    await Promise.all(services.map((service) => service.close()));
  });

  afterAll(() => rm(parent, { recursive: true, force: true }));

  async function serve(options: SimulatorOptions = {}): Promise<Simulator> {
    const service = await startService(options);
    services.push(service);
    return service;
  }

  const fileArgs = (url: string, speed: string, ...others: string[]): string[] => [
    'file',
    WAV,
    '--url',
    url,
    '--speed',
    speed,
    '--dir',
    dir,
    ...others,
  ];

  it('has all files of an unbroken run after a kill that cut each of them anywhere', async () => {
    const service = await serve();
    const env = keyOf(service);
    const program = start(fileArgs(service.url, '3'), { env });
    await program.stdout.waitFor(/(.*\n){3}/);
    program.child.kill('SIGKILL');
    await program.outcome;
    const log = join(dir, 'events.ndjson');
    await truncate(log, PAGE_BYTES * Math.floor((await stat(log)).size / PAGE_BYTES));
    for (const [index, name] of CAPTIONS.entries()) {
      const path = join(dir, name);
      const { size } = await stat(path);
      await (index % 2 === 0 ? truncate(path, Math.floor(size / 2)) : appendFile(path, '12\n00:00:0'));
    }

    expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });
    expect(await runResult(dir)).toEqual(await runResult(unbroken));
  });

  it('can be continued after SIGTERM, which ends only the process', async () => {
    const service = await serve();
    const env = keyOf(service);
    const program = start(['file', '-', '--url', service.url, '--dir', dir], { env });
    program.child.stdin.write((await bundledRecording()).pcm.subarray(0, 7300 * 32));
    await program.stdout.waitFor(/\n/);
    program.child.kill('SIGTERM');
    const { code, stderr } = await program.outcome;
    expect(code).toBe(0);
    expect(stderr).toContain(`the run is not finished; continue it with: rxscribe resume ${dir}\n`);
    expect(await readFile(join(dir, 'run.json'), 'utf8')).not.toMatch(/recorded|finished/);
  });

  it('is repaired after an outage that was longer than maxOutage', async () => {
    const first = await startService();
    const { port } = new URL(first.url);
    const env = keyOf(first);
    const program = start(fileArgs(first.url, '3', '--param', 'maxOutage=1000'), { env });
    await program.stdout.waitFor(/(.*\n){2}/);
    await first.close();
    const outage = await program.outcome;
    expect(outage).toMatchObject({ code: 1 });
    expect(await logOf(dir)).toContainEqual(expect.objectContaining({ type: 'AudioGap', reason: 'error' }));

    await serve({ port: Number(port), apiKey: first.apiKey });
    expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });
    const [result, expected] = [await runResult(dir), await runResult(unbroken)];
    expect([result.finals, result.account]).toEqual([expected.finals, expected.account]);
    expect(result.captions['transcript.txt']).toBe(expected.captions['transcript.txt']);
  });

  it('is repaired after a timeout at the end, and only then finished', async () => {
    const service = await serve({ faults: [{ atMs: 16_000, fault: 'stall' }] });
    const env = keyOf(service);
    const params = ['--param', 'endTimeout=100', '--param', 'stallTimeout=60000', '--param', 'catchUpSpeed=1000'];
    expect(await rxscribe(fileArgs(service.url, 'max', ...params), { env })).toMatchObject({ code: 1 });
    expect(await logOf(dir)).toContainEqual(expect.objectContaining({ type: 'AudioGap', reason: 'end-timeout' }));

    expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });
    const text = await readFile(join(dir, 'transcript.txt'), 'utf8');
    expect(text.split(/\s+/)).toEqual(`${(await sentences()).join(' ')} `.split(/\s+/));
    expect((await logOf(dir)).at(-1)).toMatchObject({ type: 'Stats', gapMs: 0 });
    expect((await rxscribe(['resume', dir], { env })).stderr).toContain('is finished');
  });

  it('is completed by a process that is killed while it transcribes the tail of another', async () => {
    const service = await serve();
    const env = keyOf(service);
    const { pcm } = await bundledRecording();
    const params = ['--param', 'catchUpSpeed=8'];
    const first = start(['file', '-', '--url', service.url, '--dir', dir, ...params], { env });
    first.child.stdin.write(pcm);
    await first.stdout.waitFor(/\n/);
    first.child.kill('SIGKILL');
    await first.outcome;

    const second = start(['resume', dir], { env });
    await second.stdout.waitFor(/\n/);
    second.child.kill('SIGKILL');
    await second.outcome;
    expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });
    const [result, expected] = [await runResult(dir), await runResult(unbroken)];
    expect([result.finals, result.captions]).toEqual([expected.finals, expected.captions]);
    expect((await logOf(dir)).at(-1)).toMatchObject({ type: 'Stats', gapMs: 0 });
  });

  it('is continued once the disk has space again', async () => {
    const service = await serve();
    const env = keyOf(service);
    // a process that may write files of 8 kB
    const limited = ['-c', 'ulimit -f 8; exec "$@"', '-', process.execPath, MAIN, ...fileArgs(service.url, 'max')];
    const { code, stderr } = await startCommand('bash', limited, { env }).outcome;
    expect(code).toBe(1);
    const name = JSON.stringify(join(dir, 'events.ndjson'));
    expect(stderr).toBe(
      `rxscribe: the run is not finished; continue it with: rxscribe resume ${dir}\n` +
        `rxscribe: cannot write ${name}: the file system allows no larger file\n`,
    );

    expect(await rxscribe(['resume', dir], { env })).toMatchObject({ code: 0 });
    expect(await runResult(dir)).toEqual(await runResult(unbroken));
  });

  it('loses no audio that fitted on the disk', async () => {
    const service = await serve();
    const env = keyOf(service);
    const { pcm } = await bundledRecording();
    const args = ['file', '-', '--url', service.url, '--dir', dir, '--param', 'catchUpSpeed=1000'];
    // the first 12 s
    const program = startCommand('bash', ['-c', 'ulimit -f 375; exec "$@"', '-', process.execPath, MAIN, ...args], {
      env,
    });
    program.child.stdin.end(pcm);
    const { code, stderr } = await program.outcome;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^rxscribe: cannot write ".*audio.wav": the file system allows no larger file$/m);
    const [first, second] = await sentences();
    expect(await readFile(join(dir, 'transcript.txt'), 'utf8')).toContain(`${first}\n${second}\n`);
    const { size } = await stat(join(dir, 'audio.wav'));
    expect(size).toBeGreaterThan(375 * 1024 - 65_536); // less than a chunk of stdin is missing
  });

  it('takes over a lock that a dead process left, and reports a folder whose run.json is no run', async () => {
    const service = await serve();
    const env = keyOf(service);
    const dead = start(['--version']);
    await dead.outcome;
    await writeFile(join(dir, 'lock'), JSON.stringify({ pid: dead.child.pid }));
    expect(await rxscribe(fileArgs(service.url, 'max'), { env })).toMatchObject({ code: 0, stderr: '' });

    expect((await rxscribe(['resume', WAV], { env })).stderr).toContain('is a file; a run is kept in a folder\n');
    expect((await rxscribe(['file', WAV, '--dir', ''], { env })).stderr).toContain('--dir needs a value');
    const resumed = async (run: string): Promise<unknown> => {
      await writeFile(join(dir, 'run.json'), run);
      const { code, stderr } = await rxscribe(['resume', dir], { env });
      return [code, stderr];
    };
    const path = JSON.stringify(join(dir, 'run.json'));
    expect(await resumed('')).toEqual([1, `rxscribe: cannot read ${path}: it is not JSON\n`]);
    expect(await resumed('null')).toEqual([1, `rxscribe: cannot read ${path}: it describes no run\n`]);
    expect(await resumed('{"sampleRate":16000}')).toEqual([1, `rxscribe: cannot read ${path}: it describes no run\n`]);
    const foreign = '{"sampleRate":16000,"encoding":"pcm_s16le","options":{"command":"file"}}';
    expect(await resumed(foreign)).toEqual([2, expect.stringContaining('was started by another program')]);
  });
});
