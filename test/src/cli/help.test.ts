import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
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

  it('loads nothing but yargs', async () => {
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(REGISTER)}` };
    const { stderr } = await rxscribe(['--help'], { env });

    const loaded = stderr.split('\n').filter((url) => url.startsWith('file:'));
    const ours = loaded.filter((url) => !url.includes('/node_modules/'));
    expect(loaded.some((url) => url.includes('/node_modules/yargs/'))).toBe(true);
    expect(loaded.filter((url) => /node_modules\/(rxjs|assemblyai|decibri|ws|node-forge|dotenv)\//.test(url))).toEqual(
      [],
    );
    const names = ours.map((url) => /dist\/src\/(.*)$/.exec(url)?.[1]);
    expect(names.toSorted((a, b) => a!.localeCompare(b!))).toEqual([
      'cli/environment.js',
      'cli/main.js',
      'cli/usage.js',
    ]);
  });
});

describe('rxscribe --version', () => {
  it('is the version of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };

    expect(await rxscribe(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});
