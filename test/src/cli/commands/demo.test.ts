import { afterEach, describe, expect, it } from '@jest/globals';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import { sentences } from '../service.ts';

describe('rxscribe demo', () => {
  afterEach(killAll);

  it('transcribes the bundled recording without key, CA file or settings, and says what is simulated', async () => {
    const env = { NODE_EXTRA_CA_CERTS: '', RXSCRIBE_REGION: 'eu', RXSCRIBE_SAMPLE_RATE: '8000' };
    const { code, stdout, stderr } = await rxscribe(['demo', '--speed', 'max'], { env });

    expect(stdout.trimEnd().split('\n')).toEqual(await sentences());
    expect(stderr).toMatch(/real: the AssemblyAI SDK.*\n.*simulated: the recognition/);
    expect(stderr).toMatch(/received 24\.8 s in 248 messages, 0 protocol violations/);
    expect(code).toBe(0);
  });

  it('transcribes the last words at Ctrl-C', async () => {
    const program = start(['demo', '--speed', '2']);
    await program.stdout.waitFor(/Welcome to rxscribe\./);
    program.child.kill('SIGINT');

    const { code, stdout, stderr } = await program.outcome;

    expect(code).toBe(0);
    expect(stderr).toContain('rxscribe: the local service ends a word that was cut off with ~\n');
    expect(stdout).toMatch(/^Welcome to rxscribe\.\n/);
    expect(stdout.split('\n').length).toBeLessThan(5);
  });

  it('counts the Ctrl-C of the terminal and its forwarded copy as one', async () => {
    const program = start(['demo', '--format', 'ndjson'], { isGroup: true });
    await program.stdout.waitFor(/"Begin"/);
    process.kill(-program.child.pid!, 'SIGINT');

    expect(await program.outcome).toMatchObject({ code: 0 });
  });
});
