import { describe, expect, it } from '@jest/globals';
import { from, of } from 'rxjs';
import * as operators from '../operators/index.ts';
import type { FinalTurn, PartialTurn, TranscriptionEvent, Turn } from '../operators/index.ts';
import * as captions from '../src/captions/index.ts';
import * as files from '../src/captions/files.ts';
import * as main from '../src/index.ts';
import * as page from '../src/page/index.ts';
import * as simulator from '../src/simulator/index.ts';
import * as tokens from '../src/tokens/index.ts';

describe('public surface', () => {
  it('of rxscribe is the sources, transcribe, the error, and the size of a frame', () => {
    expect(Object.keys(main).toSorted()).toEqual([
      'TranscriptionError',
      'audioFile',
      'frameBytes',
      'microphone',
      'pcmStream',
      'transcribe',
    ]);
  });

  it('of rxscribe/operators is the operators', () => {
    expect(Object.keys(operators).toSorted()).toEqual(['bufferBytes', 'finals', 'partials', 'transcript', 'turns']);
  });

  it('of rxscribe/captions is the formats, and of rxscribe/files what writes them', () => {
    expect(Object.keys(captions).toSorted()).toEqual(['captionDocument', 'cues', 'md', 'ndjson', 'srt', 'text', 'vtt']);
    expect(Object.keys(files).toSorted()).toEqual(['captionFile', 'wavFile']);
  });

  it('of rxscribe/tokens is what gives tokens and what asks for them', () => {
    expect(Object.keys(tokens).toSorted()).toEqual(['tokenFrom', 'tokenHandler']);
  });

  it('of rxscribe/page is what serves the captions', () => {
    expect(Object.keys(page)).toEqual(['captionsServer']);
  });

  it('of rxscribe/simulator is the local service and what it is told', () => {
    expect(Object.keys(simulator).toSorted()).toEqual([
      'FAULT_KINDS',
      'bundledRecording',
      'createAuthority',
      'loadRecording',
      'startSimulator',
    ]);
  });

  // what does not compile is the point here: an unused @ts-expect-error fails the type check
  it('knows a final from a partial by its type', () => {
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

  it('refuses an option that is missing, unknown, or of another kind, before anything runs', () => {
    const { transcribe } = main;
    const known = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 16_000 } as const;
    // @ts-expect-error -- the sample rate has no default
    expect(() => transcribe({ apiKey: 'key', speechModel: 'u3-rt-pro' })).toThrow('sampleRate is missing');
    // @ts-expect-error -- a name nobody knows
    expect(() => transcribe({ ...known, speed: 2 })).toThrow('unknown option speed');
    // @ts-expect-error -- a number in words
    expect(() => transcribe({ ...known, tapeLength: 'long' })).toThrow(TypeError);
    // @ts-expect-error -- two channels
    expect(() => transcribe({ ...known, channels: [{ name: 'a' }, { name: 'b' }] })).toThrow('channels');
    // @ts-expect-error -- frames are counted in bytes
    expect(() => operators.bufferBytes('3200')).toThrow(TypeError);
    // @ts-expect-error -- stereo
    expect(() => main.microphone({ channels: 2 })).toThrow(TypeError);
    // @ts-expect-error -- float samples
    expect(() => main.audioFile('talk.wav', { dtype: 'float32' })).toThrow(TypeError);
  });

  it('does not let an operator take what another stage emits', () => {
    const frame$ = of(new Uint8Array(3200));
    // @ts-expect-error -- frames are no events
    expect(() => frame$.pipe(operators.turns())).not.toThrow();
    // @ts-expect-error -- frames are no events
    expect(() => frame$.pipe(operators.finals())).not.toThrow();
    // @ts-expect-error -- frames are no events
    expect(() => frame$.pipe(operators.partials())).not.toThrow();
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
