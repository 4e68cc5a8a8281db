import { setImmediate as breathe } from 'node:timers/promises';
import { tap } from 'rxjs';
import type { Stats, TranscriptionEvent } from '../../operators/events.ts';
import { bufferBytes } from '../../operators/bufferBytes.ts';
import { pcmStream } from '../../src/audio/pcmStream.ts';
import { FAULT_KINDS } from '../../src/simulator/faults.ts';
import type { Fault, FaultKind } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Recording, Simulator, SimulatorEvent } from '../../src/simulator/index.ts';
import { transcribe } from '../../src/streaming/transcribe.ts';
import { seededRandom, syntheticSpeech } from './syntheticSpeech.ts';

/** One run under faults. */
export interface Chaos {
  readonly seed: number;
  /** Minutes of audio, said from one hour of it over and over. */
  readonly minutes: number;
  /** How many faults strike, one at a random moment of each stretch of the audio. */
  readonly faults: number;
  readonly kinds?: readonly FaultKind[];
}

/** What came of it. */
export interface Outcome {
  /** Finals as they were told: the text, and where it was said. */
  readonly told: readonly string[];
  readonly turnOrders: readonly number[];
  readonly stats: Stats;
  readonly gaps: number;
  /** How often each fault struck. */
  readonly struck: Readonly<Record<string, number>>;
  readonly violations: Simulator['violations'];
  readonly seconds: number;
}

/**
 * All but a rate limit, which is answered by a wait of 5 to 10 s, and faults of the end, which would all strike there: they
 * have tests of their own.
 */
export const QUICK_FAULTS: readonly FaultKind[] = FAULT_KINDS.filter(
  (kind) => !['rate-limit', 'no-termination', 'reset-after-terminate'].includes(kind),
);

/** Faults that strike the next connection need one that is lost before. */
const NEXT_CONNECTION: ReadonlySet<FaultKind> = new Set(['refuse-connect', 'close-before-begin', 'slow-begin']);

/**
 * One fault in each stretch, as long as the next. Were they at random all over, three would strike in a row sooner or later
 * before a session told of anything, and that rightly is the end.
 */
function plan({ seed, minutes, faults, kinds = QUICK_FAULTS }: Chaos): Fault[] {
  const next = seededRandom(seed);
  const stretch = (minutes * 60_000) / faults;
  return Array.from({ length: faults }, (_, index) => {
    const atMs = Math.round((index + next()) * stretch);
    const fault = kinds[Math.floor(next() * kinds.length)] ?? 'reset';
    const ms = Math.round(next() * 1500);
    return NEXT_CONNECTION.has(fault)
      ? [
          { atMs, fault, ms },
          { atMs, fault: 'reset' as const },
        ]
      : [{ atMs, fault }];
  }).flat();
}

/** The text and the place of a turn: `00:01:02.345 So it goes.` */
function line(turn: {
  readonly transcript: string;
  readonly words: readonly { start: number; end: number }[];
}): string {
  return `${turn.words[0]?.start}-${turn.words.at(-1)?.end} ${turn.transcript}`;
}

/** Transcribes hours of known audio at high speed while everything goes wrong that can. */
export async function runChaos(chaos: Chaos): Promise<Outcome> {
  const { seed, minutes } = chaos;
  const recording = syntheticSpeech({ seed, seconds: Math.min(minutes, 60) * 60 });
  const struck: Record<string, number> = {};
  const onEvent = (event: SimulatorEvent): void => {
    if (event.type === 'fault') struck[event.fault] = (struck[event.fault] ?? 0) + 1;
  };
  const faults = plan(chaos);
  const caDir = process.env.RXSCRIBE_TEST_CA_DIR ?? '';
  const started = performance.now();
  await using simulator = await startSimulator({ recordings: [recording], keepAudio: false, caDir, onEvent, faults });
  const events = await told(simulator, recording, minutes);
  const turns = events.filter((event) => event.type === 'Turn');
  return {
    told: turns.map(line),
    turnOrders: turns.map(({ turn_order }) => turn_order),
    stats: events.findLast((event) => event.type === 'Stats')!,
    gaps: events.filter(({ type }) => type === 'AudioGap').length,
    struck,
    violations: simulator.violations,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Every final, gap, and account; partials are not kept. */
async function told(simulator: Simulator, recording: Recording, minutes: number): Promise<TranscriptionEvent[]> {
  const events: TranscriptionEvent[] = [];
  const event$ = pcmStream(chunks(recording, minutes)).pipe(
    bufferBytes(3200),
    transcribe({
      apiKey: simulator.apiKey,
      websocketBaseUrl: simulator.url,
      speechModel: 'u3-rt-pro',
      sampleRate: recording.sampleRate,
      catchUpSpeed: Infinity,
      stallTimeout: 1000,
      terminationTimeout: 1000,
      maxOutage: Infinity,
    }),
    tap((event) => {
      if (event.type === 'Turn' ? event.isFinal : event.type === 'Stats' || event.type === 'AudioGap')
        events.push(event);
    }),
  );
  await event$.forEach(() => {});
  return events;
}

async function* chunks({ pcm, sampleRate }: Recording, minutes: number): AsyncGenerator<Uint8Array> {
  const total = minutes * 60 * sampleRate * 2;
  for (let at = 0; at < total;) {
    const from = at % pcm.length;
    const chunk = pcm.subarray(from, Math.min(from + 32_000, from + total - at));
    at += chunk.length;
    yield chunk;
    await breathe();
  }
}
