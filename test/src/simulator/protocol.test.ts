import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { bundledRecording, type Recording, type Simulator, type SimulatorEvent } from '../../../src/simulator/index.ts';
import { AudioBudget } from '../../../src/simulator/audioBudget.ts';
import { recogniseRecordings } from '../../../src/simulator/recogniseRecordings.ts';
import { ServiceState } from '../../../src/simulator/serviceState.ts';
import { SessionLog } from '../../../src/simulator/sessionLog.ts';
import { syntheticSpeech } from '../../support/syntheticSpeech.ts';
import { BareClient, start } from './bareClient.ts';

const US = 'universal-streaming-english';
const BAD_JSON = 'Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)';
const ERROR_SEEN = 'See Error message for details';

let simulator: Simulator;
let recording: Recording;

beforeAll(async () => {
  recording = await bundledRecording();
  simulator = await start();
});

afterAll(() => simulator.close());

function dial(query: Record<string, string | number | boolean> = {}, headers?: Record<string, string>): BareClient {
  return new BareClient(simulator, { query, ...(headers && { headers }) });
}

function lastSession(service = simulator) {
  return service.sessions.at(-1)!;
}

function violations(service = simulator): string[] {
  const { index } = lastSession(service);
  return service.violations.filter(({ session }) => session === index).map(({ code }) => code);
}

describe('Begin', () => {
  it('has an id, the expiry, and the eight fields of the configuration', async () => {
    const client = await dial({ speech_model: 'universal-3-5-pro', domain: 'medical-v1' }).opened();
    const begin = await client.message('Begin');
    expect(begin).toEqual({
      type: 'Begin',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expires_at: expect.any(Number),
      configuration: {
        model: 'universal-3-5-pro',
        mode: 'balanced',
        api_version: '2025-05-12',
        speaker_labels: false,
        redact_pii: false,
        filter_profanity: false,
        domain: 'medical-v1',
        voice_focus: null,
      },
    });
    expect(Number(begin['expires_at']) - Date.now() / 1000).toBeCloseTo(10_800, -1);
    await client.finish();
  });

  it('has no mode for the Universal-Streaming models', async () => {
    const client = await dial({ speech_model: US }).opened();
    expect((await client.message('Begin'))['configuration']).toMatchObject({ model: US, mode: null });
    await client.finish();
  });

  it('is sent after beginDelayMs, before all results of audio received before it', async () => {
    await using slow = await start({ beginDelayMs: 300 });
    const startedAt = performance.now();
    const client = new BareClient(slow);
    await client.ready;
    client.sendAudio(recording.pcm);
    const over = client.finish();
    await client.opened();
    expect(performance.now() - startedAt).toBeGreaterThan(250);
    expect(await over).toMatchObject({ code: 1000 });
    expect([client.types[0], client.types.at(-1)]).toEqual(['Begin', 'Termination']);
    expect(client.finals).toHaveLength(7);
  });
});

describe('a session', () => {
  it('sends every word of a known recording, then Termination', async () => {
    const client = await dial({ speech_model: 'universal-3-5-pro' }).opened();
    client.sendAudio(recording.pcm);
    expect(await client.finish()).toEqual({ code: 1000, reason: 'Session Ended' });
    expect(client.transcript).toBe(recording.words.map(({ text }) => text).join(' '));
    expect(client.received.at(-1)).toEqual({
      type: 'Termination',
      audio_duration_seconds: 25,
      session_duration_seconds: expect.any(Number),
    });
    expect(lastSession()).toMatchObject({
      endedBy: 'terminate',
      closeCode: 1000,
      audioMs: 24_760,
      authorization: 'ok',
    });
    expect(Buffer.compare(lastSession().audio(), recording.pcm)).toBe(0);
    expect(lastSession().frameBytes).toHaveLength(Math.ceil(recording.pcm.length / 3200));
    expect(violations()).toEqual([]);
  });

  it('starts from zero with every connection', async () => {
    const runs: unknown[] = [];
    for (const query of [{ speech_model: US }, { speech_model: US }]) {
      // oxlint-disable-next-line no-await-in-loop -- one session after the other
      const client = await dial(query).opened();
      client.sendAudio(recording.pcm.subarray(0, 320_000));
      // oxlint-disable-next-line no-await-in-loop
      await client.finish();
      runs.push(client.turns);
    }
    expect(runs[1]).toEqual(runs[0]);
  });

  it('ends the open turn at Terminate, and sends an empty final on the Universal-Streaming models', async () => {
    const client = await dial({ speech_model: US }).opened();
    client.sendAudio(recording.pcm.subarray(0, 32 * 1000));
    await client.finish();
    expect(client.finals.map((turn) => turn['transcript'])).toEqual(['welcome to~', '']);
  });

  it('applies the whole preset of a mode set by an update', async () => {
    const client = await dial({
      speech_model: 'universal-3-5-pro',
      min_turn_silence: 5000,
      max_turn_silence: 5000,
    }).opened();
    client.send({ type: 'UpdateConfiguration', mode: 'min_latency' });
    client.sendAudio(recording.pcm);
    await client.finish();
    expect(client.finals).toHaveLength(7);
  });

  it('sends no reply to KeepAlive and UpdateConfiguration, and applies the update', async () => {
    const client = await dial({ speech_model: 'universal-3-5-pro' }).opened();
    client.send({ type: 'KeepAlive' });
    client.send({ type: 'UpdateConfiguration', min_turn_silence: 5000, max_turn_silence: 5000 });
    await client.ping();
    expect(client.types).toEqual(['Begin']);
    client.sendAudio(recording.pcm);
    await client.finish();
    expect(client.finals).toHaveLength(1);
    expect(lastSession().controls).toHaveLength(3);
  });

  it('ends the open turn at ForceEndpoint, and does nothing if none is open', async () => {
    const client = await dial({ speech_model: 'universal-3-5-pro' }).opened();
    client.send({ type: 'ForceEndpoint' });
    client.sendAudio(recording.pcm.subarray(0, 32 * 4000));
    client.send({ type: 'ForceEndpoint' });
    client.sendAudio(recording.pcm.subarray(32 * 4000, 32 * 7200));
    await client.finish();
    expect(client.finals.map((turn) => turn['transcript'])).toEqual([
      'Welcome to rxscribe.',
      'Your microphone',
      'becomes text, word by word, while you speak.',
    ]);
  });

  it('recognises speech in µ-law, and nothing in compressed audio', async () => {
    const mulaw = await dial({ encoding: 'pcm_mulaw', sample_rate: 8000, speech_model: 'universal-3-5-pro' }).opened();
    mulaw.sendAudio(
      Uint8Array.from({ length: 16_000 }, (_, at) => (at < 8000 ? (at % 2 ? 0x10 : 0x90) : 0xff)),
      4000,
    );
    await mulaw.finish();
    expect(mulaw.transcript).toBe('[speech 1.0 s]');
    expect(lastSession().audioMs).toBe(2000);
    const opus = await dial({ encoding: 'opus' }).opened();
    opus.sendAudio(new Uint8Array(100), 20);
    expect(await opus.finish()).toMatchObject({ code: 1000 });
    expect(lastSession()).toMatchObject({ audioMs: 0, audioBytes: 100 });
  });

  it('records client-close if the client closes without Terminate', async () => {
    const ends = new EventEmitter<{ end: [SimulatorEvent] }>();
    const ended = once(ends, 'end');
    await using service = await start({ onEvent: (event) => event.type === 'end' && ends.emit('end', event) });
    const client = await new BareClient(service).opened();
    client.destroy();
    expect((await ended)[0]).toEqual({ type: 'end', session: 0, endedBy: 'client-close', closeCode: 1006 });
  });
});

describe('refusals', () => {
  it.each([
    ['a missing key', {}, 'Unauthorized Connection: Missing Authorization header'],
    ['a wrong key', { authorization: 'nonsense' }, 'Unauthorized Connection: Invalid API key'],
    ['a key with Bearer', { authorization: 'Bearer x' }, 'Unauthorized Connection: Invalid API key'],
  ])('%s: opens the socket, then Error 1008', async (_, headers, error) => {
    const client = dial({}, headers);
    expect(await client.closed).toEqual({ code: 1008, reason: ERROR_SEEN });
    expect(client.received).toEqual([{ type: 'Error', error_code: 1008, error }]);
    expect(lastSession().endedBy).toBe('error');
  });

  it.each([
    ['http-401', 'Unexpected server response: 401'],
    ['http-403', 'Unexpected server response: 403'],
  ] as const)('a wrong key on the upgrade, with refuse %s', async (refuse, message) => {
    await using service = await start({ refuse });
    const client = new BareClient(service, { headers: { authorization: 'nonsense' } });
    await client.closed;
    expect(client.errors).toEqual([message]);
    expect(lastSession(service)).toMatchObject({ authorization: 'invalid', endedBy: 'error' });
  });

  it.each([
    ['speech_model', 'u3-pro'],
    ['sample_rate', 7000],
    ['encoding', 'flac'],
    ['mode', 'fast'],
    ['format_turns', 'maybe'],
    ['vad_threshold', 1.5],
    ['interruption_delay', 1001],
    ['inactivity_timeout', 4],
    ['max_speakers', 11],
    ['language_codes', '["multi","en"]'],
    ['prompt', 'x'.repeat(1751)],
    ['agent_context', 'x'.repeat(1751)],
    ['keyterms_prompt', JSON.stringify(Array.from({ length: 101 }, () => 'term'))],
    ['keyterms_prompt', 'term'],
    ['keyterms_prompt', 'one,two'],
    ['speaker_labels_revision_interval_ms', 86_400_001],
    ['previous_context_n_turns', 101],
    ['voice_focus_threshold', 0.5],
    ['llm_gateway', '{'],
  ])('a bad %s: Error 3006 and no Begin', async (name, value) => {
    const client = dial({ [name]: value });
    expect(await client.closed).toEqual({ code: 3006, reason: ERROR_SEEN });
    expect(client.types).toEqual(['Error']);
    expect(client.received[0]!['error']).toMatch(new RegExp(`^User Input Validation Error: Invalid '${name}': `));
    expect(violations()).toEqual(['parameter']);
  });

  it('a mode on a model that has none', async () => {
    const client = dial({ speech_model: US, mode: 'balanced' });
    expect(await client.closed).toMatchObject({ code: 3006 });
  });

  it('ignores unknown names and records them', async () => {
    const client = await dial({ speechModel: US }).opened();
    await client.finish();
    expect(lastSession().unknownParams).toEqual(['speechModel']);
  });

  it('more sessions a minute than allowed: Error 1008', async () => {
    await using service = await start({ sessionsPerMinute: 1 });
    const first = await new BareClient(service).opened();
    const second = new BareClient(service);
    expect(await second.closed).toMatchObject({ code: 1008 });
    expect(second.received[0]!['error']).toBe('Unauthorized Connection: Too many concurrent sessions');
    await first.finish();
  });

  it('another path: HTTP 404', async () => {
    const client = new BareClient({ ...simulator, url: simulator.url.replace('/v3/ws', '/v2/ws') });
    await client.closed;
    expect(client.errors).toEqual(['Unexpected server response: 404']);
  });

  it.each(['//', '/v3/token?', '//v3/ws'])('responds to an odd request for %s and keeps running', async (path) => {
    const { hostname, port } = new URL(simulator.url);
    for (const headers of [{}, { connection: 'Upgrade', upgrade: 'websocket' }]) {
      const [response] = await once(get({ hostname, port, path, headers }), 'response');
      expect([404, 422]).toContain((response as IncomingMessage).resume().statusCode);
    }
  });
});

describe('parameters', () => {
  /** Resolves with `Begin.configuration`. */
  async function configurationOf(query: Record<string, string | number | boolean>): Promise<unknown> {
    const client = await dial({ speech_model: 'universal-3-5-pro', ...query }).opened();
    await client.finish();
    return client.received[0]!['configuration'];
  }

  it.each(['True', 'true', 'TRUE', '1', 'yes', 'on', 't', 'Y'])('speaker_labels=%s is true', async (value) => {
    expect(await configurationOf({ speaker_labels: value })).toMatchObject({ speaker_labels: true });
  });

  it.each(['False', 'false', '0', 'no', 'off', 'F', 'n'])('speaker_labels=%s is false', async (value) => {
    expect(await configurationOf({ speaker_labels: value })).toMatchObject({ speaker_labels: false });
  });

  it.each([
    '["en","es","ca","gl","fa","ur","yue","af","mr","zu"]',
    '["de","fr","it","pt","tr","nl","sv","no","da","fi"]',
    '["hi","vi","ar","he","ja","zh","ru","ko","ro","et"]',
    '["xh","nn"]',
    'en',
    '[]',
  ])('language_codes=%s is accepted', async (value) => {
    expect(await configurationOf({ language_codes: value })).toMatchObject({ model: 'universal-3-5-pro' });
  });

  it.each(['bg', 'cs', 'el', 'hr', 'hu', 'id', 'lt', 'lv', 'ms', 'pl', 'uk', 'en,es'])(
    'language_codes=%s is refused',
    async (value) => {
      const client = dial({ language_codes: value });
      expect(await client.closed).toMatchObject({ code: 3006 });
      expect(client.received[0]!['error']).toMatch(
        /^User Input Validation Error: Invalid 'language_codes\.0': Input should be 'en', 'es', .*, 'nn' or 'multi'$/,
      );
    },
  );

  it('language_codes may be repeated', async () => {
    const url = `${simulator.url}?language_codes=en&language_codes=pl`;
    const client = new BareClient({ ...simulator, url });
    await client.closed;
    expect(client.received[0]!['error']).toMatch("Invalid 'language_codes.1': ");
  });

  it.each(['multi', '["multi"]'])('language_codes=%s selects the multilingual model', async (value) => {
    const expected = { model: 'universal-streaming-multilingual', mode: null };
    expect(await configurationOf({ language_codes: value })).toMatchObject(expected);
  });

  it.each(['assemblyai-stt-3-7-realtime', 'assemblyai-stt-3-7-realtime-agent', 'u3-rt-pro', 'universal-3-6-pro'])(
    'speech_model=%s is accepted',
    async (model) => {
      expect(await configurationOf({ speech_model: model })).toMatchObject({ model, mode: 'balanced' });
    },
  );

  it.each([
    { speaker_labels: true, speaker_labels_revision_interval_ms: 0 },
    { speaker_labels: true, speaker_labels_revision_interval_ms: 60_000 },
    { speaker_labels: true, speaker_labels_revision_interval_ms: 86_400_000 },
    { max_turn_duration: 5000 },
    { previous_context_n_turns: 100 },
    { keyterms_prompt: JSON.stringify(['x'.repeat(200)]) },
  ])('%j is accepted', async (query) => {
    expect(await configurationOf(query)).toMatchObject({ model: 'universal-3-5-pro' });
  });

  it('max_turn_duration ends a turn although speech continues', async () => {
    const client = await dial({ speech_model: 'universal-3-5-pro', max_turn_duration: 1000 }).opened();
    client.sendAudio(recording.pcm);
    await client.finish();
    expect(client.finals.length).toBeGreaterThan(10);
  });

  it.each([
    ['mode', 'fast', "Input should be 'min_latency', 'balanced' or 'max_accuracy'"],
    ['encoding', 'flac', "'flac' is not a valid Encoding"],
    ['sample_rate', '7000', 'Value error, sample_rate must be at least 8,000 Hz'],
    ['min_turn_silence', '160.0', "Value error, invalid literal for int() with base 10: '160.0'"],
    ['inactivity_timeout', '4', 'Input should be greater than or equal to 5'],
    ['max_speakers', '11', 'Input should be less than or equal to 10'],
    ['format_turns', 'maybe', 'Input should be a valid boolean, unable to interpret input'],
    ['vad_threshold', 'x', 'Input should be a valid number, unable to parse string as a number'],
    ['keyterms_prompt', 'a', 'Value error, Invalid JSON array'],
    ['keyterms_prompt', JSON.stringify(Array.from({ length: 101 }, () => 'a')), 'Value error, Max 100 items'],
    [
      'agent_context',
      'x'.repeat(1800),
      'Value error, agent_context exceeds maximum length of 1750 characters (got 1800)',
    ],
  ])('a bad %s has the words of the real service', async (name, value, text) => {
    const client = dial({ [name]: value });
    await client.closed;
    expect(client.received[0]!['error']).toBe(`User Input Validation Error: Invalid '${name}': ${text}`);
  });

  it.each([
    ['prompt', US],
    ['prompt', 'universal-streaming-multilingual'],
    ['mode', US],
  ])('%s is refused on %s', async (name, model) => {
    const client = dial({ speech_model: model, [name]: name === 'mode' ? 'balanced' : 'A call.' });
    expect(await client.closed).toMatchObject({ code: 3006 });
    expect(client.received[0]!['error']).toContain(`${name} is only supported with the 'u3-rt-pro' speech_model`);
  });

  it('keyterms, prompt and silences can be reset by null in an update', async () => {
    const client = await dial({
      speech_model: 'universal-3-5-pro',
      max_turn_silence: 5000,
      min_turn_silence: 5000,
    }).opened();
    const reset = { keyterms_prompt: null, prompt: null, min_turn_silence: null, max_turn_silence: null };
    client.send({ type: 'UpdateConfiguration', ...reset });
    client.sendAudio(recording.pcm);
    expect(await client.finish()).toMatchObject({ code: 1000 });
    expect(client.finals).toHaveLength(7);
    expect(violations()).toEqual([]);
  });

  it.each(['/', ''])('the bare origin %j is served as /v3/ws', async (path) => {
    const client = await new BareClient({ ...simulator, url: simulator.url.replace('/v3/ws', path) }).opened();
    expect(await client.finish()).toMatchObject({ code: 1000 });
  });
});

describe('speaker labels', () => {
  it('give each word a confidence once the voice is identified', async () => {
    const client = await dial({ speech_model: 'universal-3-5-pro', speaker_labels: 'True' }).opened();
    client.sendAudio(recording.pcm);
    await client.finish();
    const words = client.finals.flatMap((turn) => turn['words'] as Record<string, unknown>[]);
    expect(words.some(({ speaker }) => speaker === 'PENDING')).toBe(true);
    for (const word of words) expect('speaker_confidence' in word).toBe(word['speaker'] !== 'PENDING');
  });

  it('are revised during the session, at the clamped interval', async () => {
    const long = syntheticSpeech({ seed: 5, seconds: 180 });
    await using service = await start({ recordings: [long] });
    const query = {
      speech_model: 'universal-3-5-pro',
      speaker_labels: true,
      speaker_labels_revision_interval_ms: 1000,
    };
    const client = await new BareClient(service, { query }).opened();
    client.sendAudio(long.pcm);
    await client.finish();
    const revision = client.types.indexOf('SpeakerRevision');
    const turnsBefore = client.received.slice(0, revision).filter((message) => message['end_of_turn'] === true);
    const lastWord = (turnsBefore.at(-1)!['words'] as { end: number }[]).at(-1)!;
    expect(lastWord.end).toBeGreaterThan(110_000);
    expect(lastWord.end).toBeLessThan(150_000);
    expect(client.types.slice(revision)).toContain('Turn');
  });
});

describe('ForceEndpoint', () => {
  it('ends speech that the service does not know', async () => {
    const unknown = syntheticSpeech({ seed: 9, seconds: 10 });
    const { start: from } = unknown.words[0]!;
    const client = await dial({ speech_model: 'universal-3-5-pro' }).opened();
    const spoken = Buffer.alloc(32 * 2000);
    for (let at = 0; at < spoken.length; at += 3200) spoken.set(unknown.pcm.subarray(32 * from, 32 * from + 3200), at);
    client.sendAudio(spoken.subarray(0, 32 * 1500));
    client.send({ type: 'ForceEndpoint' });
    client.sendAudio(spoken.subarray(32 * 1500));
    await client.ping();
    expect(client.finals.map((turn) => turn['transcript'])).toEqual(['[speech 1.5 s]']);
    await client.finish();
    expect(client.finals).toHaveLength(2);
  });
});

describe('rules for messages', () => {
  const invalid: [string, (client: BareClient) => void, number, string][] = [
    ['bad JSON', (client) => client.send('{bad'), 3006, BAD_JSON],
    ['an array', (client) => client.send('[]'), 3006, 'Invalid Message: '],
    ['an unknown type', (client) => client.send({ type: 'Sing' }), 3006, 'Invalid Message Type: Sing'],
    [
      'a bad update',
      (client) => client.send({ type: 'UpdateConfiguration', agent_context: 'x'.repeat(1751) }),
      3006,
      "Invalid 'agent_context': ",
    ],
    ['1200 ms in one message', (client) => client.sendAudio(new Uint8Array(38_400), 38_400), 3007, '1200.0 ms'],
    ['a second of 20 ms messages', (client) => client.sendAudio(new Uint8Array(49 * 640), 640), 3007, '20.0 ms'],
  ];

  it.each(invalid)('%s ends the session with an Error and no Termination', async (_, act, code, text) => {
    const client = await dial().opened();
    act(client);
    expect(await client.closed).toEqual({ code, reason: ERROR_SEEN });
    expect(client.types).toEqual(['Begin', 'Error']);
    expect(client.received.at(-1)).toMatchObject({ error_code: code, error: expect.stringContaining(text) });
    expect(violations()).not.toEqual([]);
    expect(lastSession().endedBy).toBe('error');
  });

  it('a message over 128 KB closes with 1009', async () => {
    const client = await dial().opened();
    client.sendAudio(new Uint8Array(131_073), 131_073);
    expect(await client.closed).toMatchObject({ code: 1009 });
    expect(violations()).toEqual(['frame-size']);
  });

  it('messages of exactly 50 and 1000 ms are valid', async () => {
    const client = await dial().opened();
    client.sendAudio(new Uint8Array(1600), 1600);
    client.sendAudio(new Uint8Array(32_000), 32_000);
    await client.finish();
    expect(violations()).toEqual([]);
  });

  it('one short message right before Terminate is valid, elsewhere it is a violation', async () => {
    const tail = await dial().opened();
    tail.sendAudio(new Uint8Array(4000), 3200);
    await tail.finish();
    expect(violations()).toEqual([]);
    const middle = await dial().opened();
    middle.sendAudio(new Uint8Array(800), 800);
    middle.sendAudio(new Uint8Array(3200));
    await middle.finish();
    expect(violations()).toEqual(['frame-duration']);
    const two = await dial().opened();
    two.sendAudio(new Uint8Array(1600), 800);
    await two.finish();
    expect(violations()).toEqual(['frame-duration', 'frame-duration']);
  });

  it('half a sample, audio after Terminate and a second Terminate are violations', async () => {
    await using service = await start({ terminationDelayMs: 200 });
    const client = await new BareClient(service).opened();
    client.sendAudio(new Uint8Array(3201), 3201);
    client.send({ type: 'Terminate' });
    client.sendAudio(new Uint8Array(3200));
    await client.finish();
    expect(violations(service)).toEqual(['odd-length', 'after-terminate', 'double-terminate']);
    expect(lastSession(service).audioBytes).toBe(3201);
  });

  it('a backlog beyond the limit is refused', async () => {
    await using service = await start({ aheadLimitMs: 5000 });
    const client = await new BareClient(service).opened();
    client.sendAudio(recording.pcm);
    expect(await client.closed).toMatchObject({ code: 3007 });
    expect(client.received.at(-1)!['error']).toMatch(
      /Audio Transmission Rate Exceeded: Received \d+\.\d+ sec\. audio in/,
    );
  });

  it('a session expires', async () => {
    await using service = await start({ maxSessionSeconds: 0.2 });
    const client = await new BareClient(service).opened();
    expect(await client.closed).toEqual({ code: 3008, reason: ERROR_SEEN });
    expect(client.received.at(-1)!['error']).toBe('Session Expired: Maximum session duration exceeded');
  });

  it('a session without audio ends after inactivity_timeout, with heartbeats until then', async () => {
    const client = await dial({ inactivity_timeout: 6, session_heartbeat: true }).opened();
    expect(await client.closed).toMatchObject({ code: 3006 });
    expect(client.types).toEqual(['Begin', 'Heartbeat', 'Error']);
    expect(client.received.at(-1)!['error']).toBe(
      'Session terminated due to inactivity: No messages received for 6 seconds',
    );
    expect(client.received[1]).toMatchObject({ total_audio_received_ms: 0, realtime_factor: 0 });
  });
});

describe('the record', () => {
  it('keeps neither audio nor frame lengths without keepAudio', async () => {
    await using service = await start({ keepAudio: false, recordings: [syntheticSpeech({ seed: 1, seconds: 5 })] });
    const client = await new BareClient(service).opened();
    client.sendAudio(new Uint8Array(32_000));
    await client.finish();
    expect(lastSession(service)).toMatchObject({ audioMs: 1000, frameBytes: [] });
    expect(lastSession(service).audio()).toHaveLength(0);
  });

  it('keeps the latest 32 MiB of audio', () => {
    const budget = new AudioBudget();
    const [first, second] = [0, 1].map((index) => new SessionLog(index, {}, 'ok', true));
    for (const log of [first!, second!]) {
      for (let minute = 0; minute < 10; minute++) {
        log.addAudio(new Uint8Array(60 * 32_000).fill(minute), 60_000);
        budget.add(log, 60 * 32_000);
      }
    }
    expect(first!.audio()).toHaveLength(7 * 60 * 32_000);
    expect(first!.audio()[0]).toBe(3);
    expect(second!.audio()).toHaveLength(10 * 60 * 32_000);
    expect(first).toMatchObject({ audioMs: 600_000, audioBytes: 600 * 32_000 });
  });

  it('keeps the latest 1000 connections and violations', () => {
    const options = { keepAudio: true, beginDelayMs: 0, terminationDelayMs: 0, maxSessionSeconds: 1 };
    const rest = {
      refuse: 'error-frame',
      formatting: 'two-finals',
      aheadLimitMs: 1,
      sessionsPerMinute: 1,
      minuteMs: 60_000,
    } as const;
    const service = new ServiceState({ ...options, ...rest, faults: [] }, recogniseRecordings([]), [], {});
    for (let count = 0; count < 1500; count++) {
      const { index } = service.openLog({}, 'invalid');
      service.reportViolation({ session: index, atMs: 0, code: 'parameter', message: '' });
    }
    expect(service.sessions).toHaveLength(1000);
    expect(service.violations).toHaveLength(1000);
    expect([service.sessions[0]!.index, service.sessions.at(-1)!.index]).toEqual([500, 1499]);
  });

  it('emits events as they happen', async () => {
    const events: SimulatorEvent[] = [];
    await using service = await start({ onEvent: (event) => events.push(event) });
    const client = await new BareClient(service).opened();
    client.send('nonsense');
    await client.closed;
    await service.close();
    expect(events.map(({ type }) => type)).toEqual(['connection', 'begin', 'violation', 'end']);
  });

  it('can be closed twice, with sessions open', async () => {
    const service = await start();
    const client = await new BareClient(service).opened();
    await Promise.all([service.close(), service.close(), client.closed]);
    expect(await client.closed).toMatchObject({ code: 1006 });
    expect(lastSession(service).endedBy).toBeUndefined();
  });
});
