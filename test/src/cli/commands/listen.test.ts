import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Simulator } from '../../../../src/simulator/index.ts';
import { killAll, rxscribe, start } from '../../../support/cli.ts';
import { PULSE_DEVICE, startPulse, pulseSkipReason } from '../../../support/pulse.ts';
import type { Pulse } from '../../../support/pulse.ts';
import { WAV, keyOf, startService } from '../service.ts';

const skipped = await pulseSkipReason();
if (skipped) process.stderr.write(`skipping the tests of rxscribe listen: ${skipped}\n`);
const describeWithPulse = skipped ? describe.skip : describe;

describeWithPulse('rxscribe listen, with a real device', () => {
  let pulse: Pulse;
  let service: Simulator;

  beforeAll(async () => {
    pulse = await startPulse();
    service = await startService();
  });

  afterEach(killAll);

  afterAll(async () => {
    await service.close();
    await pulse.close();
  });

  it('reports when it listens, and transcribes the last words at Ctrl-C', async () => {
    const env = { ...pulse.env, ...keyOf(service) };
    const program = start(['listen', '--url', service.url, '--format', 'ndjson', '--vad', 'energy'], { env });
    await program.stderr.waitFor(/Listening.*; Ctrl-C ends/);
    const played = pulse.play(WAV).catch(() => undefined);
    await program.stdout.waitFor(/"SpeechStarted"/);
    program.child.kill('SIGINT');

    const { code, stdout, stderr } = await program.outcome;

    const lines = stdout.trimEnd().split('\n');
    const finals = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((event) => event['isFinal']);
    expect(code).toBe(0);
    expect(finals.map((turn) => turn['transcript'])).toEqual([expect.stringMatching(/^\[speech \d/)]);
    expect(stderr).toContain('rxscribe: speech\n');
    expect(service.sessions[0]).toMatchObject({ endedBy: 'terminate' });
    expect(service.violations).toEqual([]);
    void played;
  });

  it('opens a listed device by index, name and id', async () => {
    const { code, stdout } = await rxscribe(['devices'], { env: pulse.env });
    const [, index] = new RegExp(`^\\* +(\\d+)  ${PULSE_DEVICE} `, 'm').exec(stdout) ?? [];

    expect(code).toBe(0);
    for (const device of [index!, 'test microphone', 'alsa:default']) {
      const env = { ...pulse.env, ...keyOf(service), RXSCRIBE_DEVICE: device };
      const program = start(['--url', service.url], { env });
      await program.stderr.waitFor(/Listening on .+ \(.* kHz\); Ctrl-C ends/);
      program.child.kill('SIGTERM');
      expect(await program.outcome).toMatchObject({ code: 0 });
    }
  });
});
