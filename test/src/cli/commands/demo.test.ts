import { afterEach, describe, expect, it } from '@jest/globals';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import { sentences } from '../service.ts';

describe('rxscribe demo', () => {
  afterEach(killAll);

  it('transcribes the bundled recording without key, trust or settings, and says what is not real', async () => {
    const env = { NODE_EXTRA_CA_CERTS: '', RXSCRIBE_REGION: 'eu', RXSCRIBE_SAMPLE_RATE: '8000' };
    const { code, stdout, stderr } = await rxscribe(['demo', '--speed', 'max'], { env });

    expect(stdout.trimEnd().split('\n')).toEqual(await sentences());
    expect(stderr).toMatch(/real: the AssemblyAI SDK.*\n.*not real: the recognition/);
    expect(stderr).toMatch(/heard 24\.8 s in 248 messages, 0 violations/);
    expect(code).toBe(0);
  });

  it('stops at Ctrl-C with the last words', async () => {
    const program = start(['demo', '--speed', '2']);
    await program.stdout.says(/Welcome to rxscribe\./);
    program.child.kill('SIGINT');

    const { code, stdout } = await program.outcome;

    expect(code).toBe(0);
    expect(stdout).toMatch(/^Welcome to rxscribe\.\n/);
    expect(stdout.split('\n').length).toBeLessThan(5);
  });

  it('takes a Ctrl-C that comes twice, from the terminal and passed on, for one', async () => {
    const program = start(['demo', '--format', 'ndjson']);
    await program.stdout.says(/"Begin"/);
    program.child.kill('SIGINT');
    await program.stderr.says(/Ctrl-C again/);
    program.child.kill('SIGINT');

    expect(await program.outcome).toMatchObject({ code: 0 });
  });
});
