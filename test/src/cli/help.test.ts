import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { isPlainHelp } from '../../../src/cli/help.ts';
import { rxscribe } from '../../support/cli.ts';

const COMMANDS = ['listen', 'file', 'devices', 'doctor', 'demo', 'serve'];

/** Prints the address of every module that is loaded, and goes on. */
const HOOKS = `export async function load(url, context, next) { process._rawDebug(url); return next(url, context); }`;
const REGISTER = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(HOOKS)}`)});`;

describe('rxscribe --help', () => {
  it.each(COMMANDS)('shows examples of %s', async (command) => {
    const { code, stdout, stderr } = await rxscribe([command, '--help']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain(`rxscribe ${command}`);
  });

  it('names every command, and the key', async () => {
    const { stdout } = await rxscribe(['--help']);

    expect(COMMANDS.filter((command) => !stdout.includes(`rxscribe ${command}`))).toEqual([]);
    expect(stdout).toContain('ASSEMBLYAI_API_KEY');
  });

  it('is not kept from helping by a wrong setting', async () => {
    const outcome = await rxscribe(['file', '--help'], { env: { RXSCRIBE_SPEED: 'fast' } });

    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([['--help'], ['-h'], ['help']])('is what yargs says, with %s', async (arg) => {
    expect((await rxscribe([arg])).stdout).toBe((await rxscribe(['--help', '--help'])).stdout);
  });

  it('loads what writes it, and nothing else', async () => {
    expect(await loadedBy(['--help'])).toEqual([
      'dist/src/cli/environment.js',
      'dist/src/cli/help.js',
      'dist/src/cli/main.js',
      'dist/src/cli/usage.js',
    ]);
  });

  it('loads no command, and of others yargs alone, when yargs writes it', async () => {
    const loaded = await loadedBy(['--help', '--help']);

    expect(loaded).toContain('node_modules/yargs/index.mjs');
    expect(loaded.filter((url) => url.startsWith('dist/'))).toEqual([
      'dist/src/cli/environment.js',
      'dist/src/cli/help.js',
      'dist/src/cli/main.js',
      'dist/src/cli/usage.js',
    ]);
    expect(loaded.filter((url) => /node_modules\/(rxjs|assemblyai|decibri|ws|node-forge|dotenv)\//.test(url))).toEqual(
      [],
    );
  });
});

describe('help', () => {
  it('is left to yargs on narrow terminals, and where more is asked', () => {
    expect(isPlainHelp(['--help'])).toBe(true);
    expect(isPlainHelp(['--help'], 80)).toBe(true);
    expect(isPlainHelp(['--help'], 79)).toBe(false);
    expect(isPlainHelp(['file', '--help'])).toBe(false);
    expect(isPlainHelp(['demo'])).toBe(false);
    expect(isPlainHelp([])).toBe(false);
  });
});

describe('rxscribe --version', () => {
  it('is the version of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };

    expect(await rxscribe(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

/** The files that the program loads, in order of their names. */
async function loadedBy(args: readonly string[]): Promise<string[]> {
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(REGISTER)}` };
  const { stderr } = await rxscribe(args, { env });
  const root = new URL('../../..', import.meta.url).href;
  const loaded = stderr.split('\n').filter((url) => url.startsWith(root));
  return loaded.map((url) => url.slice(root.length)).toSorted((a, b) => a.localeCompare(b));
}
