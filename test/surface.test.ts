import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { from, of } from 'rxjs';
import * as operators from '../operators/index.ts';
import type { ControlMessage, FinalTurn, PartialTurn, TranscriptionEvent, Turn } from '../operators/index.ts';
import * as testing from '../operators/testing/index.ts';
import * as captions from '../src/captions/index.ts';
import * as files from '../src/captions/files.ts';
import * as local from '../src/local/index.ts';
import * as main from '../src/index.ts';
import * as page from '../src/page/index.ts';
import * as rooms from '../src/rooms/index.ts';
import * as simulator from '../src/simulator/index.ts';
import * as tokens from '../src/tokens/index.ts';
import { ROOT } from './support/userProject.ts';

/** What is read of a `package.json`. */
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

describe('public surface', () => {
  it('of rxscribe: sources, transcribe, the error class and the frame size', () => {
    expect(Object.keys(main).toSorted()).toEqual([
      'TranscriptionError',
      'audioFile',
      'frameBytes',
      'mediaFile',
      'microphone',
      'pcmStream',
      'splitChannels',
      'transcribe',
    ]);
  });

  it('of rxscribe/operators: the operators', () => {
    expect(Object.keys(operators).toSorted()).toEqual([
      'START',
      'advance',
      'bufferBytes',
      'checkpoints',
      'finals',
      'mergeSpeakers',
      'partials',
      'transcript',
      'turns',
    ]);
  });

  it('of rxscribe/testing: a factory of each event', () => {
    expect(Object.keys(testing).toSorted()).toEqual([
      'audioGap',
      'begin',
      'controlReceived',
      'heartbeat',
      'llmGatewayResponse',
      'reconnecting',
      'resumed',
      'silence',
      'speakerRevision',
      'speechStarted',
      'stats',
      'suspended',
      'termination',
      'turn',
      'warning',
    ]);
  });

  it('of rxscribe/captions and rxscribe/files: formats and file writers', () => {
    expect(Object.keys(captions).toSorted()).toEqual(['captionDocument', 'cues', 'md', 'ndjson', 'srt', 'text', 'vtt']);
    expect(Object.keys(files).toSorted()).toEqual(['captionFile', 'openRun', 'wavFile']);
  });

  it('of rxscribe/tokens: the token endpoint and its client', () => {
    expect(Object.keys(tokens).toSorted()).toEqual(['tokenFrom', 'tokenHandler']);
  });

  it('of rxscribe/local: transcription on this device, and its models', () => {
    expect(Object.keys(local).toSorted()).toEqual([
      'KNOWN_MODELS',
      'downloadModel',
      'local',
      'modelsDirectory',
      'transcribeLocally',
    ]);
  });

  it('of rxscribe/page: the captions server', () => {
    expect(Object.keys(page)).toEqual(['captionsServer']);
  });

  it('of rxscribe/rooms: edges, workers and viewers of rooms', () => {
    expect(Object.keys(rooms).toSorted()).toEqual([
      'controlRoom',
      'listRooms',
      'publishRoom',
      'removeRoom',
      'roomEvents',
      'serveRooms',
      'setUpRooms',
    ]);
  });

  it('of rxscribe/simulator: the local service and its inputs', () => {
    expect(Object.keys(simulator).toSorted()).toEqual([
      'FAULT_KINDS',
      'bundledRecording',
      'createAuthority',
      'loadRecording',
      'startSimulator',
    ]);
  });

  // these tests also check types: an unused @ts-expect-error fails the type check
  it('distinguishes finals from partials by type', () => {
    const { finals, partials, turns } = operators;
    const turn$ = from<TranscriptionEvent[]>([]).pipe(turns());
    const seen: string[] = [];
    turn$.pipe(finals()).subscribe((turn: FinalTurn) => seen.push(turn.transcript));
    turn$.pipe(partials()).subscribe((turn: PartialTurn) => seen.push(turn.transcript));
    turn$.subscribe((turn: Turn) => seen.push(turn.transcript));
    // @ts-expect-error -- a turn may be partial
    turn$.subscribe((turn: FinalTurn) => seen.push(turn.transcript));
    expect(seen).toEqual([]);
  });

  it('rejects a missing, unknown or mistyped option at call time', () => {
    const { transcribe } = main;
    const known = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 16_000 } as const;
    // @ts-expect-error -- the sample rate has no default
    expect(() => transcribe({ apiKey: 'key', speechModel: 'u3-rt-pro' })).toThrow('sampleRate is missing');
    // @ts-expect-error -- an unknown name
    expect(() => transcribe({ ...known, speed: 2 })).toThrow('unknown option speed');
    // @ts-expect-error -- a string instead of a number
    expect(() => transcribe({ ...known, tapeLength: 'long' })).toThrow(TypeError);
    // @ts-expect-error -- two channels
    expect(() => transcribe({ ...known, channels: [{ name: 'a' }, { name: 'b' }] })).toThrow('channels');
    // @ts-expect-error -- frames are counted in bytes
    expect(() => operators.bufferBytes('3200')).toThrow(TypeError);
    // @ts-expect-error -- an option of Node's streams
    expect(() => main.microphone({ highWaterMark: 1 })).toThrow(TypeError);
    // @ts-expect-error -- the channels are counted
    expect(() => main.microphone({ channels: [0, 1] })).toThrow(TypeError);
    // @ts-expect-error -- float samples
    expect(() => main.audioFile('talk.wav', { dtype: 'float32' })).toThrow(TypeError);
  });

  it('rejects operators in the wrong place of a pipeline', () => {
    const frame$ = of(new Uint8Array(3200));
    // @ts-expect-error -- frames are not events
    expect(() => frame$.pipe(operators.turns())).not.toThrow();
    // @ts-expect-error -- frames are not events
    expect(() => frame$.pipe(operators.finals())).not.toThrow();
    // @ts-expect-error -- frames are not events
    expect(() => frame$.pipe(operators.partials())).not.toThrow();
  });

  it('has a type for each field that can be updated', () => {
    const updates: ControlMessage[] = [
      { type: 'UpdateConfiguration', mode: 'min_latency', continuous_partials: true, keyterms_prompt: null },
      // @ts-expect-error -- a misspelt field
      { type: 'UpdateConfiguration', continuous_partial: true },
    ];
    expect(updates).toHaveLength(2);
  });

  it('requires only packages that can be installed on every system', async () => {
    const read = async (path: string): Promise<Manifest> =>
      JSON.parse(await readFile(join(ROOT, path, 'package.json'), 'utf8')) as Manifest;
    const { dependencies } = await read('.');
    const packages = await Promise.all(Object.keys(dependencies).map((name) => read(join('node_modules', name))));
    expect(packages.filter(({ os, cpu }) => os ?? cpu)).toEqual([]);
  });

  it('takes events and turns in the views alike', () => {
    const { finals, partials, turns } = operators;
    const event$ = from<TranscriptionEvent[]>([]);
    const seen: string[] = [];
    event$.pipe(finals()).subscribe((turn: FinalTurn) => seen.push(turn.transcript));
    event$.pipe(turns(), finals()).subscribe((turn: FinalTurn) => seen.push(turn.transcript));
    event$.pipe(partials()).subscribe((turn: PartialTurn) => seen.push(turn.transcript));
    event$.pipe(turns(), partials()).subscribe((turn: PartialTurn) => seen.push(turn.transcript));
    expect(seen).toEqual([]);
  });
});
