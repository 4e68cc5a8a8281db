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
import { withSession, readSrt, readVtt, speakerRevision, spokenTurn, eventually } from '../../support/captions.ts';

const one = spokenTurn(0, 'Welcome to rxscribe.');
const two = spokenTurn(1, 'Your microphone becomes text, word by word, while you speak.', 3000);
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

/** Resolves once a file has this content. */
async function hasContent(name: string, text: string): Promise<void> {
  await eventually(async () => (await read(name).catch(() => undefined)) === text);
}

/** Writes events to a file, to the end. */
async function save(
  name: string,
  events: readonly TranscriptionEvent[],
  more?: CaptionFileOptions,
): Promise<unknown[]> {
  return lastValueFrom(from(events).pipe(captionFile(path(name), options(more)), toArray()));
}

describe('captionFile', () => {
  it.each(['text', 'srt', 'vtt', 'md'] as const)(
    'writes %s by its extension and passes every event on',
    async (format) => {
      const events = withSession(one, two);
      const name = `talk.${format === 'text' ? 'txt' : format.toUpperCase()}`;

      expect(await save(name, events)).toEqual(events);

      expect(await read(name)).toBe(captionDocument([one, two], format));
      expect(failures).toEqual([]);
    },
  );

  it.each(['ndjson', 'jsonl'])('writes every event into .%s', async (extension) => {
    const events = withSession(one, two);
    await save(`talk.${extension}`, events);
    const lines = (await read(`talk.${extension}`)).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
  });

  it.each([
    ['ndjson', 1],
    ['srt', 0],
    ['vtt', 0],
    ['md', 0],
    ['txt', 0],
  ])('reads the words of a partial only to write it: in .%s %i times', async (extension, expected) => {
    const { words, ...turn } = spokenTurn(0, 'Welcome to');
    let reads = 0;
    const partial = {
      ...turn,
      isFinal: false,
      get words() {
        reads += 1;
        return words;
      },
    } as const;
    await save(`talk.${extension}`, [partial, partial, one]);
    expect(reads).toBe(2 * expected);
  });

  it('is a complete document after every turn, and before the first', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    event$.pipe(captionFile(path('talk.vtt'), options())).subscribe();

    await hasContent('talk.vtt', captionDocument([], 'vtt'));
    event$.next(one);
    await hasContent('talk.vtt', captionDocument([one], 'vtt'));
    event$.next(two);
    await hasContent('talk.vtt', captionDocument([one, two], 'vtt'));
    event$.complete();
    expect(failures).toEqual([]);
  });

  it('follows corrected speakers and replaced turns, and leaves no other file behind', async () => {
    const event$ = new Subject<TranscriptionEvent>();
    event$.pipe(captionFile(path('talk.srt'), options())).subscribe();

    event$.next(named(one, 'A'));
    event$.next(named(two, 'A'));
    await hasContent('talk.srt', captionDocument([named(one, 'A'), named(two, 'A')], 'srt'));
    event$.next(speakerRevision(['Bo', one]));
    await hasContent('talk.srt', captionDocument([named(one, 'Bo'), named(two, 'A')], 'srt'));
    event$.next(named({ ...one, transcript: 'WELCOME TO rxscribe!' }, 'A'));
    await hasContent(
      'talk.srt',
      captionDocument([named({ ...one, transcript: 'WELCOME TO rxscribe!' }, 'A'), named(two, 'A')], 'srt'),
    );
    event$.next(spokenTurn(2, 'More.', 9000));
    event$.complete();
    await hasContent(
      'talk.srt',
      captionDocument(
        [named({ ...one, transcript: 'WELCOME TO rxscribe!' }, 'A'), named(two, 'A'), spokenTurn(2, 'More.', 9000)],
        'srt',
      ),
    );
    expect(await readdir(dir)).toEqual(['talk.srt']);
  });

  it.each(['vtt', 'md'] as const)(
    'is a complete document after every mark in %s: appended, or in its place',
    async (kind) => {
      const event$ = new Subject<TranscriptionEvent>();
      const mark$ = new Subject<Mark>();
      const name = `talk.${kind}`;
      const [first, second, third] = [{ atMs: 0, title: 'One' }, { atMs: 2500 }, { atMs: 60_000 }];
      event$.pipe(captionFile(path(name), options({ marks: mark$ }))).subscribe();

      mark$.next(first);
      await hasContent(name, captionDocument([], kind, { marks: [first] }));
      const { ino } = statSync(path(name));
      event$.next(one);
      await hasContent(name, captionDocument([one], kind, { marks: [first] }));
      mark$.next(second);
      await hasContent(name, captionDocument([one], kind, { marks: [first, second] }));
      mark$.next(third);
      await hasContent(name, captionDocument([one], kind, { marks: [first, second, third] }));
      expect(statSync(path(name)).ino).toBe(ino);
      event$.next(two);
      await hasContent(name, captionDocument([one, two], kind, { marks: [first, second, third] }));
      event$.next({ ...two, isFinal: false, turn_order: 2 });
      event$.next(speakerRevision(['B', two]));
      await hasContent(name, captionDocument([one, named(two, 'B')], kind, { marks: [first, second, third] }));

      event$.complete();
      await eventually(() => !mark$.observed);
      expect(failures).toEqual([]);
    },
  );

  it.each(['talk.srt', 'talk.txt', 'talk.ndjson'])('writes no marks into %s', async (name) => {
    await save(name, withSession(one, two), { marks: of({ atMs: 0 }) });
    const marked = await read(name);
    await save(name, withSession(one, two), { force: true });
    expect(marked).toBe(await read(name));
  });

  it('continues without marks when they fail', async () => {
    const marks = concat(
      of({ atMs: 0 }),
      throwError(() => new Error('broken')),
    );
    expect(await save('talk.md', [one], { marks })).toEqual([one]);
    expect(await read('talk.md')).toBe(captionDocument([one], 'md', { marks: [{ atMs: 0 }] }));
    expect(failures).toEqual([]);
  });

  it('replaces the target of a link and keeps its permissions', async () => {
    await mkdir(path('kept'));
    await writeFile(path('kept/talk.srt'), 'old', { mode: 0o600 });
    await symlink(path('kept/talk.srt'), path('talk.srt'));

    await save('talk.srt', withSession(one, speakerRevision(['B', one])), { force: true });

    expect(await read('kept/talk.srt')).toBe(captionDocument([named(one, 'B')], 'srt'));
    expect(statSync(path('kept/talk.srt')).mode & 0o777).toBe(0o600);
    expect(lstatSync(path('talk.srt')).isSymbolicLink()).toBe(true);
  });

  it('completes after the file is closed', async () => {
    const turns = Array.from({ length: 500 }, (_, order) => spokenTurn(order, 'Yes, I do.', order * 1000));
    await save('talk.md', turns);
    expect(await read('talk.md')).toBe(captionDocument(turns, 'md'));
  });

  it('writes what it has when the source errors, and after unsubscribe', async () => {
    const failing = concat(
      of(one),
      throwError(() => new Error('broken')),
    );
    await expect(lastValueFrom(failing.pipe(captionFile(path('a.srt'), options())))).rejects.toThrow('broken');
    await hasContent('a.srt', captionDocument([one], 'srt'));

    const event$ = new Subject<TranscriptionEvent>();
    const subscription = event$.pipe(captionFile(path('b.srt'), options())).subscribe();
    event$.next(one);
    subscription.unsubscribe();
    await hasContent('b.srt', captionDocument([one], 'srt'));
    expect(event$.observed).toBe(false);
    expect(failures).toEqual([]);
  });

  it('creates the file on subscription, again for each subscriber', async () => {
    const saved$ = of(one).pipe(captionFile(path('talk.srt'), options()));
    expect(await readdir(dir)).toEqual([]);
    await lastValueFrom(saved$);
    await lastValueFrom(saved$);
    expect(failures).toMatchObject([{ kind: 'file' }]);
  });

  it('refuses to overwrite an existing file without force', async () => {
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
    ['a folder that is a file', 'file/talk.srt', 'ENOTDIR', 'a parent of it is a file'],
    ['a path that is a folder', 'folder.srt', 'EISDIR', 'it is a folder'],
  ])('reports %s once, and affects nothing else', async (_, name, code, reason) => {
    await writeFile(path('file'), '');
    await mkdir(path('folder.srt'));

    expect(await save(name, withSession(one, two), { force: true })).toEqual(withSession(one, two));

    expect(failures).toMatchObject([{ kind: 'file', cause: { code } }]);
    expect(failures[0]?.message).toContain(reason);
  });

  it('reports a folder that was removed', async () => {
    await mkdir(path('sub'));
    const event$ = new Subject<TranscriptionEvent>();
    const reported = new Promise((resolve) => {
      event$.pipe(captionFile(path('sub/talk.srt'), { onError: resolve })).subscribe();
    });
    event$.next(one);
    await hasContent('sub/talk.srt', captionDocument([one], 'srt'));
    await rm(path('sub'), { recursive: true });
    event$.next(two);
    expect(await reported).toMatchObject({ kind: 'file', cause: { code: 'ENOENT' } });
  });

  // /dev/full acts as a full disk
  (process.platform === 'linux' ? it : it.skip)('reports a full disk, while other files continue', async () => {
    await symlink('/dev/full', path('full.srt'));
    const both$ = from(withSession(one, two)).pipe(
      captionFile(path('full.srt'), options({ force: true })),
      captionFile(path('talk.srt'), options()),
    );

    await lastValueFrom(both$);

    expect(failures.map(({ message }) => message)).toEqual([
      `cannot write ${JSON.stringify(path('full.srt'))}: the disk is full, free some space`,
    ]);
    expect(await read('talk.srt')).toBe(captionDocument([one, two], 'srt'));
  });

  it('emits a process warning without onError', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    await lastValueFrom(of(one).pipe(captionFile(path('gone/talk.srt'))));
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('its folder does not exist'), { type: 'TranscriptionError', code: 'ERR_FILE' }],
    ]);
    jest.restoreAllMocks();
  });

  it('throws for an unknown extension or format when called', () => {
    expect(() => captionFile('talk.doc')).toThrow(
      '"talk.doc" has no known extension (.txt, .ndjson, .jsonl, .srt, .vtt, .md): choose one',
    );
    expect(() => captionFile('talk.srt', { format: 'ass' as 'srt' })).toThrow(TypeError);
    expect(() => captionFile('talk', { format: 'srt' })).not.toThrow();
  });
});

const WRITER = `
const { existsSync } = await import('node:fs');
const { Subject } = await import('rxjs');
const { captionFile } = await import(${JSON.stringify(new URL('../../../dist/src/captions/files.js', import.meta.url).href)});
const event$ = new Subject();
let saved$ = event$;
for (const path of process.argv.slice(1)) saved$ = saved$.pipe(captionFile(path));
saved$.subscribe();
const turn = (order) => ({
  type: 'Turn', session: 0, turn_order: order, isFinal: true, end_of_turn: true, turn_is_formatted: true, speaker_label: 'A',
  end_of_turn_confidence: 1, transcript: 'This is number ' + order + ', and it looks like every other one before it.',
  words: [{ text: 'This', start: order * 5000, end: order * 5000 + 4000, confidence: 1, word_is_final: true }],
});
for (let order = 0; ; order += 1) {
  event$.next(turn(order));
  if (order % 5 === 4) event$.next({ type: 'SpeakerRevision', session: 0, revisions: [{ ...turn(order - 2), speaker_label: 'B' }] });
  do await new Promise((resolve) => setImmediate(resolve));
  while (order === 100 && !process.argv.slice(1).every((path) => existsSync(path))); // a busy disk creates them late
  console.log(order);
}
`;

/** Linux ends the write of a killed process only between two pages of a file. */
const PAGE_BYTES = 4096;

/** Returns a file that may have been cut by a kill, up to the last complete part of it. */
function complete(document: string, end: string): string {
  if (document === '' || document.endsWith(end)) return document;
  if (Buffer.byteLength(document) % PAGE_BYTES !== 0) throw new Error('cut within a page');
  return document.slice(0, document.lastIndexOf(end) + end.length);
}

describe('captionFile, when its process is killed', () => {
  it.each([1, 7, 30, 61, 144, 233])('leaves files of complete turns, killed after turn %i', async (last) => {
    const names = ['talk.srt', 'talk.vtt', 'talk.md', 'talk.txt', 'talk.ndjson'];
    const child = spawn(process.execPath, ['--input-type=module', '--eval', WRITER, ...names.map(path)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    for await (const line of createInterface(child.stdout)) if (Number(line) >= last) child.kill('SIGKILL');
    await closed;

    // before turn 100 a file may not exist yet
    const found = await Promise.all(names.map((name) => read(name).catch(() => undefined)));
    if (last > 100) expect(found).not.toContain(undefined);
    const [srt = '', vtt = 'WEBVTT\n\n', md = '', text = '', ndjson = ''] = found.map(
      (document, index) => document && complete(document, index < 3 ? '\n\n' : '\n'),
    );
    expect(readSrt(srt).map(({ lines }) => lines.join(' '))).toEqual(
      readSrt(srt).map((_, order) => expect.stringContaining(`This is number ${order}, and`)),
    );
    expect(readVtt(vtt).length).toBeGreaterThanOrEqual(0);
    expect(md).toMatch(/^(`[\d:]{8}` \*\*[AB]:\*\* This is number \d+,.*\.\n\n)*$/);
    expect(text).toMatch(/^([AB]: This is number \d+,.*\.\n)*$/);
    for (const line of ndjson.split('\n').slice(0, -1)) expect(JSON.parse(line)).toHaveProperty('type');
  });
});
