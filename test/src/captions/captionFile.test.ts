import { spawn } from 'node:child_process';
import { lstatSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Subject, concat, from, lastValueFrom, of, throwError, toArray } from 'rxjs';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import type { TranscriptionError } from '../../../src/errors.ts';
import { captionDocument } from '../../../src/captions/index.ts';
import { captionFile } from '../../../src/captions/files.ts';
import type { CaptionFileOptions, Mark } from '../../../src/captions/files.ts';
import { around, readSrt, readVtt, relabelled, spoken, until } from '../../support/captions.ts';

const one = spoken(0, 'Welcome to rxscribe.');
const two = spoken(1, 'Your microphone becomes text, word by word, while you speak.', 3000);
const named = (turn: typeof one, speaker_label: string): typeof one => ({ ...turn, speaker_label });

let dir: string;
let failures: TranscriptionError[];
const path = (name: string): string => join(dir, name);
const read = (name: string): Promise<string> => readFile(path(name), 'utf8');
const options = (more: CaptionFileOptions = {}): CaptionFileOptions => ({
  onError: (error) => failures.push(error),
  ...more,
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rxscribe-files-'));
  failures = [];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Expects that a file comes to hold what it should; resolves then, with the event loop going on. */
async function holds(name: string, text: string): Promise<void> {
  await until(async () => (await read(name).catch(() => undefined)) === text);
}

/** Runs events through a file to the end. */
async function save(
  name: string,
  events: readonly TranscriptionEvent[],
  more?: CaptionFileOptions,
): Promise<unknown[]> {
  return lastValueFrom(from(events).pipe(captionFile(path(name), options(more)), toArray()));
}

describe('captionFile', () => {
  it.each(['text', 'srt', 'vtt', 'md'] as const)(
    'writes %s by its extension, and passes everything on',
    async (format) => {
      const events = around(one, two);
      const name = `talk.${format === 'text' ? 'txt' : format.toUpperCase()}`;

      expect(await save(name, events)).toEqual(events);

      expect(await read(name)).toBe(captionDocument([one, two], format));
      expect(failures).toEqual([]);
    },
  );

  it.each(['ndjson', 'jsonl'])('writes every event into .%s', async (extension) => {
    const events = around(one, two);
    await save(`talk.${extension}`, events);
    const lines = (await read(`talk.${extension}`)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
  });

  it('is whole after every turn, from the beginning', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    event$.pipe(captionFile(path('talk.vtt'), options())).subscribe();

    await holds('talk.vtt', captionDocument([], 'vtt'));
    event$.next(one);
    await holds('talk.vtt', captionDocument([one], 'vtt'));
    event$.next(two);
    await holds('talk.vtt', captionDocument([one, two], 'vtt'));
    event$.complete();
    expect(failures).toEqual([]);
  });

  it('follows corrected speakers and replaced turns, and leaves nothing beside the file', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    event$.pipe(captionFile(path('talk.srt'), options())).subscribe();

    event$.next(named(one, 'A'));
    event$.next(named(two, 'A'));
    await holds('talk.srt', captionDocument([named(one, 'A'), named(two, 'A')], 'srt'));
    event$.next(relabelled(['Bo', one]));
    await holds('talk.srt', captionDocument([named(one, 'Bo'), named(two, 'A')], 'srt'));
    event$.next(named({ ...one, transcript: 'WELCOME TO rxscribe!' }, 'A'));
    await holds(
      'talk.srt',
      captionDocument([named({ ...one, transcript: 'WELCOME TO rxscribe!' }, 'A'), named(two, 'A')], 'srt'),
    );
    event$.next(spoken(2, 'More.', 9000));
    event$.complete();
    await holds(
      'talk.srt',
      captionDocument(
        [named({ ...one, transcript: 'WELCOME TO rxscribe!' }, 'A'), named(two, 'A'), spoken(2, 'More.', 9000)],
        'srt',
      ),
    );
    expect(await readdir(dir)).toEqual(['talk.srt']);
  });

  it.each(['vtt', 'md'] as const)(
    'is whole after every mark in %s: appends it, or puts it where it belongs',
    async (kind) => {
      const event$ = new Subject<TranscriptionEvent>();
      const mark$ = new Subject<Mark>();
      const name = `talk.${kind}`;
      const [first, second, third] = [{ atMs: 0, title: 'One' }, { atMs: 2500 }, { atMs: 60_000 }];
      event$.pipe(captionFile(path(name), options({ marks: mark$ }))).subscribe();

      mark$.next(first);
      await holds(name, captionDocument([], kind, { marks: [first] }));
      const { ino } = statSync(path(name));
      event$.next(one);
      await holds(name, captionDocument([one], kind, { marks: [first] }));
      mark$.next(second);
      await holds(name, captionDocument([one], kind, { marks: [first, second] }));
      mark$.next(third);
      await holds(name, captionDocument([one], kind, { marks: [first, second, third] }));
      expect(statSync(path(name)).ino).toBe(ino);
      event$.next(two);
      await holds(name, captionDocument([one, two], kind, { marks: [first, second, third] }));
      event$.next({ ...two, isFinal: false, turn_order: 2 });
      event$.next(relabelled(['B', two]));
      await holds(name, captionDocument([one, named(two, 'B')], kind, { marks: [first, second, third] }));

      event$.complete();
      await until(() => !mark$.observed);
      expect(failures).toEqual([]);
    },
  );

  it.each(['talk.srt', 'talk.txt', 'talk.ndjson'])('leaves marks out of %s', async (name) => {
    await save(name, around(one, two), { marks: of({ atMs: 0 }) });
    const marked = await read(name);
    await save(name, around(one, two), { force: true });
    expect(marked).toBe(await read(name));
  });

  it('goes on without marks when they fail', async () => {
    const marks = concat(
      of({ atMs: 0 }),
      throwError(() => new Error('broken')),
    );
    expect(await save('talk.md', [one], { marks })).toEqual([one]);
    expect(await read('talk.md')).toBe(captionDocument([one], 'md', { marks: [{ atMs: 0 }] }));
    expect(failures).toEqual([]);
  });

  it('replaces the file that a link leads to, and keeps its permissions', async () => {
    await mkdir(path('kept'));
    await writeFile(path('kept/talk.srt'), 'old', { mode: 0o600 });
    await symlink(path('kept/talk.srt'), path('talk.srt'));

    await save('talk.srt', around(one, relabelled(['B', one])), { force: true });

    expect(await read('kept/talk.srt')).toBe(captionDocument([named(one, 'B')], 'srt'));
    expect(statSync(path('kept/talk.srt')).mode & 0o777).toBe(0o600);
    expect(lstatSync(path('talk.srt')).isSymbolicLink()).toBe(true);
  });

  it('completes once the file is closed', async () => {
    const turns = Array.from({ length: 500 }, (_, order) => spoken(order, 'Yes, I do.', order * 1000));
    await save('talk.md', turns);
    expect(await read('talk.md')).toBe(captionDocument(turns, 'md'));
  });

  it('keeps what it has when the source fails, and when nobody listens any more', async () => {
    const failing = concat(
      of(one),
      throwError(() => new Error('broken')),
    );
    await expect(lastValueFrom(failing.pipe(captionFile(path('a.srt'), options())))).rejects.toThrow('broken');
    await holds('a.srt', captionDocument([one], 'srt'));

    const event$ = new Subject<TranscriptionEvent>();
    const subscription = event$.pipe(captionFile(path('b.srt'), options())).subscribe();
    event$.next(one);
    subscription.unsubscribe();
    await holds('b.srt', captionDocument([one], 'srt'));
    expect(event$.observed).toBe(false);
    expect(failures).toEqual([]);
  });

  it('touches no file before somebody subscribes, and a new one for each who does', async () => {
    const saved$ = of(one).pipe(captionFile(path('talk.srt'), options()));
    expect(await readdir(dir)).toEqual([]);
    await lastValueFrom(saved$);
    await lastValueFrom(saved$);
    expect(failures).toMatchObject([{ kind: 'file' }]);
  });

  it('refuses a file that exists, unless it is forced, and says so', async () => {
    await writeFile(path('talk.srt'), 'mine');

    expect(await save('talk.srt', [one])).toEqual([one]);
    expect(await read('talk.srt')).toBe('mine');
    expect(failures).toMatchObject([{ kind: 'file', code: 'ERR_FILE', retryable: false, cause: { code: 'EEXIST' } }]);
    expect(failures[0]?.message).toMatch(/^cannot write ".*talk\.srt": it exists already, .* force$/);

    await save('talk.srt', [one], { force: true });
    expect(await read('talk.srt')).toBe(captionDocument([one], 'srt'));
  });

  it.each([
    ['a folder that does not exist', 'gone/talk.srt', 'ENOENT', 'its folder does not exist'],
    ['a folder that is a file', 'file/talk.srt', 'ENOTDIR', 'its folder is no folder'],
    ['a path that is a folder', 'folder.srt', 'EISDIR', 'it is a folder'],
  ])('tells of %s, once, and disturbs nothing', async (_, name, code, reason) => {
    await writeFile(path('file'), '');
    await mkdir(path('folder.srt'));

    expect(await save(name, around(one, two), { force: true })).toEqual(around(one, two));

    expect(failures).toMatchObject([{ kind: 'file', cause: { code } }]);
    expect(failures[0]?.message).toContain(reason);
  });

  it('tells of a folder that vanishes', async () => {
    await mkdir(path('sub'));
    const event$ = new Subject<TranscriptionEvent>();
    const told = new Promise((resolve) => {
      event$.pipe(captionFile(path('sub/talk.srt'), { onError: resolve })).subscribe();
    });
    event$.next(one);
    await holds('sub/talk.srt', captionDocument([one], 'srt'));
    await rm(path('sub'), { recursive: true });
    event$.next(two);
    expect(await told).toMatchObject({ kind: 'file', cause: { code: 'ENOENT' } });
  });

  // a device that is always full stands for a disk that is
  (process.platform === 'linux' ? it : it.skip)('tells of a full disk, and other files go on', async () => {
    await symlink('/dev/full', path('full.srt'));
    const both$ = from(around(one, two)).pipe(
      captionFile(path('full.srt'), options({ force: true })),
      captionFile(path('talk.srt'), options()),
    );

    await lastValueFrom(both$);

    expect(failures.map(({ message }) => message)).toEqual([
      `cannot write ${JSON.stringify(path('full.srt'))}: the disk is full, free some space`,
    ]);
    expect(await read('talk.srt')).toBe(captionDocument([one, two], 'srt'));
  });

  it('warns through the process when nobody asked to be told', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    await lastValueFrom(of(one).pipe(captionFile(path('gone/talk.srt'))));
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('its folder does not exist'), { type: 'TranscriptionError', code: 'ERR_FILE' }],
    ]);
    jest.restoreAllMocks();
  });

  it('refuses a path that tells no format, when it is called', () => {
    expect(() => captionFile('talk.doc')).toThrow(
      'the format of "talk.doc" must be told by its extension (.txt, .ndjson',
    );
    expect(() => captionFile('talk.srt', { format: 'ass' as 'srt' })).toThrow(TypeError);
    expect(() => captionFile('talk', { format: 'srt' })).not.toThrow();
  });
});

const WRITER = `
const { Subject } = await import('rxjs');
const { captionFile } = await import(${JSON.stringify(new URL('../../../dist/src/captions/files.js', import.meta.url).href)});
const event$ = new Subject();
let saved$ = event$;
for (const path of process.argv.slice(1)) saved$ = saved$.pipe(captionFile(path));
saved$.subscribe();
const turn = (order) => ({
  type: 'Turn', session: 0, turn_order: order, isFinal: true, end_of_turn: true, turn_is_formatted: true, speaker_label: 'A',
  end_of_turn_confidence: 1, transcript: 'This is number ' + order + ', and it is told as every other one before it.',
  words: [{ text: 'This', start: order * 5000, end: order * 5000 + 4000, confidence: 1, word_is_final: true }],
});
for (let order = 0; ; order += 1) {
  event$.next(turn(order));
  if (order % 5 === 4) event$.next({ type: 'SpeakerRevision', session: 0, revisions: [{ ...turn(order - 2), speaker_label: 'B' }] });
  await new Promise((resolve) => setImmediate(resolve));
  console.log(order);
}
`;

describe('captionFile, when its process is killed', () => {
  it.each([1, 7, 30, 61, 144, 233])('leaves every file whole, killed after turn %i', async (last) => {
    const names = ['talk.srt', 'talk.vtt', 'talk.md', 'talk.txt', 'talk.ndjson'];
    const child = spawn(process.execPath, ['--input-type=module', '--eval', WRITER, ...names.map(path)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    for await (const line of createInterface(child.stdout)) if (Number(line) >= last) child.kill('SIGKILL');
    await closed;

    // a file that was not made yet holds nothing
    const found = await Promise.all(names.map((name) => read(name).catch(() => undefined)));
    const [srt = '', vtt = 'WEBVTT\n\n', md = '', text = '', ndjson = ''] = found;
    if (last > 100) expect(found).not.toContain(undefined);
    expect(readSrt(srt).map(({ lines }) => lines.join(' '))).toEqual(
      readSrt(srt).map((_, order) => expect.stringContaining(`This is number ${order}, and`)),
    );
    expect(readVtt(vtt).length).toBeGreaterThanOrEqual(0);
    expect(md).toMatch(/^(`[\d:]{8}` \*\*[AB]:\*\* This is number \d+,.*\.\n\n)*$/);
    expect(text).toMatch(/^([AB]: This is number \d+,.*\.\n)*$/);
    expect(ndjson === '' || ndjson.endsWith('\n')).toBe(true);
    for (const line of ndjson.split('\n').slice(0, -1)) expect(JSON.parse(line)).toHaveProperty('type');
  });
});
