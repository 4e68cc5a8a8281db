import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AssemblyAI, type StreamingTranscriber, type TurnEvent } from 'assemblyai';
import { bundledRecording, type Recording, type Simulator } from '../../../src/simulator/index.ts';
import { start } from './bareClient.ts';

let simulator: Simulator;
let recording: Recording;

beforeAll(async () => {
  recording = await bundledRecording();
  simulator = await start();
});

afterAll(() => simulator.close());

type Options = Partial<Parameters<AssemblyAI['streaming']['transcriber']>[0]>;

function transcriber(options: Options = {}, apiKey = simulator.apiKey): StreamingTranscriber {
  const client = new AssemblyAI({ apiKey });
  return client.streaming.transcriber({
    websocketBaseUrl: simulator.url,
    sampleRate: 16_000,
    speechModel: 'universal-streaming-english',
    connectTimeout: 0, // no limit
    ...options,
  });
}

async function transcribe(official: StreamingTranscriber): Promise<TurnEvent[]> {
  const turns: TurnEvent[] = [];
  official.on('turn', (turn) => turns.push(turn));
  await official.connect();
  for (let at = 0; at < recording.pcm.length; at += 3200) {
    official.sendAudio(Uint8Array.from(recording.pcm.subarray(at, at + 3200)).buffer);
  }
  await official.close(true, 0); // waits for Termination without a limit
  return turns;
}

describe('the official SDK', () => {
  it.each(['universal-3-5-pro', 'universal-3-6-pro', 'universal-streaming-multilingual'] as const)(
    'transcribes the recording with %s over verified TLS',
    async (speechModel) => {
      const turns = await transcribe(transcriber({ speechModel, formatTurns: true }));
      const finals = turns.filter((turn) => turn.end_of_turn && turn.turn_is_formatted);
      expect(finals.map(({ transcript }) => transcript).join(' ')).toBe(
        recording.words.map(({ text }) => text).join(' '),
      );
      expect(finals.flatMap(({ words }) => words.map(({ start: from, end }) => [from, end]))).toEqual(
        recording.words.map(({ start: from, end }) => [from, end]),
      );
      expect(simulator.violations).toEqual([]);
    },
  );

  it('receives the speakers, and their correction', async () => {
    const official = transcriber({ speechModel: 'universal-3-5-pro', speakerLabels: true });
    const revised: string[] = [];
    official.on('speakerRevision', ({ revisions }) => revised.push(...revisions.map((one) => one.speaker_label ?? '')));
    const turns = await transcribe(official);
    const labels = turns.filter((turn) => turn.end_of_turn).map((turn) => turn.speaker_label);
    expect(labels).toEqual(['PENDING', 'PENDING', 'PENDING', 'A', 'B', 'A', 'A']);
    expect(revised).toEqual(['A', 'A', 'B']);
  });

  it('opens a session with a temporary token', async () => {
    const { host } = new URL(simulator.url);
    const client = new AssemblyAI({ apiKey: simulator.apiKey, streamingBaseUrl: `https://${host}` });
    const token = await client.streaming.createTemporaryToken({
      expires_in_seconds: 60,
      max_session_duration_seconds: 120,
    });
    const official = client.streaming.transcriber({
      websocketBaseUrl: simulator.url,
      token,
      connectTimeout: 0,
      sampleRate: 16_000,
      speechModel: 'universal-3-5-pro',
    });
    const begin = await official.connect();
    expect(begin.expires_at - Date.now() / 1000).toBeCloseTo(120, -1);
    await official.close();
    expect(simulator.sessions.at(-1)).toMatchObject({ authorization: 'ok', params: { token: '***' } });
  });

  it('receives an error for an invalid token request', async () => {
    const { host } = new URL(simulator.url);
    const client = new AssemblyAI({ apiKey: simulator.apiKey, streamingBaseUrl: `https://${host}` });
    await expect(client.streaming.createTemporaryToken({ expires_in_seconds: 601 })).rejects.toThrow('"detail"');
  });

  it('is refused with a wrong key', async () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    const before = simulator.sessions.length;
    await expect(transcriber({}, 'nonsense').connect()).rejects.toMatchObject({ code: 1008 });
    warn.mockRestore();
    expect(simulator.sessions.slice(before).every(({ endedBy }) => endedBy === 'error')).toBe(true);
  });

  it('sends UpdateConfiguration, ForceEndpoint and KeepAlive without a violation', async () => {
    const official = transcriber();
    const failed = jest.fn();
    official.on('error', failed);
    await official.connect();
    official.updateConfiguration({ min_turn_silence: 800, keyterms_prompt: ['rxscribe'] });
    official.forceEndpoint();
    official.keepAlive();
    await official.close(true, 0);
    expect(failed).not.toHaveBeenCalled();
    expect(simulator.sessions.at(-1)).toMatchObject({ endedBy: 'terminate', controls: { length: 4 } });
    expect(simulator.violations).toEqual([]);
  });
});
