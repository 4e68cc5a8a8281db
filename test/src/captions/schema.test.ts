import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { from, lastValueFrom, toArray } from 'rxjs';
import { bufferBytes } from '../../../operators/bufferBytes.ts';
import { transcript } from '../../../operators/transcript.ts';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { audioFile } from '../../../src/audio/audioFile.ts';
import { captionFile, wavFile } from '../../../src/captions/files.ts';
import { captionDocument } from '../../../src/captions/index.ts';
import type { DocumentFormat } from '../../../src/captions/index.ts';
import { bundledRecording } from '../../../src/simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../../../src/simulator/index.ts';
import type { TranscribeOptions } from '../../../src/streaming/options.ts';
import { transcribe } from '../../../src/streaming/transcribe.ts';
import { speakerRevision, finalTurn } from '../../support/captions.ts';
import { WAV, startService } from '../cli/service.ts';

interface Schema {
  readonly $defs: Record<string, { readonly properties?: Record<string, unknown> }>;
}

const SCHEMA = fileURLToPath(new URL('../../../src/captions/events.schema.json', import.meta.url));
const NAMES = ['talk.txt', 'talk.srt', 'talk.vtt', 'talk.md', 'talk.ndjson'];

let schema: Schema;
let valid: ValidateFunction;
let dir: string;
let simulator: Simulator | undefined;

beforeAll(async () => {
  schema = JSON.parse(await readFile(SCHEMA, 'utf8')) as Schema;
  valid = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);
  dir = await mkdtemp(join(tmpdir(), 'rxscribe-schema-'));
});
afterEach(() => simulator?.close());
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Transcribes the bundled recording at full speed and writes files of every format. */
async function transcribeToFiles(
  service: SimulatorOptions,
  options: Partial<TranscribeOptions>,
): Promise<TranscriptionEvent[]> {
  simulator = await startService(service);
  const event$ = audioFile(WAV, { speed: Infinity }).pipe(
    wavFile(join(dir, 'copy.wav'), { sampleRate: 16_000, force: true }),
    bufferBytes(3200),
    transcribe({
      apiKey: simulator.apiKey,
      websocketBaseUrl: simulator.url,
      speechModel: 'universal-3-6-pro',
      sampleRate: 16_000,
      catchUpSpeed: Infinity,
      ...options,
    }),
  );
  const saved$ = NAMES.reduce((saving$, name) => saving$.pipe(captionFile(join(dir, name), { force: true })), event$);
  return lastValueFrom(saved$.pipe(toArray()));
}

/** Reads the lines of the NDJSON file, each validated against the schema. */
async function lines(): Promise<TranscriptionEvent[]> {
  const text = await readFile(join(dir, 'talk.ndjson'), 'utf8');
  const events = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TranscriptionEvent);
  for (const event of events) {
    expect({ event, valid: valid(event), errors: valid.errors }).toMatchObject({ valid: true, errors: null });
    expect(Object.keys(schema.$defs[event.type]?.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(event)));
  }
  return events;
}

describe('files of a transcription', () => {
  it.each<[string, SimulatorOptions, Partial<TranscribeOptions>, string[]]>([
    [
      'with every optional event',
      {},
      { speakerLabels: true, sessionHeartbeat: true, acknowledgeSilence: true },
      ['Begin', 'Turn', 'SpeechStarted', 'Stats', 'Termination'],
    ],
    ['that loses its connection', { faults: [{ atMs: 8000, fault: 'reset' }] }, {}, ['Reconnecting']],
    [
      'whose end is never confirmed',
      { faults: Array.from({ length: 5 }, () => ({ atMs: 0, fault: 'no-termination' }) as const) },
      { terminationTimeout: 200 },
      ['AudioGap'],
    ],
  ])('contain all events of one %s, as in the schema', async (_, service, options, types) => {
    const events = await transcribeToFiles(service, options);

    expect(await lines()).toEqual(JSON.parse(JSON.stringify(events)));
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(types));
    const state = await lastValueFrom(from(events).pipe(transcript()));
    for (const [name, format] of NAMES.map((file) => [file, file.split('.')[1]?.replace('txt', 'text')] as const)) {
      if (format === 'ndjson') continue;
      expect(await readFile(join(dir, name), 'utf8')).toBe(captionDocument(state.turns, format as DocumentFormat));
    }
    const { pcm } = await bundledRecording();
    expect((await readFile(join(dir, 'copy.wav'))).subarray(80).equals(Buffer.from(pcm))).toBe(true);
  });
});

describe('events.schema.json', () => {
  const turn = finalTurn(0, 'Yes.');
  const every: TranscriptionEvent[] = [
    { type: 'Begin', id: '1', expires_at: 1, session: 0 },
    turn,
    { ...turn, isFinal: false },
    { type: 'SpeechStarted', timestamp: 0, session: 0 },
    { type: 'Termination', session: 0 },
    speakerRevision(['A', turn]),
    {
      type: 'Heartbeat',
      total_audio_received_ms: 1,
      total_duration_ms: 1,
      realtime_factor: 1,
      max_speech_probability: 0,
      session: 0,
    },
    { type: 'Silence', start_ms: 0, end_ms: 1, session: 0 },
    { type: 'Warning', warning_code: 0, warning: 'odd', session: 0 },
    { type: 'LLMGatewayResponse', turn_order: 0, transcript: 'Yes.', data: {}, session: 0 },
    { type: 'Reconnecting', session: 0, attempt: 1, delayMs: 0, replayMs: 0, reason: 'gone' },
    { type: 'Suspended', session: 0, atMs: 5 },
    { type: 'Resumed', session: 0, atMs: 8 },
    { type: 'AudioGap', session: 0, startMs: 0, endMs: 1, reason: 'device' },
    { type: 'ControlReceived', session: 0, atMs: 0, message: { type: 'ForceEndpoint' } },
    {
      type: 'Stats',
      session: 0,
      capturedMs: 1,
      sentMs: 1,
      replayedMs: 0,
      transcribedMs: 1,
      gapMs: 0,
      skippedMs: 0,
      openMs: 1,
      sessions: 1,
      reconnects: 0,
      finalDelayMs: undefined,
    },
  ];

  it('has every event, with every field described', () => {
    expect(every.filter((event) => !valid(JSON.parse(JSON.stringify(event))))).toEqual([]);
    const types = Object.keys(schema.$defs).filter((name) => name !== 'session' && name !== 'word');
    expect(new Set(every.map(({ type }) => type))).toEqual(new Set(types));
  });

  it('accepts nothing else', () => {
    for (const event of every) {
      expect(valid({ ...event, session: 'first' })).toBe(false);
      expect(valid({ ...event, type: `${event.type}?` })).toBe(false);
    }
    expect(valid({ ...turn, words: [{ text: 'Yes.' }] })).toBe(false);
    expect(valid({ ...turn, transcript: '' })).toBe(false);
  });
});
