import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN, killAll, rxscribe, start } from '../../../support/cli.ts';
import type { Program } from '../../../support/cli.ts';
import { openScreen, withoutTmux } from '../../../support/tmux.ts';
import { WAV, WORDS, sentences } from '../service.ts';

const itOnScreen = (await withoutTmux()) === undefined ? it : it.skip;

interface Address {
  readonly url: string;
  readonly caFile: string;
  readonly apiKey: string;
}

async function addressOf(program: Program): Promise<Address> {
  const [line] = await program.stdout.waitFor(/^.*\n/);
  return JSON.parse(line) as Address;
}

function clientOf({ caFile, apiKey }: Address): NodeJS.ProcessEnv {
  return { NODE_EXTRA_CA_CERTS: caFile, ASSEMBLYAI_API_KEY: apiKey };
}

describe('rxscribe serve', () => {
  afterEach(killAll);

  it('prints its address, serves a client, logs each session and ends at a signal', async () => {
    const serve = start(['serve']);
    const address = await addressOf(serve);
    const client = await rxscribe(['file', WAV, '--url', address.url, '--speed', 'max'], { env: clientOf(address) });
    await serve.stderr.waitFor(/session 0: end/);
    serve.child.kill('SIGTERM');

    const { code, stdout, stderr } = await serve.outcome;

    expect(client).toMatchObject({ code: 0, stdout: `${(await sentences()).join('\n')}\n` });
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/session 0: begin \S+\nsession 0: end, terminate/);
    await expect(readFile(address.caFile)).rejects.toThrow('ENOENT');
  });

  itOnScreen('prints the ready command on a terminal', async () => {
    const screen = await openScreen(`'${process.execPath}' '${MAIN}' serve`, {}, [240, 24]);
    try {
      await screen.shows(
        /to use it: NODE_EXTRA_CA_CERTS='.+' ASSEMBLYAI_API_KEY=\S+ rxscribe file RECORDING --url wss:/,
      );
    } finally {
      await screen.close();
    }
  });

  it('injects faults; a client reports them and loses no word', async () => {
    const faults = [
      { atMs: 6000, fault: 'reset' },
      { atMs: 12_000, fault: 'close-3005' },
    ];
    const serve = start(['serve', '--faults', JSON.stringify(faults)]);
    const address = await addressOf(serve);
    const client = await rxscribe(['file', WAV, '--url', address.url, '--speed', '8'], { env: clientOf(address) });
    serve.child.kill('SIGTERM');

    expect(client).toMatchObject({ code: 0, stdout: `${(await sentences()).join('\n')}\n` });
    expect(client.stderr).toMatch(/reconnecting in \d+\.\d s, \d+\.\d s of audio to send again: the connection broke/);
    expect(client.stderr.match(/reconnected after \d+\.\d s/g)).toHaveLength(2);
    expect((await serve.outcome).stderr).toMatch(/fault reset at 6000 ms/);
  });

  it('makes a client fail that does not reconnect', async () => {
    const serve = start(['serve', '--faults', '[{"atMs":8000,"fault":"reset"}]']);
    const address = await addressOf(serve);
    const args = ['file', WAV, '--url', address.url, '--speed', 'max', '--no-reconnect'];
    const client = await rxscribe(args, { env: clientOf(address) });
    serve.child.kill('SIGTERM');
    await serve.outcome;

    expect(client.code).toBe(1);
    expect(client.stderr).toMatch(/not transcribed: .* \(error\)\nrxscribe: the connection broke/);
  });

  it('rejects invalid faults', async () => {
    const outcomes = await Promise.all([
      rxscribe(['serve', '--faults', '[{"atMs":1,"fault":"earthquake"}]']),
      rxscribe(['serve', '--faults', '[oops']),
      rxscribe(['serve', '--faults', '/no/such/plan.json']),
    ]);

    expect(outcomes.map(({ code }) => code)).toEqual([1, 2, 1]);
    expect(outcomes.map(({ stderr }) => stderr)).toEqual([
      expect.stringContaining("unknown fault 'earthquake'"),
      expect.stringContaining('--faults is not JSON'),
      expect.stringContaining('check the path'),
    ]);
  });

  it('recognises the given recordings', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rxscribe-words-'));
    const words = join(dir, 'words.json');
    await writeFile(words, (await readFile(WORDS, 'utf8')).replace('"Welcome"', '"Farewell"'));
    const serve = start(['serve', '--recording', WAV, '--words', words]);
    const address = await addressOf(serve);
    const client = await rxscribe(['file', WAV, '--url', address.url, '--speed', 'max'], { env: clientOf(address) });
    serve.child.kill('SIGINT');
    await rm(dir, { recursive: true });

    expect(client.stdout).toMatch(/^Farewell to rxscribe\.\n/);
    expect(await serve.outcome).toMatchObject({ code: 0 });
  });

  it('gives advice about a port that is taken and invalid files', async () => {
    const serve = start(['serve']);
    const { port } = new URL((await addressOf(serve)).url);
    const taken = await rxscribe(['serve', '--port', port]);
    const missing = await rxscribe(['serve', '--recording', 'missing.wav', '--words', WORDS]);
    const noJson = await rxscribe(['serve', '--recording', WAV, '--words', WAV]);

    expect(taken).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^rxscribe: .*choose another --port.*\n$/),
    });
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringMatching(/^rxscribe: .*missing\.wav.*\n$/) });
    expect(noJson).toMatchObject({ code: 1, stderr: expect.stringMatching(/^rxscribe: .*is not JSON.*\n$/) });
  });
});
