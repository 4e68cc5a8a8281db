import { afterEach, describe, expect, it } from '@jest/globals';
import type { Simulator, SimulatorOptions } from '../../../src/simulator/index.ts';
import { killAll, start } from '../../support/cli.ts';
import type { Program } from '../../support/cli.ts';
import { WAV, keyOf, sentences, startService } from './service.ts';

describe('a transcription that receives a signal', () => {
  let service: Simulator | undefined;

  afterEach(async () => {
    await killAll();
    await service?.close();
  });

  /** Plays the recording until the first partial of its second sentence. */
  const midSentence = async (options: SimulatorOptions = {}, env: NodeJS.ProcessEnv = {}): Promise<Program> => {
    service = await startService(options);
    const args = ['file', WAV, '--url', service.url, '--speed', '2', '--format', 'ndjson'];
    const program = start(args, { env: { ...keyOf(service), ...env } });
    await program.stdout.waitFor(/"end_of_turn":false,"transcript":"Your micro/);
    return program;
  };

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`transcribes the last words at the first ${signal} and exits with 0`, async () => {
      const program = await midSentence();
      program.child.kill(signal);

      const { code, stdout, stderr } = await program.outcome;

      const finals = stdout.match(/(?<="end_of_turn":true,"transcript":")[^"]*/g) ?? [];
      const all = (await sentences()).join(' ');
      const complete = finals.join(' ').replace(/ ?\S*$/, ''); // the last word may have been cut
      expect(code).toBe(0);
      expect(stderr).toBe('rxscribe: stopping; press Ctrl-C again to quit immediately\n');
      expect(complete).toMatch(/Your micro/);
      expect(all.startsWith(complete)).toBe(true);
      expect(complete.length).toBeLessThan(all.length / 2);
      expect(service!.sessions[0]).toMatchObject({ endedBy: 'terminate' });
    });
  }

  it('exits immediately with 130 at the second Ctrl-C', async () => {
    const program = await midSentence({ terminationDelayMs: 60_000 });
    program.child.kill('SIGINT');
    await program.stderr.waitFor(/Ctrl-C again/);
    program.child.kill('SIGINT');

    expect(await program.outcome).toMatchObject({ code: 130, signal: null });
  });

  it('counts the Ctrl-C of the terminal and its copy from npm as one', async () => {
    const program = await midSentence({}, { npm_lifecycle_script: 'node dist/src/cli/main.js listen' });
    program.child.kill('SIGINT');
    await program.stderr.waitFor(/Ctrl-C again/);
    program.child.kill('SIGINT');

    expect(await program.outcome).toMatchObject({ code: 0 });
  });
});
