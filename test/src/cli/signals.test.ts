import { afterEach, describe, expect, it } from '@jest/globals';
import type { Simulator, SimulatorOptions } from '../../../src/simulator/index.ts';
import { killAll, start } from '../../support/cli.ts';
import type { Program } from '../../support/cli.ts';
import { WAV, keyOf, sentences, startService } from './service.ts';

describe('an interrupted transcription', () => {
  let service: Simulator | undefined;

  afterEach(async () => {
    await killAll();
    await service?.close();
  });

  /** Plays the recording until something of its second sentence was heard. */
  const midSentence = async (options: SimulatorOptions = {}, env: NodeJS.ProcessEnv = {}): Promise<Program> => {
    service = await startService(options);
    const args = ['file', WAV, '--url', service.url, '--speed', '2', '--format', 'ndjson'];
    const program = start(args, { env: { ...keyOf(service), ...env } });
    await program.stdout.says(/"end_of_turn":false,"transcript":"Your micro/);
    return program;
  };

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`keeps the last words at the first ${signal}, and ends with 0`, async () => {
      const program = await midSentence();
      program.child.kill(signal);

      const { code, stdout, stderr } = await program.outcome;

      const finals = stdout.match(/(?<="end_of_turn":true,"transcript":")[^"]*/g) ?? [];
      const all = (await sentences()).join(' ');
      const kept = finals.join(' ').replace(/ ?\S*$/, ''); // the word being said may have been cut
      expect(code).toBe(0);
      expect(stderr).toBe('rxscribe: stopping; Ctrl-C again quits at once\n');
      expect(kept).toMatch(/Your micro/);
      expect(all.startsWith(kept)).toBe(true);
      expect(kept.length).toBeLessThan(all.length / 2);
      expect(service!.sessions[0]).toMatchObject({ endedBy: 'terminate' });
    });
  }

  it('ends at once with 130 at the second Ctrl-C', async () => {
    const program = await midSentence({ terminationDelayMs: 60_000 });
    program.child.kill('SIGINT');
    await program.stderr.says(/Ctrl-C again/);
    program.child.kill('SIGINT');

    expect(await program.outcome).toMatchObject({ code: 130, signal: null });
  });

  it('takes the Ctrl-C that npm passes on for the one that the terminal sent', async () => {
    const program = await midSentence({}, { npm_lifecycle_script: 'node dist/src/cli/main.js listen' });
    program.child.kill('SIGINT');
    await program.stderr.says(/Ctrl-C again/);
    program.child.kill('SIGINT');

    expect(await program.outcome).toMatchObject({ code: 0 });
  });
});
