import { execFile, spawn } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundledRecording, startSimulator } from '../../src/simulator/index.ts';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
const PRELOAD = pathToFileURL(join(ROOT, 'test/support/preloadFakes.js')).href;

/** Length of `talk.wav` in milliseconds: the first two turns of the bundled recording. */
const TALK_MS = 7300;
const TALK_BYTES = TALK_MS * 32;
/** The turns of `talk.wav`. */
export const TALK_TRANSCRIPTS = [
  'Welcome to rxscribe.',
  'Your microphone becomes text, word by word, while you speak.',
];

/** Exit code and output of a program. */
export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project outside the checkout with this package installed and a recording to transcribe. */
export interface UserProject {
  /** Writes a file. */
  write(name: string, text: string): Promise<void>;
  /** Reads a file. */
  read(name: string): Promise<string>;
  /** Compiles all programs strictly, also those in `rooms`, and type-checks those in `page`; resolves to the compiler's output. */
  compile(): Promise<string>;
  /** Runs Node with these arguments. */
  node(...args: string[]): Promise<ProgramResult>;
  /** Runs a shell command. */
  shell(line: string): Promise<ProgramResult>;
  /** Closes the service and removes the folder. */
  close(): Promise<void>;
}

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    types: ['node'],
    outDir: 'out',
    rootDir: '.',
  },
  exclude: ['node_modules', 'out', 'examples', 'page', 'rooms'], // TypeScript there has its own settings
};

/** Settings for programs with rooms in `rooms`: the types of NATS do not compile with `exactOptionalPropertyTypes`. */
const ROOMS_TSCONFIG = {
  compilerOptions: { ...TSCONFIG.compilerOptions, skipLibCheck: true, outDir: '../out/rooms' },
};

/** Settings for browser programs in `page`: browser types only. */
const PAGE_TSCONFIG = {
  compilerOptions: {
    ...TSCONFIG.compilerOptions,
    lib: ['es2023', 'dom', 'dom.iterable'],
    types: [],
    module: 'preserve',
    moduleResolution: 'bundler',
    customConditions: ['browser'],
    noEmit: true,
  },
};

/**
 * Creates a folder in which documented programs run unchanged. Around them: the service's host name leads to the local
 * service, the microphone plays `talk.wav` followed by Ctrl-C, and `ffmpeg` is a fake that writes the audio of `talk.wav`.
 */
export async function createUserProject(): Promise<UserProject> {
  const dir = await mkdtemp(join(tmpdir(), 'rxscribe-project-'));
  const simulator = await startSimulator({ caDir: process.env['RXSCRIBE_TEST_CA_DIR'] ?? '' });
  await install(dir);
  const env = {
    ...process.env,
    PATH: `${join(dir, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`,
    NODE_OPTIONS: `--import ${PRELOAD}`,
    ASSEMBLYAI_API_KEY: simulator.apiKey,
    RXSCRIBE_URL: simulator.url,
    RXSCRIBE_TEST_SERVICE: new URL(simulator.url).port,
    TEST_MICROPHONES: JSON.stringify({ '': join(dir, 'talk.pcm') }),
  };
  return {
    write: (name, text) => writeFile(join(dir, name), text),
    read: (name) => readFile(join(dir, name), 'utf8'),
    compile: async () => {
      const outputs = [dir, join(dir, 'page'), join(dir, 'rooms')].map((each) => compile(each));
      return (await Promise.all(outputs)).join('');
    },
    node: (...args) => run(process.execPath, args, dir, env),
    shell: (line) => run('bash', ['-c', `set -o pipefail; ${line}`], dir, env),
    close: async () => {
      await simulator.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function install(dir: string): Promise<void> {
  const link = async (target: string, name: string): Promise<void> => {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await symlink(join(ROOT, target), join(dir, name));
  };
  const command = async (name: string, does: string): Promise<void> => {
    await mkdir(join(dir, 'bin'), { recursive: true });
    await writeFile(join(dir, 'bin', name), `#!/bin/sh\nexec ${does}\n`, { mode: 0o755 });
  };
  await link('.', 'node_modules/rxscribe');
  await link('node_modules/rxjs', 'node_modules/rxjs');
  await link('node_modules/@types/node', 'node_modules/@types/node');
  await link('node_modules/@nats-io', 'node_modules/@nats-io');
  await writeFile(join(dir, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  await writeFile(join(dir, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  await mkdir(join(dir, 'page'));
  await writeFile(join(dir, 'page/tsconfig.json'), JSON.stringify(PAGE_TSCONFIG));
  await mkdir(join(dir, 'rooms'));
  await writeFile(join(dir, 'rooms/tsconfig.json'), JSON.stringify(ROOMS_TSCONFIG));
  const { pcm } = await bundledRecording();
  const wav = await readFile(join(ROOT, 'src/simulator/recording/demo.wav'));
  await writeFile(join(dir, 'talk.pcm'), pcm.subarray(0, TALK_BYTES));
  // its header claims more audio than there is, as after an interrupted recording
  await writeFile(join(dir, 'talk.wav'), wav.subarray(0, wav.length - pcm.length + TALK_BYTES));
  await copyFile(join(dir, 'talk.wav'), join(dir, 'talk.flac')); // formats are detected by content
  await command('rxscribe', `"${process.execPath}" "${join(ROOT, 'dist/src/cli/main.js')}" "$@"`);
  await command('ffmpeg', 'cat talk.pcm');
  await cp(join(ROOT, 'examples'), join(dir, 'examples'), { recursive: true });
  await cp(join(ROOT, 'README.md'), join(dir, 'README.md'));
}

/** Resolves to the compiler's output; empty means success. */
function compile(dir: string): Promise<string> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', dir, '--pretty', 'false'], (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<ProgramResult> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
}
