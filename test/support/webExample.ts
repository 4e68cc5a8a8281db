import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { bundledRecording } from '../../src/simulator/index.ts';
import type { Recording, Simulator } from '../../src/simulator/index.ts';
import { tokenHandler } from '../../src/tokens/index.ts';
import { startSite } from './browser.ts';
import type { Site } from './browser.ts';
import { ROOT } from './workplace.ts';

const run = promisify(execFile);

/** Where screenshots are kept: not part of the repository, and looked at. */
export const OUTPUT: string = join(ROOT, 'test/output');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

/** Stands in the page for the address of the service. */
const SERVICE = '%SERVICE%';

/** The files of `examples/web` as built, by their paths. */
export type WebExample = Readonly<Record<string, string>>;

/**
 * Type-checks and builds `examples/web` as whoever copied it does: in a folder of its own, with its dependencies installed
 * there, the build in a process of its own.
 *
 * @throws what the compiler or the bundler has to say.
 */
export async function buildWebExample(): Promise<WebExample> {
  const dir = await mkdtemp(join(tmpdir(), 'rxscribe-web-'));
  try {
    await cp(join(ROOT, 'examples/web'), dir, { recursive: true, filter: (path) => !/node_modules|dist$/.test(path) });
    const modules = join(dir, 'node_modules');
    await mkdir(modules);
    await symlink(ROOT, join(modules, 'rxscribe')); // as npm links it
    for (const name of ['vite', 'typescript']) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
    for (const name of ['rxjs', 'tslib']) {
      await cp(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true }); // a copy of its own
    }
    await program(dir, 'typescript/bin/tsc');
    await program(dir, 'vite/bin/vite.js', 'build', '--logLevel=error');
    const dist = join(dir, 'dist');
    const entries = await readdir(dist, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    return Object.fromEntries(
      await Promise.all(paths.map(async (path) => [path.slice(dist.length), await readFile(path, 'utf8')])),
    ) as WebExample;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function program(dir: string, path: string, ...args: readonly string[]): Promise<void> {
  try {
    await run(process.execPath, [join(dir, 'node_modules', path), ...args], {
      cwd: dir,
      env: { ...process.env, SERVICE, ASSEMBLYAI_API_KEY: '' },
    });
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${path}: ${stdout}${stderr}`, { cause: error });
  }
}

/** Serves the built app: it gets tokens from the site, and talks to the local service. */
export function serveWebExample(app: WebExample, { url, apiKey }: Simulator): Promise<Site> {
  const tokens = tokenHandler({ apiKey, streamingBaseUrl: url.replace(/^wss(.*)\/v3\/ws$/, 'https$1'), limit: Infinity });
  return startSite({}, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/token') return tokens(request, response);
    const path = pathname === '/' ? '/index.html' : pathname;
    const file = app[path]?.replace(SERVICE, url);
    response.writeHead(file === undefined ? 404 : 200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' });
    response.end(file);
  });
}

/** The last phrase of `dictation()`, spoken alone. */
const COMMAND = 'Stop listening.';
const SPOKEN_MS = 10_300;

/** The beginning of the bundled recording, with other words for its third sentence: a command. */
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

/** What of it is written down. */
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
