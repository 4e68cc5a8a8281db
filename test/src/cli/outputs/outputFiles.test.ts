import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bundledRecording } from '../../../../src/simulator/index.ts';
import type { Simulator } from '../../../../src/simulator/index.ts';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import type { Outcome } from '../../../support/cli.ts';
import { WAV, keyOf, sentences, startService } from '../service.ts';

describe('output files', () => {
  let service: Simulator;
  let cwd: string;

  beforeEach(async () => {
    service = await startService();
    cwd = await mkdtemp(join(tmpdir(), 'rxscribe-outputs-'));
  });

  afterEach(async () => {
    await killAll();
    await service.close();
    await rm(cwd, { recursive: true });
  });

  const file = (...args: string[]): Promise<Outcome> =>
    rxscribe(['file', WAV, ...(args.includes('--url') ? [] : ['--url', service.url]), '--speed', 'max', ...args], {
      env: keyOf(service),
      cwd,
    });
  const read = (name: string): Promise<string> => readFile(join(cwd, name), 'utf8');

  it('are captions according to their extensions, and the unchanged audio', async () => {
    const outputs = ['talk.srt', 'talk.vtt', 'talk.md', 'talk.txt', 'talk.ndjson'].flatMap((name) => ['-o', name]);
    const outcome = await file(...outputs, '--record', 'copy.wav');

    expect(outcome).toMatchObject({ code: 0, stderr: '', stdout: `${(await sentences()).join('\n')}\n` });
    expect(await read('talk.txt')).toBe(outcome.stdout);
    expect(await read('talk.srt')).toMatch(/^1\n00:00:0\d,\d{3} --> .*\nWelcome to rxscribe\./);
    expect(await read('talk.vtt')).toMatch(/^WEBVTT/);
    expect(await read('talk.md')).toMatch(/Welcome to rxscribe/);
    expect(await read('talk.ndjson')).toMatch(/^\{"type":"Begin"/);
    const { pcm } = await bundledRecording();
    expect(Buffer.compare((await readFile(join(cwd, 'copy.wav'))).subarray(-pcm.length), pcm)).toBe(0);
  });

  it('are all in one dated folder with --save-dir; none contains the key', async () => {
    expect(await file('--save-dir', 'talks')).toMatchObject({ code: 0, stderr: '' });

    const [folder = '', ...others] = await readdir(join(cwd, 'talks'));
    const names = await readdir(join(cwd, 'talks', folder));
    const run = JSON.parse(await read(join('talks', folder, 'run.json'))) as Record<string, unknown>;
    expect(folder).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
    expect(others).toEqual([]);
    const texts = ['md', 'ndjson', 'srt', 'txt', 'vtt'].map((extension) => `transcript.${extension}`);
    expect(names.toSorted((a, b) => a.localeCompare(b))).toEqual(['audio.wav', 'run.json', ...texts]);
    expect(run).toMatchObject({
      versions: { node: process.versions.node },
      options: { speechModel: 'universal-3-6-pro', sampleRate: 16_000 },
      marks: [],
      stats: { sessions: 1, gapMs: 0 },
    });
    expect(run['ended']).toEqual(expect.any(String));
    const contents = await Promise.all(names.map((name) => read(join('talks', folder, name))));
    expect(contents.filter((text) => text.includes(service.apiKey))).toEqual([]);
  });

  it('fail independently, each with one line and exit code 1', async () => {
    await mkdir(join(cwd, 'folder.srt'));
    const outcome = await file('-o', 'folder.srt', '-o', 'talk.txt', '--force');

    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toBe(`${(await sentences()).join('\n')}\n`);
    expect(outcome.stderr).toMatch(/^rxscribe: [^\n]*folder\.srt[^\n]*\n$/);
    expect(await read('talk.txt')).toBe(outcome.stdout);
  });

  it('are valid up to the last final after kill -9', async () => {
    const args = ['file', WAV, '--url', service.url, '--speed', '3', '-o', 'talk.srt', '--record', 'talk.wav'];
    const program = start(args, { env: keyOf(service), cwd });
    await program.stdout.waitFor(/keep up[^]*\n/);
    await program.stdout.waitFor(/\n[^]*\n[^]*\n/);
    program.child.kill('SIGKILL');
    await program.outcome;

    expect(await read('talk.srt')).toMatch(/Welcome to rxscribe\.\n\n[^]*while you speak\.\n\n/);
    expect((await readFile(join(cwd, 'talk.wav'))).subarray(0, 4).toString()).toMatch(/^RIFF$/);
  });

  it('contain no secret of the options', async () => {
    const hook = [
      'webhookUrl=https://hook.example/x?secret=s3cret',
      'webhookAuthHeaderName=X',
      'webhookAuthHeaderValue=hdr5ecret',
    ];
    const url = service.url.replace('wss://', 'wss://user:passw0rd@');
    await file('--url', url, '--save-dir', 'talks', ...hook.map((param) => `--param=${param}`));
    const [folder = ''] = await readdir(join(cwd, 'talks'));

    expect(await read(join('talks', folder, 'run.json'))).toContain('https://hook.example/x?secret=[hidden]');
    expect(await read(join('talks', folder, 'run.json'))).not.toMatch(/s3cret|hdr5ecret|passw0rd/);
  });

  it('have the format of --format on stdout', async () => {
    const outcome = await file('--format', 'srt', '-o', '-', '-o', 'talk.srt');

    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toBe(await read('talk.srt'));
  });

  it('are written by the demo', async () => {
    const outcome = await rxscribe(['demo', '--speed', 'max', '-o', 'talk.vtt', '--record', 'talk.wav'], { cwd });

    expect(outcome).toMatchObject({ code: 0 });
    expect(await readdir(cwd)).toEqual(['talk.vtt', 'talk.wav']);
  });

  it('are rejected before anything is opened if they exist, repeat or have an unknown extension', async () => {
    await mkdir(join(cwd, 'sub'));
    await writeFile(join(cwd, 'talk.srt'), 'mine');
    await copyFile(WAV, join(cwd, 'mine.wav'));
    await symlink('mine.wav', join(cwd, 'link.wav'));
    const outcomes = await Promise.all([
      file('-o', 'talk.srt'),
      file('-o', 'a.srt', '-o', './a.srt'),
      file('-o', 'talk.doc'),
      file('-o', 'talk.wav'),
      file('--record', 'sub'),
      file('-o', 'nowhere/talk.srt'),
      file('--save-dir', 'talk.srt/talks'),
      rxscribe(['demo', '-o', 'talk.doc'], { cwd }),
      rxscribe(['file', 'mine.wav', '--record', 'link.wav', '--force'], { cwd }),
    ]);

    expect(outcomes.map(({ code, stdout }) => ({ code, stdout }))).toEqual(
      outcomes.map(() => ({ code: 2, stdout: '' })),
    );
    expect(outcomes.map(({ stderr }) => stderr)).toEqual([
      'rxscribe: talk.srt exists; --force overwrites it\n',
      expect.stringMatching(/^rxscribe: .*given twice.*\n$/),
      expect.stringMatching(/^rxscribe: --output takes .*, not "talk\.doc".*\n$/),
      expect.stringMatching(/--record writes audio\n$/),
      expect.stringMatching(/^rxscribe: sub exists.*\n$/),
      expect.stringMatching(/^rxscribe: cannot write nowhere\/talk\.srt: the folder .*nowhere does not exist\n$/),
      expect.stringMatching(/^rxscribe: cannot write talk\.srt\/talks: .*talk\.srt is not a folder\n$/),
      expect.stringMatching(/^rxscribe: --output takes .*, not "talk\.doc".*\n$/),
      'rxscribe: link.wav is the recording that is read\n',
    ]);
    expect(await read('talk.srt')).toBe('mine');
    expect(service.sessions).toEqual([]);
    expect(await file('-o', 'talk.srt', '--force')).toMatchObject({ code: 0 });
    expect(await read('talk.srt')).toMatch(/^1\n/);
  });
});
