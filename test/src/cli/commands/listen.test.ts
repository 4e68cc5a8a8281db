import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { bundledRecording } from '../../../../src/simulator/index.ts';
import type { Simulator } from '../../../../src/simulator/index.ts';
import type { TranscriptionEvent } from '../../../../operators/events.ts';
import { MAIN, killAll, rxscribe, start, startCommand } from '../../../support/cli.ts';
import { HUMAN_TEXT, humanSpeech } from '../../../support/humanSpeech.ts';
import { PULSE_DEVICE, startPulse, pulseSkipReason } from '../../../support/pulse.ts';
import type { Pulse } from '../../../support/pulse.ts';
import { speechModel } from '../../../support/speechModel.ts';
import { wordErrors, wordsOf } from '../../../support/wordErrors.ts';
import { wav } from '../../audio/recordings.ts';
import { keyOf, startService } from '../service.ts';

const skipped = await pulseSkipReason();
if (skipped) process.stderr.write(`skipping the tests of rxscribe listen: ${skipped}\n`);
const describeWithPulse = skipped ? describe.skip : describe;

/** How often the sound server is killed. Each time takes some 5 s. */
const KILLS = Number(process.env['PULSE_KILLS'] ?? 3);

let folder: string;

/** The first sentence of the demo recording in the left of two channels. */
async function onlyLeft(): Promise<string> {
  const { pcm } = await bundledRecording();
  const stereo = Buffer.alloc(4 * 48_000);
  for (let at = 0; at < stereo.length; at += 4) stereo.set(pcm.subarray(at / 2, at / 2 + 2), at);
  const path = join(folder, 'left.wav');
  await writeFile(path, wav(stereo, { channels: 2 }));
  return path;
}

describeWithPulse('rxscribe listen, with a real device', () => {
  let pulse: Pulse;
  let service: Simulator;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rxscribe-listen-'));
    pulse = await startPulse();
    service = await startService();
  });

  afterEach(killAll);

  afterAll(async () => {
    await service.close();
    await pulse.close();
    await rm(folder, { recursive: true });
  });

  it('reports when it listens, and transcribes the last words at Ctrl-C', async () => {
    const env = { ...pulse.env, ...keyOf(service) };
    const program = start(['listen', '--url', service.url, '--format', 'ndjson', '--vad', 'energy'], { env });
    await program.stderr.waitFor(/Listening.*; Ctrl-C ends/);
    const played = pulse.play(await onlyLeft());
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
    await played; // the next test must not record it
  });

  it('opens a session for speech with --suspend-after, and prints what it costs with --price', async () => {
    const env = { ...pulse.env, ...keyOf(service) };
    const before = service.sessions.length;
    const program = start(['listen', '--url', service.url, '--suspend-after', '30', '--price', '0.45'], { env });
    await program.stderr.waitFor(/Listening[^]*no session is open|no session is open[^]*Listening/);
    expect(service.sessions).toHaveLength(before);
    await pulse.play(await onlyLeft());
    await program.stdout.waitFor(/\n/);
    program.child.kill('SIGINT');

    const { code, stdout, stderr } = await program.outcome;

    expect(code).toBe(0);
    expect(stdout).toMatch(/^\[speech /);
    expect(stderr).toMatch(/sessions were open for 0:\d\d, which costs 0\.\d+\n$/);
    expect(service.sessions).toHaveLength(before + 1);
  });

  it('recognises human speech on this device without a network', async () => {
    // the sound server's socket is a file, so it is reached from a network namespace without interfaces
    const inNamespace = ['--net', '--map-root-user', process.execPath, MAIN];
    const args = [...inNamespace, 'listen', '--local', await speechModel(), '--format', 'ndjson'];
    const program = startCommand('unshare', args, { env: pulse.env });
    await program.stdout.waitFor(/"Begin"/);
    await pulse.play(humanSpeech(folder));
    program.child.kill('SIGINT');

    const { code, stdout } = await program.outcome;

    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TranscriptionEvent);
    const text = events
      .flatMap((event) => (event.type === 'Turn' && event.isFinal ? [event.transcript] : []))
      .join(' ');
    // transcribeLocally.test.ts holds the same speech to 5 %; on a busy machine the sound server loses audio
    expect(wordErrors(HUMAN_TEXT, text) / wordsOf(HUMAN_TEXT).length).toBeLessThanOrEqual(0.3);
    expect(events.at(-1)).toMatchObject({ type: 'Stats', gapMs: 0 });
  });

  it('transcribes each channel of the device separately with --channels', async () => {
    const env = { ...pulse.env, ...keyOf(service) };
    const program = start(['listen', '--url', service.url, '--channels', 'host,guest'], { env });
    await program.stderr.waitFor(/Listening/);
    await pulse.play(await onlyLeft());
    await program.stdout.waitFor(/\n/);
    program.child.kill('SIGINT');

    const { code, stdout } = await program.outcome;

    expect(code).toBe(0);
    expect(stdout).toMatch(/^(host: \[speech .*\n)+$/);
    expect(await rxscribe(['--channels', 'a,b', '--agc', '-18'], { env })).toMatchObject({ code: 2 });
  });

  it(`survives the sound server, which is killed ${KILLS} times, and reports every gap`, async () => {
    const env = { ...pulse.env, ...keyOf(service) };
    const program = start(['listen', '--url', service.url, '--format', 'ndjson'], { env });
    for (let kills = 0; kills < KILLS; kills += 1) {
      // oxlint-disable no-await-in-loop -- one after another
      await program.stderr.waitFor(new RegExp(`(?:Listening[^]*){${kills + 1}}`));
      await pulse.kill();
      await program.stderr.waitFor(new RegExp(`(?:Listening[^]*microphone: [^]*){${kills + 1}}`));
      await pulse.restart();
      // oxlint-enable no-await-in-loop
    }
    await program.stderr.waitFor(new RegExp(`(?:Listening[^]*){${KILLS + 1}}`));
    await program.stdout.waitFor(new RegExp(`(?:"AudioGap"[^]*){${KILLS}}`));
    await pulse.kill();
    program.child.kill('SIGINT');

    const { code, stdout, stderr } = await program.outcome;
    await pulse.restart();

    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const gaps = events.filter(({ type }) => type === 'AudioGap');
    expect(code).toBe(0);
    expect(new Set(gaps.map(({ reason }) => reason))).toEqual(new Set(['device']));
    // the last one is reported only if it was noticed before Ctrl-C
    expect(gaps.length - KILLS).toBeLessThanOrEqual(1);
    expect(gaps.length).toBeGreaterThanOrEqual(KILLS);
    expect(stderr.match(/Listening on/g)).toHaveLength(KILLS + 1);
    expect(service.violations).toEqual([]);
  });

  it('opens a listed device by index, name and id', async () => {
    const { code, stdout } = await rxscribe(['devices'], { env: pulse.env });
    const [, index] = new RegExp(`^\\* +(\\d+)  ${PULSE_DEVICE} `, 'm').exec(stdout) ?? [];

    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +\d+ {2}rxscribe silent microphone .* pulse:silent$/m);
    for (const device of [index!, 'test microphone', 'alsa:default', 'pulse:silent']) {
      const env = { ...pulse.env, ...keyOf(service), RXSCRIBE_DEVICE: device };
      const program = start(['--url', service.url], { env });
      await program.stderr.waitFor(/Listening on .+ \(.* kHz\); Ctrl-C ends/);
      program.child.kill('SIGTERM');
      expect(await program.outcome).toMatchObject({ code: 0 });
    }
  });
});
