import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { isPlainHelp } from '../../../src/cli/help.ts';
import { rxscribe } from '../../support/cli.ts';

const COMMANDS = ['listen', 'file', 'resume', 'devices', 'doctor', 'demo', 'models', 'serve'];

/** Loader hooks that print the URL of every module. */
const HOOKS = `export async function load(url, context, next) { process._rawDebug(url); return next(url, context); }`;
const REGISTER = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(HOOKS)}`)});`;

describe('rxscribe --help', () => {
  it.each(COMMANDS)('prints examples of %s', async (command) => {
    const { code, stdout, stderr } = await rxscribe([command, '--help']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain(`rxscribe ${command}`);
  });

  it('lists every command and the variable of the key', async () => {
    const { stdout } = await rxscribe(['--help']);

    expect(COMMANDS.filter((command) => !stdout.includes(`rxscribe ${command}`))).toEqual([]);
    expect(stdout).toContain('ASSEMBLYAI_API_KEY');
  });

  it('groups the options of a command', async () => {
    const { stdout } = await rxscribe(['listen', '--help']);

    const groups = ['Microphone:', 'Recognition:', 'Audio processing:', 'Output:', 'Captions page:'];
    expect(groups.filter((group) => !stdout.includes(`\n${group}\n`))).toEqual([]);
  });

  it('ignores invalid variables', async () => {
    const outcome = await rxscribe(['file', '--help'], { env: { RXSCRIBE_SPEED: 'fast' } });

    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([['--help'], ['-h'], ['help']])('prints the text of yargs with %s', async (arg) => {
    expect((await rxscribe([arg])).stdout).toBe((await rxscribe(['--help', '--help'])).stdout);
  });

  it('loads only the modules that print it', async () => {
    expect(await loadedBy(['--help'])).toEqual([
      'dist/src/cli/environment.js',
      'dist/src/cli/help.js',
      'dist/src/cli/main.js',
      'dist/src/cli/normalizeArgs.js',
      'dist/src/cli/usageError.js',
    ]);
  });

  it('loads yargs, but no command, if yargs prints it', async () => {
    const loaded = await loadedBy(['--help', '--help']);

    expect(loaded).toContain('node_modules/yargs/index.mjs');
    expect(loaded.filter((url) => url.startsWith('dist/'))).toEqual([
      'dist/src/cli/environment.js',
      'dist/src/cli/explainUsage.js',
      'dist/src/cli/help.js',
      'dist/src/cli/main.js',
      'dist/src/cli/normalizeArgs.js',
      'dist/src/cli/usageError.js',
      'dist/src/mostSimilar.js',
    ]);
    expect(loaded.filter((url) => /node_modules\/(rxjs|assemblyai|decibri|ws|node-forge|dotenv)\//.test(url))).toEqual(
      [],
    );
  });
});

describe('a command', () => {
  it('is explained without loading what it runs', async () => {
    const loaded = await loadedBy(['demo', '--help']);

    expect(loaded.filter((url) => /\/(rxjs|ws)\//.test(url))).toEqual([]);
    expect(loaded.filter((url) => url.startsWith('dist/src/captions/'))).toEqual([
      'dist/src/captions/captionFormats.js',
    ]);
  });

  it('is run without formatting its help', async () => {
    const count = `let calls = 0; const { segment } = Intl.Segmenter.prototype;
      Intl.Segmenter.prototype.segment = function (text) { calls++; return segment.call(this, text); };
      process.once('exit', () => process._rawDebug('texts measured: ' + calls));`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(count)}` };
    const [formatted, run] = await Promise.all(
      ['--help', 'missing.wav'].map((arg) => rxscribe(['file', arg], { env: { ...env, ASSEMBLYAI_API_KEY: 'key' } })),
    );

    expect(formatted!.stderr).toMatch(/texts measured: [1-9]/);
    expect(run!.stderr).toMatch(/missing\.wav[^]*texts measured: 0$/m);
  });
});

describe('isPlainHelp', () => {
  it('comes from yargs on narrow terminals and for commands', () => {
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

/** The files that the program loads, sorted. */
async function loadedBy(args: readonly string[]): Promise<string[]> {
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(REGISTER)}` };
  const { stderr } = await rxscribe(args, { env });
  const root = new URL('../../..', import.meta.url).href;
  const loaded = stderr.split('\n').filter((url) => url.startsWith(root));
  return loaded.map((url) => url.slice(root.length)).toSorted((a, b) => a.localeCompare(b));
}
