import { setImmediate as nextTask } from 'node:timers/promises';
import { tap } from 'rxjs';
import type { AudioGap, FinalTurn, Stats } from '../../operators/events.ts';
import { START } from '../../operators/checkpoint.ts';
import { finals } from '../../operators/turns.ts';
import { pcmStream } from '../../src/audio/pcmStream.ts';
import type { EventLog } from '../../src/durable/eventLog.ts';
import { framesFrom } from '../../src/durable/framesFrom.ts';
import { ALL_FAULT_KINDS, isConnectFault, isTerminateFault } from '../../src/simulator/faults.ts';
import type { Fault, FaultKind, FieldReplacement, PoisonFault } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Recording, Simulator, SimulatorEvent } from '../../src/simulator/index.ts';
import { transcribe } from '../../src/streaming/transcribe.ts';
import { seededRandom, syntheticSpeech } from './syntheticSpeech.ts';

/** Options of a chaos run. */
export interface ChaosOptions {
  readonly seed: number;
  /** Minutes of audio: up to an hour, or full hours, in which the recording repeats. */
  readonly minutes: number;
  /** Number of faults, distributed over the audio. */
  readonly faults: number;
  readonly kinds?: readonly FaultKind[];
  /** Number of steps of the wall clock, back or ahead by up to three hours. @defaultValue 0 */
  readonly clockSteps?: number;
  /** Whether the service always fails on one stretch of each repetition of the recording. @defaultValue false */
  readonly poisoned?: boolean;
  /** The option of `transcribe`, in milliseconds; a fifth of the audio is then speech. */
  readonly suspendAfter?: number;
  /** The log of an earlier process, whose transcription is continued; the events are appended to it. */
  readonly log?: EventLog;
}

/** A word of a final. Times are milliseconds on the audio clock. */
export interface ChaosWord {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** The result of a chaos run. */
export interface ChaosResult {
  /** The words of the audio. */
  readonly spoken: readonly ChaosWord[];
  /** The words of the finals. */
  readonly words: readonly ChaosWord[];
  readonly turnOrders: readonly number[];
  readonly stats: Stats;
  readonly gaps: readonly AudioGap[];
  /** Positions of audio that always fails, in milliseconds. */
  readonly poisonMs: readonly number[];
  /** How often each fault happened. */
  readonly faultCounts: Readonly<Record<string, number>>;
  readonly violations: Simulator['violations'];
  readonly seconds: number;
}

/** All faults except a rate limit, which costs a wait of 5 to 10 s, and those of the end, which occurs only once. */
export const QUICK_FAULTS: readonly FaultKind[] = ALL_FAULT_KINDS.filter(
  (kind) => kind !== 'rate-limit' && !isTerminateFault(kind),
);

/** Refusals by proxies and by services that restart. */
const STATUSES = [301, 401, 403, 404, 408, 500, 502, 503, 504];
const CLOSE_CODES = [1002, 1007, 1008, 1009, 1012, 3006];

/** Odd fields that leave the text of a turn intact. */
const REPLACEMENTS: readonly FieldReplacement[] = [
  ...(['soon', null, -5, 1e300, {}, undefined] as const).flatMap((value) => [
    { type: 'Turn', path: 'words.0.start', value },
    { type: 'Turn', path: 'words.0.end', value },
    { type: 'Turn', path: 'words.0.confidence', value },
    { type: 'Turn', path: 'end_of_turn_confidence', value },
    { type: 'Turn', path: 'words.0.speaker', value },
  ]),
  { type: 'Turn', path: 'words' },
  { type: 'Turn', path: 'words', value: 'none' },
  { type: 'SpeechStarted', path: 'timestamp', value: 'now' },
];

/** Audio that always fails is given up after this time, where there is some; all other outages are shorter. */
const MAX_OUTAGE_MS = 10_000;
/** Bytes per millisecond of the audio: 16 kHz, 16 bit. */
const BYTES_PER_MS = 32;
const MAX_CLOCK_STEP_MS = 3 * 3_600_000;
/** The last `Termination` comes this late. */
const LATE_TERMINATION_MS = 2000;

/**
 * One fault at a random moment of each of `faults` equal stretches, and a late `Termination`. Distributed at random over
 * the whole audio, many faults could happen in a row before any progress, and the transcription would rightly give up.
 */
function faultPlan({ seed, minutes, faults, kinds = QUICK_FAULTS }: ChaosOptions): Fault[] {
  const random = seededRandom(seed);
  const oneOf = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
  const stretch = (minutes * 60_000) / faults;
  const plan = Array.from({ length: faults }, (_, index): Fault[] => {
    const atMs = Math.round((index + random()) * stretch);
    const fault = oneOf(kinds);
    if (fault === 'odd-fields') return [{ atMs, fault, count: 3, replace: [oneOf(REPLACEMENTS)] }];
    if (!isConnectFault(fault)) return [{ atMs, fault }];
    const details = { ms: Math.round(random() * 1500), status: oneOf(STATUSES), closeCode: oneOf(CLOSE_CODES) };
    return [
      { atMs, fault, ...details },
      { atMs, fault: 'reset' }, // so that there is a next connection
    ];
  });
  return [...plan.flat(), { atMs: 0, fault: 'late-termination', ms: LATE_TERMINATION_MS }];
}

/** The length of audio that always fails, in milliseconds. */
export const POISON_MS = 10;

/** A moment within the word in the middle of a recording: audio of it always ends the session. */
function poison({ words }: Recording): PoisonFault {
  const { start } = words[Math.floor(words.length / 2)]!;
  return { fault: 'poison', fromMs: start + 50, toMs: start + 50 + POISON_MS, as: 'close-1011' };
}

/** Transcribes hours of known audio at high speed, with faults of the service and steps of the wall clock. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, minutes } = options;
  const { suspendAfter } = options;
  const blocks = { speechMs: 60_000, everyMs: 300_000 };
  const seconds = Math.min(minutes, 60) * 60;
  const recording = syntheticSpeech({ seed, seconds, ...(suspendAfter !== undefined && { blocks }) });
  const faultCounts: Record<string, number> = {};
  const onEvent = (event: SimulatorEvent): void => {
    if (event.type === 'fault') faultCounts[event.fault] = (faultCounts[event.fault] ?? 0) + 1;
  };
  const poisons = options.poisoned ? [poison(recording)] : [];
  const faults = [...faultPlan(options), ...poisons];
  const caDir = process.env.RXSCRIBE_TEST_CA_DIR ?? '';
  const started = performance.now();
  using clock = new SteppingClock(options);
  await using simulator = await startSimulator({ recordings: [recording], keepAudio: false, caDir, onEvent, faults });
  const { turns, gaps, stats } = await transcription(simulator, options, (part) => chunks(recording, part, clock));
  return {
    spoken: spokenWords(recording, minutes),
    words: wordsOf(turns),
    turnOrders: turns.map(({ turn_order }) => turn_order),
    stats,
    gaps,
    poisonMs: poisons.flatMap(({ fromMs }) => repetitions(recording, minutes).map((offset) => offset + fromMs)),
    faultCounts: { ...faultCounts, ...(clock.steps > 0 && { 'clock-step': clock.steps }) },
    violations: simulator.violations,
    seconds: (performance.now() - started) / 1000,
  };
}

/** The words outside all gaps. A gap may cut the words at its edges. */
export function wordsOutside(gaps: readonly AudioGap[], words: readonly ChaosWord[]): ChaosWord[] {
  return words.filter(({ start, end }) => gaps.every((gap) => end < gap.startMs || start > gap.endMs));
}

function spokenWords(recording: Recording, minutes: number): ChaosWord[] {
  return repetitions(recording, minutes).flatMap((offset) =>
    recording.words.map(({ text, start, end }) => ({ text, start: start + offset, end: end + offset })),
  );
}

/** The words of all transcripts. A turn whose words have no valid times takes those of the word before. */
function wordsOf(turns: readonly FinalTurn[]): ChaosWord[] {
  let last = { start: 0, end: 0 };
  return turns.flatMap(({ transcript, words }) =>
    transcript.split(' ').map((text, index) => {
      const { start, end } = words[index] ?? last;
      last = { start, end };
      return { text, start, end };
    }),
  );
}

/** When each repetition of the recording starts, in milliseconds. */
function repetitions({ pcm, sampleRate }: Recording, minutes: number): number[] {
  const lengthMs = pcm.length / ((2 * sampleRate) / 1000);
  return Array.from({ length: (minutes * 60_000) / lengthMs }, (_, index) => index * lengthMs);
}

/** The wall clock (`Date.now`), which jumps at given positions in the audio. Disposing restores it. */
class SteppingClock {
  readonly #now = Date.now;
  readonly #random: () => number;
  readonly #everyMs: number;
  #offset = 0;
  steps = 0;

  constructor({ seed, minutes, clockSteps = 0 }: ChaosOptions) {
    this.#random = seededRandom(seed + 1);
    this.#everyMs = (minutes * 60_000) / (clockSteps + 1);
    if (clockSteps > 0) Date.now = () => this.#now() + this.#offset;
  }

  /** Called with the position in the audio. */
  advanceTo(ms: number): void {
    if (Date.now === this.#now || ms < (this.steps + 1) * this.#everyMs) return;
    this.#offset = Math.round((2 * this.#random() - 1) * MAX_CLOCK_STEP_MS);
    this.steps++;
  }

  [Symbol.dispose](): void {
    Date.now = this.#now;
  }
}

interface Transcription {
  readonly turns: readonly FinalTurn[];
  readonly gaps: readonly AudioGap[];
  readonly stats: Stats;
}

/** A part of the audio, in milliseconds. */
interface Part {
  readonly startMs: number;
  readonly endMs: number;
}

/** Keeps finals, gaps and the last statistics, but no partials. Continues after the events of a log if there is one. */
async function transcription(
  simulator: Simulator,
  options: ChaosOptions,
  audio: (part: Part) => AsyncIterable<Uint8Array>,
): Promise<Transcription> {
  const turns: FinalTurn[] = [];
  const gaps: AudioGap[] = [];
  let stats: Stats | undefined;
  const { minutes, log, suspendAfter, poisoned } = options;
  const from = log?.checkpoint ?? START;
  const endMs = from.gaps[0]?.startMs ?? minutes * 60_000;
  await pcmStream(audio({ startMs: from.positionMs, endMs }))
    .pipe(
      framesFrom(3200, from.positionMs * BYTES_PER_MS),
      transcribe({
        from,
        apiKey: simulator.apiKey,
        websocketBaseUrl: simulator.url,
        speechModel: 'universal-3-6-pro',
        sampleRate: 16_000,
        catchUpSpeed: Infinity,
        stallTimeout: 1000,
        ...(poisoned && { maxOutage: MAX_OUTAGE_MS }),
        ...(suspendAfter !== undefined && { suspendAfter }),
      }),
      tap((event) => {
        log?.append(event);
        if (event.type === 'AudioGap') gaps.push(event);
        if (event.type === 'Stats') stats = event;
      }),
      finals(),
    )
    .forEach((turn) => turns.push(turn));
  if (log && from.gaps.length > 0) return transcription(simulator, options, audio);
  return { turns, gaps, stats: stats! };
}

async function* chunks(
  { pcm, sampleRate }: Recording,
  { startMs, endMs }: Part,
  clock: SteppingClock,
): AsyncGenerator<Uint8Array> {
  const bytesPerMs = (2 * sampleRate) / 1000;
  const total = endMs * bytesPerMs;
  for (let at = startMs * bytesPerMs; at < total;) {
    const from = at % pcm.length;
    const chunk = pcm.subarray(from, Math.min(from + 32_000, from + total - at));
    at += chunk.length;
    clock.advanceTo(at / bytesPerMs);
    yield chunk;
    await nextTask();
  }
}
