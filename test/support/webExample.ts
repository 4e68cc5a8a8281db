import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { bundledRecording } from '../../src/simulator/index.ts';
import type { Recording, Simulator } from '../../src/simulator/index.ts';
import { tokenHandler } from '../../src/tokens/index.ts';
import { freePort, startSite } from './browser.ts';
import type { Site } from './browser.ts';
import { ROOT } from './userProject.ts';

const run = promisify(execFile);

/** The folder of screenshots, which git ignores. */
export const OUTPUT: string = join(ROOT, 'coverage/pictures');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wav': 'audio/wav',
};

/** The placeholder for the address of the service in the page. */
const SERVICE = '%SERVICE%';

/** The files of the built `examples/web`, by their paths. */
export type WebFiles = Readonly<Record<string, Buffer>>;

/** A copy of `examples/web`, as a user has it. */
export interface WebExample {
  /** Type-checks and builds it, as `npm run build` does. Rejects with the output of the compiler or the bundler. */
  build(): Promise<WebFiles>;
  /** Runs it with the local service, as `npm run local` does, and resolves to its address. */
  local(): Promise<string>;
  /** Starts Vite without a key, as `npm run dev` does, and resolves to its exit code and its output. */
  devWithoutKey(): Promise<{ readonly code: number; readonly output: string }>;
  close(): Promise<void>;
}

/** Copies the example, with its dependencies installed as npm installs them: this package a link, the others copies. */
export async function openWebExample(): Promise<WebExample> {
  const dir = await mkdtemp(join(tmpdir(), 'rxscribe-web-'));
  const modules = join(dir, 'node_modules');
  await cp(join(ROOT, 'examples/web'), dir, { recursive: true, filter: (path) => !/node_modules|dist$/.test(path) });
  await mkdir(modules);
  await symlink(ROOT, join(modules, 'rxscribe'));
  for (const name of ['vite', 'typescript']) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  for (const name of ['rxjs', 'tslib']) {
    await cp(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true });
  }
  await symlink(process.env['RXSCRIBE_TEST_CA_DIR'] ?? '', join(modules, '.rxscribe'));
  let running: ChildProcess | undefined;
  return {
    build: async () => {
      await program(dir, 'typescript/bin/tsc');
      await program(dir, 'vite/bin/vite.js', 'build', '--logLevel=error');
      return filesIn(join(dir, 'dist'));
    },
    local: async () => {
      const env = { ...process.env, PORT: '0', NO_COLOR: '1' };
      const args = ['local.js', '--port', String(await freePort()), '--strictPort'];
      running = spawn(process.execPath, args, { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] });
      return addressIn(running.stdout!);
    },
    devWithoutKey: async () => {
      const { ASSEMBLYAI_API_KEY: _, ...rest } = process.env;
      const env = { ...rest, NO_COLOR: '1' };
      const vite = spawn(process.execPath, [join(modules, 'vite/bin/vite.js')], { cwd: dir, env });
      let output = '';
      for (const stream of [vite.stdout, vite.stderr]) stream.on('data', (text: Buffer) => (output += String(text)));
      const [code] = (await once(vite, 'close')) as [number];
      return { code, output };
    },
    close: async () => {
      running?.kill('SIGINT');
      if (running?.exitCode === null) await once(running, 'exit');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function filesIn(dir: string): Promise<WebFiles> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const read = async (path: string): Promise<[string, Buffer]> => [path.slice(dir.length), await readFile(path)];
  return Object.fromEntries(await Promise.all(paths.map(read)));
}

async function addressIn(output: Readable): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [address] = /http:\/\/localhost:\d+/.exec(line) ?? [];
    if (address === undefined) continue;
    output.resume();
    return address;
  }
  throw new Error('Vite ended without an address');
}

async function program(dir: string, path: string, ...args: readonly string[]): Promise<void> {
  try {
    await run(process.execPath, [join(dir, 'node_modules', path), ...args], {
      cwd: dir,
      env: { ...process.env, SERVICE },
    });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${path}: ${stdout}${stderr}`, { cause: error });
  }
}

/** Serves the built app, with tokens and the local service. */
export function serveWebExample(app: WebFiles, { url, apiKey }: Simulator): Promise<Site> {
  const tokens = tokenHandler({
    apiKey,
    streamingBaseUrl: url.replace(/^wss(.*)\/v3\/ws$/, 'https$1'),
    limit: Infinity,
  });
  return startSite({}, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/token') return tokens(request, response);
    const path = pathname === '/' ? '/index.html' : pathname;
    const file = path === '/index.html' ? String(app[path]).replace(SERVICE, url) : app[path];
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' });
    response.end(file);
  });
}

/** The last phrase of `dictation()`, spoken alone. */
const COMMAND = 'Stop listening.';
const SPOKEN_MS = 10_300;

/** The beginning of the bundled recording, whose third sentence is replaced by a command. */
export async function dictation(): Promise<Recording> {
  const { pcm, sampleRate, words } = await bundledRecording();
  const third = { start: 7570, end: 9766 };
  return {
    pcm: pcm.slice(0, (2 * sampleRate * SPOKEN_MS) / 1000),
    sampleRate,
    words: [
      ...words.filter(({ end }) => end < third.start),
      { text: 'Stop', start: third.start, end: 8647 },
      { text: 'listening.', start: 8647, end: third.end },
    ],
  };
}

/** Silence before the speech, in milliseconds: a browser starts its fake microphone before it captures from it. */
const LEAD_MS = 2500;

/** A recording for a fake microphone, with silence before it. */
export function withLead(recording: Recording): Recording {
  const lead = new Uint8Array((2 * recording.sampleRate * LEAD_MS) / 1000);
  return { ...recording, pcm: Buffer.concat([lead, recording.pcm]) };
}

/**
 * Runs in a page before all other scripts: replaces the microphone by this recording, followed by silence.
 *
 * A device continues while the page's audio thread is blocked, and that audio is lost. This recording waits, so a busy
 * machine captures all of it, too.
 */
export function replaceMicrophone({ pcm, sampleRate }: { readonly pcm: string; readonly sampleRate: number }): void {
  const bytes = Uint8Array.from(atob(pcm), (character) => character.charCodeAt(0));
  const samples = Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32_768);
  AudioContext.prototype.createMediaStreamSource = function (this: AudioContext): MediaStreamAudioSourceNode {
    const source = this.createBufferSource();
    const buffer = this.createBuffer(1, samples.length + sampleRate, sampleRate);
    buffer.copyToChannel(samples, 0);
    Object.assign(source, { buffer, loop: true, loopStart: samples.length / sampleRate, loopEnd: buffer.duration });
    source.start();
    return source as unknown as MediaStreamAudioSourceNode;
  };
}

/** The text that the app writes for it. */
export function written({ words }: Recording): string {
  const text = words.map((word) => word.text).join(' ');
  return text.slice(0, text.indexOf(COMMAND)).trimEnd();
}

/** A recording as the WAV file that a fake microphone plays. */
export function wavOf({ pcm, sampleRate }: Recording): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF');
  header.writeUInt32LE(36 + pcm.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(2 * sampleRate, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([header, pcm]);
}
