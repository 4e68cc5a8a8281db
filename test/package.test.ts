import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const ATTW = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
const VITE = join(ROOT, 'node_modules/vite/bin/vite.js');
const JEST = join(ROOT, 'node_modules/jest/bin/jest.js');
const run = promisify(execFile);

/** Packages that a user installs besides this one: its peer dependency and the types of Node. */
const INSTALLED_BY_USER = new Set(['rxjs', 'tslib', '@types/node', 'undici-types']);

/** A user's program, compiled with every strict option. */
const CONSUMER = `
import { of, share } from 'rxjs';
import type { Observable } from 'rxjs';
import { TranscriptionError, audioFile, microphone, pcmStream, transcribe } from 'rxscribe';
import type { ErrorKind, FinalTurn, TranscribeOptions, TranscriptionEvent, Turn } from 'rxscribe';
import { bufferBytes, finals, partials, transcript, turns } from 'rxscribe/operators';
import type { BufferBytesOptions, Transcript } from 'rxscribe/operators';
import { downloadModel, transcribeLocally } from 'rxscribe/local';
import type { KnownModel, LocalOptions } from 'rxscribe/local';
import { captionsServer } from 'rxscribe/page';
import type { CaptionsServer, CaptionsServerOptions } from 'rxscribe/page';
import { FAULT_KINDS, startSimulator } from 'rxscribe/simulator';
import type { FaultPlan, Simulator, SimulatorOptions } from 'rxscribe/simulator';
import { turn } from 'rxscribe/testing';
import { tokenFrom, tokenHandler } from 'rxscribe/tokens';

const options: TranscribeOptions = { apiKey: () => 'key', speechModel: 'u3-rt-pro', sampleRate: 16_000, region: 'eu' };
const tail: BufferBytesOptions = { minTail: 1600, padTail: true };
const source$: Observable<Uint8Array>[] = [
  microphone({ stop: AbortSignal.timeout(1), vad: 'energy', onOpen: (recorder) => void recorder.vadScore }),
  audioFile('talk.wav', { speed: Infinity, highpass: 80 }),
  pcmStream(process.stdin, { encoding: 'pcm_s16le' }),
];
const event$: Observable<TranscriptionEvent> = source$[1]!.pipe(bufferBytes(3200, tail), transcribe(options), share());
const turn$: Observable<Turn> = event$.pipe(turns());
const final$: Observable<FinalTurn> = turn$.pipe(finals());
const partial$ = turn$.pipe(partials());
const state$: Observable<Transcript> = event$.pipe(transcript());
const kinds: ErrorKind[] = ['file', 'network'];
const faults: FaultPlan = { seed: 1, perMinute: 2, kinds: FAULT_KINDS };
const start: (options?: SimulatorOptions) => Promise<Simulator> = startSimulator;
const tokens = tokenHandler({ apiKey: 'key', allow: (request: Request) => request.headers.has('cookie') });
const worker: { fetch(request: Request, environment: object): Promise<Response> } = { fetch: tokens.fetch };
const serve: (event$: Observable<TranscriptionEvent>, options?: CaptionsServerOptions) => Promise<CaptionsServer> =
  captionsServer;
const local: LocalOptions = { model: 'moonshine-tiny-en', finalModel: 'moonshine-base-en', sampleRate: 16_000 };
const known: (model: KnownModel) => Promise<void> = ({ name }) => downloadModel(name, name);
const fake: FinalTurn = turn('Hello.', { final: true });
void [fake, final$, partial$, state$, kinds, faults, start, worker, tokenFrom('/token'), serve, local, known, transcribeLocally];

of(new Uint8Array(5000)).pipe(bufferBytes(2000, { minTail: 0 })).subscribe((frame) => console.log(frame.length));
event$.subscribe({
  error: (error: unknown) => console.log(error instanceof TranscriptionError ? error.code : 'other error'),
});
`;

/** The test that docs/testing.md shows for a project that Jest runs without any settings. */
const [, COMMONJS_TEST = ''] =
  /^```js jest\n(.*?)^```$/ms.exec(await readFile(join(ROOT, 'docs/testing.md'), 'utf8')) ?? [];

/** A browser program: with the `browser` condition the main entry has different types. */
const BROWSER_PROGRAM = `
import { share } from 'rxjs';
import type { Observable } from 'rxjs';
import { TranscriptionError, audioFile, frameBytes, microphone, pcmStream, transcribe } from 'rxscribe';
import type { AudioFileOptions, MicrophoneOptions, TranscribeOptions, TranscriptionEvent } from 'rxscribe';
import { bufferBytes, transcript } from 'rxscribe/operators';
import type { Transcript } from 'rxscribe/operators';
import { captionDocument } from 'rxscribe/captions';

const token = async (): Promise<string> => (await fetch('/token')).text();
const options: TranscribeOptions = { token, speechModel: 'u3-rt-pro', sampleRate: 16_000, region: 'eu' };
const device: MicrophoneOptions = { stop: AbortSignal.timeout(1) };
const speed: AudioFileOptions = { speed: Infinity };
const { body } = new Response('audio');
const source$: Observable<Uint8Array>[] = [microphone(device), audioFile(new Blob(), speed)];
if (body) source$.push(pcmStream(body));
const event$: Observable<TranscriptionEvent> | undefined = source$[0]?.pipe(
  bufferBytes(frameBytes(100, { sampleRate: 16_000 })),
  transcribe(options),
  share(),
);
const state$: Observable<Transcript> | undefined = event$?.pipe(transcript());
state$?.subscribe({ error: (error: unknown) => error instanceof TranscriptionError && document.write(error.message) });
void captionDocument;
// @ts-expect-error -- keys do not work in a browser
transcribe({ apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 16_000 });
// @ts-expect-error -- not together with a token either
transcribe({ ...options, apiKey: 'key' });
// @ts-expect-error -- a page cannot read paths
audioFile('talk.wav');
`;

/** A browser program in a plain Vite app, whose compiler knows no condition `browser` and no types of Node. */
const VITE_PROGRAM = `
import { audioFile, microphone, pcmStream, transcribe } from 'rxscribe';
import type { MicrophoneOptions } from 'rxscribe';
import { srt } from 'rxscribe/captions';
import { bufferBytes, finals } from 'rxscribe/operators';
import { turn } from 'rxscribe/testing';
import { tokenFrom } from 'rxscribe/tokens';

const options: MicrophoneOptions = { device: 'an id', noiseSuppression: false };
const sources = [
  microphone({ device: 'an id', echoCancellation: false, onOpen: (recorder) => console.log(recorder.vadScore) }),
  microphone(options),
  audioFile(new Blob(), { speed: 8 }),
  pcmStream(new Response('audio').body!),
];
const transcription = transcribe({ token: tokenFrom('/token'), speechModel: 'u3-rt-pro', sampleRate: 16_000 });
sources[0]?.pipe(bufferBytes(3200), transcription, finals()).subscribe((final) => console.log(final.transcript, srt));
console.log(turn('Hello.'));
// @ts-expect-error -- in no environment
microphone({ volume: 11 });
// @ts-expect-error -- in no environment
audioFile(7);
`;

const STRICT = {
  target: 'es2023',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  types: ['node'],
};

/** Settings of a browser project: browser types only. */
const BROWSER = {
  lib: ['es2023', 'dom', 'dom.iterable'],
  types: [],
  module: 'preserve',
  moduleResolution: 'bundler',
  customConditions: ['browser'],
  noEmit: true,
};

/** Prints the name of every package or built-in module that a program imports. */
const PRINT_IMPORTS = `
import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`
  import { writeSync } from 'node:fs';
  export function resolve(specifier, context, next) {
    if (/^[a-z@]/.test(specifier) && !specifier.startsWith('file:')) writeSync(1, specifier + '\\\\n');
    return next(specifier, context);
  }
\`));
`;

describe('package', () => {
  let dir: string;
  let consumer: string;
  let tarball: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-package-'));
    consumer = join(dir, 'consumer');
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', dir], {
      cwd: ROOT,
    });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    tarball = join(dir, filename);
    await mkdir(consumer);
    await writeLock(consumer, `../${filename}`);
    await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: consumer });
    await writeFile(join(consumer, 'main.ts'), CONSUMER);
    await writeFile(join(consumer, 'page.ts'), BROWSER_PROGRAM);
    await writeFile(join(consumer, 'vite.ts'), VITE_PROGRAM);
    await writeFile(join(consumer, 'disk.ts'), `import { captionFile } from 'rxscribe/files';\nvoid captionFile;\n`);
    await writeFile(join(consumer, 'printImports.js'), PRINT_IMPORTS);
  });

  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('contains only the files that users need', async () => {
    const files = await packedFiles(tarball);
    const others = files.filter((path) => !/\.(js|d\.ts)$|^(docs|examples)\/|\.png$/.test(path));
    expect(others.toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/cjs/package.json',
      'dist/src/page/client/icon.svg',
      'dist/src/page/client/page.css',
      'dist/src/page/client/page.html',
      'dist/src/page/client/scene.svg',
      'dist/src/page/client/setup.css',
      'dist/src/page/client/setup.html',
      'dist/src/page/client/transcript.css',
      'dist/src/page/client/transcript.html',
      'dist/src/simulator/recording/demo.json',
      'dist/src/simulator/recording/demo.wav',
      'package.json',
      'src/captions/events.schema.json',
      'test/bench/RESULTS.md',
    ]);
    expect(files.filter((path) => /^dist\/.*(\btest\b|\.test\.)/.test(path))).toEqual([]);
  });

  it('contains everything that its documents link to', async () => {
    const files = await packedFiles(tarball);
    const documents = files.filter((path) => path.endsWith('.md'));
    const links = await Promise.all(
      documents.map(async (path) => linksOf(path, await readFile(join(ROOT, path), 'utf8'))),
    );
    const missing = links.flat().filter((link) => !files.some((path) => path === link || path.startsWith(`${link}/`)));
    expect(missing).toEqual([]);
  });

  it('runs its command', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { stdout } = await run(join(consumer, 'node_modules/.bin/rxscribe'), ['--version']);
    expect(stdout).toBe(`${version}\n`);
  });

  it('can be loaded with require', async () => {
    const names = `require('rxscribe').transcribe, require('rxscribe/operators').turns, require('rxscribe/testing').turn`;
    const program = `console.log(...[${names}].map((each) => typeof each))`;
    const { stdout, stderr } = await run(process.execPath, ['--eval', program], { cwd: consumer });
    expect({ stdout, stderr }).toEqual({ stdout: 'function function function\n', stderr: '' });
  });

  it.each([
    { resolution: 'nodenext', options: { module: 'nodenext' } },
    { resolution: 'bundler', options: { module: 'preserve', moduleResolution: 'bundler' } },
  ])('compiles in a strict project with $resolution resolution, and runs', async ({ resolution, options }) => {
    const config = { compilerOptions: { ...STRICT, ...options, outDir: resolution }, files: ['main.ts'] };
    await writeFile(join(consumer, `${resolution}.json`), JSON.stringify(config));
    await run(process.execPath, [TSC, '-p', `${resolution}.json`, '--pretty', 'false'], { cwd: consumer });
    const { stdout, stderr } = await run(process.execPath, [`${resolution}/main.js`], { cwd: consumer });
    expect({ stdout, stderr }).toEqual({ stdout: '2000\n2000\n1000\nERR_FILE\n', stderr: '' });
  });

  it.each([
    { program: 'page.ts', errors: '' },
    {
      program: 'disk.ts',
      errors: "disk.ts(1,10): error TS2305: Module '\"rxscribe/files\"' has no exported member 'captionFile'.\n",
    },
  ])('has browser types that work without those of Node: $program', async ({ program, errors }) => {
    const config = { compilerOptions: { ...STRICT, ...BROWSER }, files: [program] };
    await writeFile(join(consumer, 'page.json'), JSON.stringify(config));
    const tsc = run(process.execPath, [TSC, '-p', 'page.json', '--pretty', 'false'], { cwd: consumer });
    const { stdout } = await tsc.catch((error: unknown) => error as { stdout: string });
    expect(stdout).toBe(errors);
  });

  it('has types that work in a plain Vite app, without those of Node', async () => {
    const { customConditions: _, ...options } = BROWSER;
    await writeFile(
      join(consumer, 'vite.json'),
      JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files: ['vite.ts'] }),
    );
    const tsc = run(process.execPath, [TSC, '-p', 'vite.json', '--pretty', 'false'], { cwd: consumer });
    const { stdout } = await tsc.catch((error: unknown) => error as { stdout: string });
    // the types of dependencies need those of Node, unless skipLibCheck is set
    const errors = stdout.split('\n').filter((line) => !/^(node_modules\/(?!rxscribe\/)|\s|$)/.test(line));
    expect(errors).toEqual([]);
  });

  it.each([
    { entry: 'rxscribe/operators', imports: ['rxjs'] },
    { entry: 'rxscribe/testing', imports: [] },
    { entry: 'rxscribe/tokens', imports: [] },
    {
      entry: 'rxscribe/local',
      imports: [
        'node:child_process',
        'node:crypto',
        'node:fs',
        'node:fs/promises',
        'node:module',
        'node:os',
        'node:path',
        'node:stream/promises',
        'node:url',
        'node:util',
        'rxjs',
      ],
    },
    { entry: 'rxscribe', imports: ['node:fs/promises', 'rxjs'] },
  ])('imports neither the recorder nor the SDK when $entry is loaded', async ({ entry, imports }) => {
    const program = ['--import', './printImports.js', '--input-type=module', '--eval', `await import('${entry}')`];
    const { stdout } = await run(process.execPath, program, { cwd: consumer });
    const imported = new Set(stdout.trim().split('\n'));
    expect([...imported].toSorted()).toEqual([...imports, entry]);
  });

  it('needs the packages of NATS only for rooms, and names them in one line', async () => {
    const line = 'rooms need two more packages: npm install @nats-io/transport-node @nats-io/jetstream';
    const program = `import { setUpRooms } from 'rxscribe/rooms'; setUpRooms({}).catch(({ message }) => console.log(message))`;
    const library = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: consumer });
    expect(library).toMatchObject({ stdout: `${line}\n`, stderr: '' });
    const command = run(join(consumer, 'node_modules/.bin/rxscribe'), ['rooms', 'list'], { cwd: consumer });
    await expect(command).rejects.toMatchObject({ code: 1, stdout: '', stderr: `rxscribe: ${line}\n` });
    const load = `await import('rxscribe/rooms')`;
    const loading = ['--import', './printImports.js', '--input-type=module', '--eval', load];
    expect((await run(process.execPath, loading, { cwd: consumer })).stdout).not.toContain('@nats-io');
  });

  it('has operators and test events for CommonJS, as in a new Jest project', async () => {
    const app = join(consumer, 'jest');
    await mkdir(app);
    await writeFile(join(app, 'package.json'), '{ "type": "commonjs" }');
    await writeFile(join(app, 'app.test.js'), COMMONJS_TEST);
    const jest = run(process.execPath, [JEST, '--rootDir', app], { cwd: app, env: withoutOptions() });
    await expect(jest).resolves.toMatchObject({ stderr: expect.stringMatching(/^Tests: +1 passed, 1 total$/m) });
  });

  it('is left out of a program that Vite bundles for Node, which then runs', async () => {
    const program = `import { microphone } from 'rxscribe';
      import { startSimulator } from 'rxscribe/simulator';
      await (await startSimulator()).close();
      console.log(typeof microphone);`;
    await writeFile(join(consumer, 'bundled.js'), program);
    const build = ['build', '--ssr', 'bundled.js', '--outDir', 'bundled', '--logLevel', 'error'];
    await run(process.execPath, [VITE, ...build], { cwd: consumer });
    const { stdout } = await run(process.execPath, ['bundled/bundled.js'], { cwd: consumer });
    expect(stdout).toBe('function\n');
  });

  it('passes publint', async () => {
    const { buffer } = await readFile(tarball);
    // suggestions are left out: `imports` would need another file for Node than the sources have
    const { messages } = await publint({ strict: true, level: 'warning', pack: { tarball: buffer } });
    expect(messages).toEqual([]);
  });

  it('passes attw: its types match its code', async () => {
    const result = run(process.execPath, [ATTW, tarball, '--profile', 'esm-only', '--format', 'ascii']);
    await expect(result).resolves.toMatchObject({ stderr: '' }); // it exits with 1 if there is a problem
  });

  it('passes attw for CommonJS where it has a build for it', async () => {
    const entries = ['--entrypoints', 'operators', 'testing', '--profile', 'node16'];
    const result = run(process.execPath, [ATTW, tarball, ...entries, '--format', 'ascii']);
    await expect(result).resolves.toMatchObject({ stderr: '' });
  });
});

/** The environment without the options of Node that these tests need for modules. */
function withoutOptions(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return env;
}

/** The paths in a tarball. */
async function packedFiles(tarball: string): Promise<string[]> {
  const { stdout } = await run('tar', ['-tzf', tarball]);
  return stdout
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
}

/** The files of this package that a Markdown document links to. */
function linksOf(document: string, text: string): string[] {
  const links = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g), ...text.matchAll(/<img[^>]* src="(?!\w+:)([^"]+)"/g)];
  return links.map(([, path = '']) => join(dirname(document), path).replace(/\/$/, ''));
}

/** Writes a lock file with our locked versions, for a project that depends on this package. */
async function writeLock(consumer: string, tarball: string): Promise<void> {
  interface Entry {
    readonly version: string;
    readonly dev?: boolean;
    readonly [field: string]: unknown;
  }
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Entry>;
  };
  const { '': self, ...packages } = lock.packages;
  const { version, dependencies, bin, engines, peerDependencies, peerDependenciesMeta } = self ?? { version: '' };
  const kept = Object.entries(packages).filter(
    ([path, { dev }]) => !dev || INSTALLED_BY_USER.has(path.slice('node_modules/'.length)),
  );
  const versions = ['rxjs', '@types/node'].map((name) => [name, packages[`node_modules/${name}`]?.version]);
  const manifest = {
    name: 'consumer',
    version: '1.0.0',
    private: true,
    type: 'module',
    dependencies: { rxscribe: `file:${tarball}`, ...Object.fromEntries(versions) },
  };
  const resolved = `file:${tarball}`;
  const rxscribe = { version, resolved, dependencies, bin, engines, peerDependencies, peerDependenciesMeta };
  await writeFile(join(consumer, 'package.json'), JSON.stringify(manifest));
  await writeFile(
    join(consumer, 'package-lock.json'),
    JSON.stringify({
      name: 'consumer',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: {
        '': manifest,
        'node_modules/rxscribe': rxscribe,
        ...Object.fromEntries(kept.map(([path, { dev: _dev, ...entry }]) => [path, entry])),
      },
    }),
  );
}
