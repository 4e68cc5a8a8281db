import { mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Subject, lastValueFrom, of } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { captionDocument } from '../../../src/captions/index.ts';
import { captionFile, wavFile } from '../../../src/captions/files.ts';
import type { TranscriptionError } from '../../../src/errors.ts';
import { eventually, speakerRevision, spokenTurn } from '../../support/captions.ts';

const turns = [0, 1, 2].map((order) => spokenTurn(order, `This is turn ${order}.`, order * 3000));
const [first, second, third] = turns as [(typeof turns)[0], (typeof turns)[0], (typeof turns)[0]];

let dir: string;
let failures: TranscriptionError[];
let event$: Subject<TranscriptionEvent>;
const path = (name: string): string => join(dir, name);
const read = (name: string): Promise<string> => readFile(path(name), 'utf8');
const hasContent = (name: string, text: string): Promise<void> =>
  eventually(async () => (await read(name).catch(() => undefined)) === text);

/** Starts to write a file and returns a promise of the end of the stream. */
function write(name: string, force = false): Promise<void> {
  return event$.pipe(captionFile(path(name), { force, onError: (error) => failures.push(error) })).forEach(() => {});
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rxscribe-failures-'));
  failures = [];
  event$ = new Subject();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('captionFile, when writing fails', () => {
  it.each(['talk.srt', 'talk.ndjson'])('reports it once, retries, and completes %s', async (name) => {
    const written = write(`later/${name}`);
    event$.next(first);
    await eventually(() => failures.length > 0);
    event$.next(second);
    await mkdir(path('later'));
    event$.next(third);
    event$.complete();
    await written;

    const expected =
      name === 'talk.srt' ? captionDocument(turns, 'srt') : turns.map((turn) => `${JSON.stringify(turn)}\n`).join('');
    expect(await read(`later/${name}`)).toBe(expected);
    expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('its folder does not exist')]);
  });

  it('creates a removed file again, complete', async () => {
    const written = write('talk.vtt');
    event$.next(first);
    await hasContent('talk.vtt', captionDocument([first], 'vtt'));
    await rm(path('talk.vtt'));
    event$.next(second);
    await eventually(() => failures.length > 0);
    event$.complete();
    await written;
    expect(await read('talk.vtt')).toBe(captionDocument([first, second], 'vtt'));
  });

  it('leaves a file alone that someone else replaced', async () => {
    const written = write('talk.srt');
    event$.next(first);
    await hasContent('talk.srt', captionDocument([first], 'srt'));
    await writeFile(path('other'), 'x'.repeat((await read('talk.srt')).length));
    await rename(path('other'), path('talk.srt'));
    event$.next(second);
    event$.next(speakerRevision(['B', first]));
    event$.complete();
    await written;
    expect(await read('talk.srt')).toMatch(/^x+$/);
    expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('replaced by someone else')]);
  });

  it.each([0, 5000])('leaves a file alone that someone else cut or extended to %i bytes', async (bytes) => {
    const written = write('talk.srt');
    event$.next(first);
    await hasContent('talk.srt', captionDocument([first], 'srt'));
    await truncate(path('talk.srt'), bytes);
    event$.next(second);
    event$.complete();
    await written;
    expect((await read('talk.srt')).length).toBe(bytes);
    expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('changed by someone else')]);
  });

  it('does not follow a link that replaced the file', async () => {
    const written = write('talk.srt');
    event$.next(first);
    await hasContent('talk.srt', captionDocument([first], 'srt'));
    await writeFile(path('victim'), 'precious');
    await rm(path('talk.srt'));
    await symlink(path('victim'), path('talk.srt'));
    event$.next(second);
    event$.next(speakerRevision(['B', first]));
    event$.complete();
    await written;
    expect(await read('victim')).toBe('precious');
  });

  it('ignores a link at the temporary name of earlier versions', async () => {
    await writeFile(path('victim'), 'precious');
    await symlink(path('victim'), path(`talk.srt.${process.pid}.tmp`));
    const written = write('talk.srt');
    event$.next(first);
    event$.next(speakerRevision(['B', first]));
    event$.complete();
    await written;
    expect(await read('victim')).toBe('precious');
    expect(await read('talk.srt')).toContain('B: This is turn 0.');
  });

  it('names the reason when two writers use one path', async () => {
    const all = [write('talk.srt', true), write('talk.srt', true)];
    event$.next(first);
    event$.complete();
    await Promise.all(all);
    expect(await read('talk.srt')).toBe(captionDocument([first], 'srt'));
    for (const { message } of failures) expect(message).toMatch(/(replaced|changed) by someone else/);
  });

  it('removes the temporary files of killed processes, and no others', async () => {
    const { pid: dead } = spawnSync(process.execPath, ['--eval', '']);
    const random = 'abcdefghijklmnop';
    const names = [`talk.srt.${dead}.${random}.tmp`, `talk.srt.${process.pid}.${random}.tmp`, 'talk.srt.tmp', 'a.tmp'];
    await Promise.all(names.map((name) => writeFile(path(name), '')));
    const written = write('talk.srt');
    event$.complete();
    await written;
    expect(await readdir(dir)).toEqual(['a.tmp', 'talk.srt', ...names.slice(1, 3)].toSorted());
  });

  (process.platform === 'linux' ? it : it.skip)('writes to /dev/null', async () => {
    await symlink('/dev/null', path('null.srt'));
    await symlink('/dev/null', path('null.wav'));
    const recorded = lastValueFrom(
      of(new Uint8Array(10)).pipe(wavFile(path('null.wav'), { sampleRate: 8000, force: true, onError: fail })),
    );
    const written = write('null.srt', true);
    event$.next(first);
    event$.complete();
    await Promise.all([written, recorded]);
    expect(failures).toEqual([]);
  });

  (process.platform === 'linux' ? it : it.skip)('writes to a pipe', async () => {
    await symlink('/dev/stdout', path('out.txt'));
    const program = `
      const { of } = await import('rxjs');
      const { captionFile } = await import(${JSON.stringify(new URL('../../../dist/src/captions/files.js', import.meta.url).href)});
      console.log('before');
      of(JSON.parse(process.argv[2])).pipe(captionFile(process.argv[1], { force: true })).subscribe({ complete: () => console.log('after') });`;
    const args = ['--input-type=module', '--eval', program, path('out.txt'), JSON.stringify(first)];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'before\nThis is turn 0.\nafter\n', stderr: '' });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['rejects', (): unknown => Promise.reject(new Error('boom'))],
  ])('continues when onError %s', async (_, hook) => {
    const onError: () => void = hook;
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const chunk = new Uint8Array(2);
    await lastValueFrom(of(first).pipe(captionFile(path('gone/talk.srt'), { onError })));
    expect(await lastValueFrom(of(chunk).pipe(wavFile(path('gone/a.wav'), { sampleRate: 8000, onError })))).toBe(chunk);
    await eventually(() => warn.mock.calls.length === 2);
    expect(warn).toHaveBeenCalledWith('onError failed: Error: boom');
    jest.restoreAllMocks();
  });
});

function fail(error: Error): never {
  throw error;
}
