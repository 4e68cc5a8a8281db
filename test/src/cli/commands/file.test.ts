import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Simulator } from '../../../../src/simulator/index.ts';
import { bundledRecording } from '../../../../src/simulator/index.ts';
import { isInstalled } from '../../../support/captions.ts';
import { MAIN, killAll, rxscribe, start, startCommand } from '../../../support/cli.ts';
import type { Outcome } from '../../../support/cli.ts';
import { similarityRecogniser } from '../../../support/similarityRecogniser.ts';
import { wav } from '../../audio/recordings.ts';
import { WAV, keyOf, sentences, startService } from '../service.ts';

/** Two channels of 16-bit samples as one. */
function interleaved(left: readonly Uint8Array[], right: readonly Uint8Array[]): Buffer {
  const channels = [Buffer.concat(left), Buffer.concat(right)];
  return Buffer.concat(
    Array.from({ length: channels[0]!.length / 2 }, (_, at) =>
      channels.map((channel) => channel.subarray(at * 2, at * 2 + 2)),
    ).flat(),
  );
}

describe('rxscribe file', () => {
  let service: Simulator;
  let env: NodeJS.ProcessEnv;
  let dir: string;

  beforeEach(async () => {
    service = await startService();
    env = keyOf(service);
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-file-'));
  });

  afterEach(async () => {
    await killAll();
    await service.close();
    await rm(dir, { recursive: true });
  });

  it('opens a session for speech with --suspend-after, and prints what it costs with --price', async () => {
    const flags = ['--speed', '8', '--suspend-after', '5', '--price', '0.45'];
    const outcome = await rxscribe(['file', WAV, '--url', service.url, ...flags], { env });

    expect(outcome.stdout.trimEnd().split('\n')).toEqual(await sentences());
    expect(outcome.stderr).toMatch(/^rxscribe: waiting for speech since 0:00; no session is open\n/);
    expect(outcome.stderr).toMatch(/0:24 of audio, 53 words, sessions were open for 0:\d\d, which costs 0\.\d+\n$/);
    const refused = await rxscribe(['file', WAV, '--suspend-after', '0.5'], { env });
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--suspend-after must be 1 to 86400 seconds, not 0.5'),
    });
  });

  for (const speed of ['8', 'max']) {
    it(`sends the unchanged recording in frames of 100 ms and prints each final once, at speed ${speed}`, async () => {
      const outcome = await rxscribe(['file', WAV, '--url', service.url, '--speed', speed], { env });

      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout.trimEnd().split('\n')).toEqual(await sentences());
      const [session] = service.sessions;
      const { pcm } = await bundledRecording();
      expect(Buffer.compare(session!.audio(), pcm)).toBe(0);
      expect(new Set(session!.frameBytes.slice(0, -1))).toEqual(new Set([3200]));
      expect(session).toMatchObject({ endedBy: 'terminate' });
      expect(service.violations).toEqual([]);
    });
  }

  it('prints every event as a line of JSON', async () => {
    const args = ['file', WAV, '--url', service.url, '--speed', 'max', '--format', 'ndjson'];
    const { code, stdout } = await rxscribe(args, { env });

    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const finals = events.filter((event) => event['isFinal'] === true);
    expect(code).toBe(0);
    expect(events[0]).toMatchObject({ type: 'Begin', session: 0 });
    expect(events.map(({ type }) => type)).toContain('Termination');
    expect(finals.map((turn) => turn['transcript'])).toEqual(await sentences());
  });

  it('reads raw PCM from stdin', async () => {
    const { pcm } = await bundledRecording();
    const program = start(['file', '-', '--url', service.url, '--speed', 'max'], { env });
    program.child.stdin.end(pcm);

    const { code, stdout } = await program.outcome;

    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual(await sentences());
    expect(Buffer.compare(service.sessions[0]!.audio(), pcm)).toBe(0);
  });

  it('reads on while a file grows with --follow, whose header has no length yet', async () => {
    const { pcm } = await bundledRecording();
    const path = join(dir, 'growing.wav');
    await writeFile(path, wav(pcm).subarray(0, 500_000));
    // long enough for a busy machine to connect and recognise what the file has
    const program = start(['file', path, '--follow', '8', '--url', service.url, '--speed', 'max'], { env });
    await program.stdout.waitFor(/\n/);
    await appendFile(path, wav(pcm).subarray(500_000));

    const { code, stdout, stderr } = await program.outcome;

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual(await sentences());
    expect(await rxscribe(['file', '-', '--follow'], { env })).toMatchObject({ code: 2 });
    expect(await rxscribe(['file', '--follow=soon', path], { env })).toMatchObject({ code: 2 });
  });

  it('transcribes each channel separately with --channels, in order of time', async () => {
    const { pcm } = await bundledRecording();
    const silence = new Uint8Array(pcm.length);
    const samples = interleaved([pcm, silence], [silence, pcm]);
    const args = ['file', '-', '--url', service.url, '--channels', 'agent,caller', '--speed', 'max'];
    const program = start(args, { env });
    program.child.stdin.end(wav(samples, { channels: 2 }));

    const { code, stdout, stderr } = await program.outcome;

    const spoken = await sentences();
    const expected = ['agent', 'caller'].flatMap((name) => spoken.map((text) => `${name}: ${text}`));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual(expected);
    expect(service.sessions).toHaveLength(2);
  });

  it.each([['agent'], ['a,a'], ['agent,caller', '--record', 'new.wav'], ['agent,caller', '--channel', '1']])(
    'refuses --channels %s %s',
    async (...flags) => {
      expect(await rxscribe(['file', WAV, '--channels', ...flags], { env })).toMatchObject({ code: 2, stdout: '' });
    },
  );

  it('sends the parameters of its flags and of --param', async () => {
    const flags = ['--keyterms', 'RxJS, scribe', '--language-codes=en,es', '--speaker-labels'];
    const params = ['--param', 'maxTurnSilence=800', '--param', 'voiceFocus=near-field', '--param=formatTurns=false'];
    const outcome = await rxscribe(['file', WAV, '--url', service.url, '--speed=max', ...flags, ...params], { env });

    expect(outcome).toMatchObject({ code: 0 });
    expect(service.sessions[0]!.params).toMatchObject({
      speech_model: 'universal-3-6-pro',
      sample_rate: '16000',
      keyterms_prompt: '["RxJS","scribe"]',
      speaker_labels: 'true',
      max_turn_silence: '800',
      voice_focus: 'near-field',
      format_turns: 'false',
    });
  });

  it('adds the path to an address without one', async () => {
    const url = service.url.replace('/v3/ws', '');
    const outcome = await rxscribe(['file', WAV, '--url', url, '--speed', 'max'], { env });

    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  it('ends silently when the reader of stdout closes it', async () => {
    const program = start(['file', WAV, '--url', service.url, '--speed', '4'], { env });
    await program.stdout.waitFor(/\n/);
    program.child.stdout.destroy();

    const { code, stderr } = await program.outcome;

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(service.sessions[0]!.audioMs).toBeLessThan(20_000);
  });
});

const describeWithFfmpeg = isInstalled('ffmpeg') ? describe : describe.skip;

describeWithFfmpeg('rxscribe file, of what ffmpeg reads', () => {
  let service: Simulator;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-film-'));
    // compressed audio is no longer equal byte for byte
    service = await startService({ recogniser: similarityRecogniser(await bundledRecording()) });
  });

  afterAll(async () => {
    await killAll();
    await service.close();
    await rm(dir, { recursive: true });
  });

  it('prints the words of an MP3, of a film and of a pipe', async () => {
    const env = keyOf(service);
    const [mp3, mkv] = [join(dir, 'talk.mp3'), join(dir, 'film.mkv')];
    const stereo = ['-i', WAV, '-ac', '2', '-ar', '48000'];
    const ffmpeg = (...args: string[]): Promise<Outcome> => startCommand('ffmpeg', ['-v', 'error', ...args]).outcome;
    await ffmpeg(...stereo, mp3);
    await ffmpeg('-f', 'lavfi', '-i', 'color=size=64x64:rate=5', ...stereo, '-c:a', 'libopus', '-shortest', mkv);
    const flags = ['--url', service.url, '--speed', 'max'];
    const decode = `ffmpeg -v error -i '${mp3}' -f s16le -ac 1 -ar 16000 -`;
    const command = [process.execPath, MAIN, 'file', '-', ...flags].map((word) => `'${word}'`).join(' ');

    const outcomes = await Promise.all([
      rxscribe(['file', mp3, ...flags], { env }),
      rxscribe(['file', mkv, ...flags], { env }),
      startCommand('sh', ['-c', `${decode} | ${command}`], { env }).outcome,
      startCommand('sh', ['-c', `cat '${mp3}' | ${command}`], { env }).outcome,
    ]);

    const expected = { code: 0, signal: null, stdout: `${(await sentences()).join('\n')}\n`, stderr: '' };
    expect(outcomes).toEqual(outcomes.map(() => expected));
  });
});
