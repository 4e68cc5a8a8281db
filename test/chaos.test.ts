import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { START, advance } from '../operators/checkpoint.ts';
import type { AudioGap, TranscriptionEvent } from '../operators/events.ts';
import { EventLog } from '../src/durable/eventLog.ts';
import { POISON_MS, QUICK_FAULTS, runChaos, wordsOutside } from './support/chaos.ts';
import type { ChaosResult } from './support/chaos.ts';
import { seededRandom } from './support/syntheticSpeech.ts';

const minutes = Number(process.env.CHAOS_MINUTES ?? 60);
const faults = Number(process.env.CHAOS_FAULTS ?? 60);
const seed = Number(process.env.CHAOS_SEED ?? 1);

const MAX_TURN_WORDS = 14;
/** Audio is sent at high speed, so much of it may follow the stretch that fails before that is noticed. */
const MAX_GAP_MS = 60_000;

/** Prints the figures of a run. */
function print({ words, gaps, stats, faultCounts, seconds }: ChaosResult): void {
  const rows = Object.entries(faultCounts).toSorted(([, a], [, b]) => b - a);
  console.table(Object.fromEntries(rows.map(([fault, count]) => [fault, { count }])));
  const { capturedMs, replayedMs, gapMs, sessions, reconnects } = stats;
  const inMinutes = (ms: number): number => Math.round(ms / 60_000);
  console.table({
    'audio, minutes': inMinutes(capturedMs),
    faults: total(faultCounts),
    sessions,
    reconnects,
    'replayed, minutes': inMinutes(replayedMs),
    words: words.length,
    gaps: gaps.length,
    'gaps, ms': gapMs,
    'duration, s': Math.round(seconds),
  });
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The stretches of gaps: one that was given up in two steps has two gaps. */
function stretches(gaps: readonly AudioGap[]): { startMs: number; endMs: number }[] {
  const joined: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs } of gaps) {
    const last = joined.at(-1);
    if (last?.endMs === startMs) last.endMs = endMs;
    else joined.push({ startMs, endMs });
  }
  return joined;
}

/** Cuts a log at this part of its bytes, most likely within a line, and opens it. */
async function openCut(path: string, part: number): Promise<EventLog> {
  await truncate(path, Math.floor(part * (await stat(path)).size));
  return new EventLog(path);
}

function finalsOf(log: EventLog): unknown[] {
  return [...log.events()].flatMap((event) =>
    event.type === 'Turn' && event.isFinal
      ? [[event.turn_order, event.transcript, event.words.map(({ start, end }) => [start, end])]]
      : [],
  );
}

describe('the log of a transcription under faults', () => {
  const MINUTES = 3;
  // the times of words in odd fields are estimated
  const kinds = QUICK_FAULTS.filter((kind) => kind !== 'odd-fields');
  const options = { seed, minutes: MINUTES, faults: 9, kinds } as const;
  let folder: string;
  let unbroken: unknown[];
  let text: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rxscribe-chaos-'));
    const log = new EventLog(join(folder, 'unbroken.ndjson'));
    await runChaos({ ...options, faults: 0, log });
    unbroken = finalsOf(log);
    log.close();
    const faulty = new EventLog(join(folder, 'faulty.ndjson'));
    await runChaos({ ...options, log: faulty });
    faulty.close();
    text = await readFile(join(folder, 'faulty.ndjson'), 'utf8');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('gives a checkpoint after every event: what is before it is in the log, and nothing else', () => {
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TranscriptionEvent);
    const words: number[] = [];
    let checkpoint = START;
    for (const event of events) {
      checkpoint = advance(checkpoint, event);
      if (event.type === 'Turn' && event.isFinal) words.push(...event.words.map(({ end }) => end));
      const all = (unbroken as [number, string, [number, number][]][]).flatMap(([, , times]) => times);
      expect(words).toEqual(all.map(([, end]) => end).filter((end) => end <= checkpoint.positionMs));
    }
    expect(checkpoint).toMatchObject({ positionMs: MINUTES * 60_000, turnOrder: unbroken.length });
  });

  it.each([1, 2, 3])('can be cut anywhere and continued, %d times in a row', async (times) => {
    const random = seededRandom(seed + times);
    const path = join(folder, `${times}.ndjson`);
    await writeFile(path, text);
    for (let time = 1; time <= times; time++) {
      const log = await openCut(path, random());
      await runChaos({ ...options, faults: time < times ? 3 : 0, log });
      if (time === times) {
        expect(finalsOf(log)).toEqual(unbroken);
        const capturedMs = MINUTES * 60_000;
        expect([...log.events()].at(-1)).toMatchObject({ capturedMs, transcribedMs: capturedMs, gapMs: 0 });
      }
      log.close();
    }
  });
});

describe('transcribe under faults and clock steps', () => {
  it(`loses and doubles no word of ${minutes} minutes, and its statistics are exact`, async () => {
    const clockSteps = Math.ceil(minutes / 10);
    const result = await runChaos({ seed, minutes, faults, clockSteps, poisoned: true });
    print(result);

    const spoken = wordsOutside(result.gaps, result.spoken);
    const words = wordsOutside(result.gaps, result.words);
    expect(words.map(({ text }) => text)).toEqual(spoken.map(({ text }) => text));
    // times that the service sends in odd fields are estimated
    const displaced = words.filter(({ start }, index) => start !== spoken[index]!.start);
    expect(displaced.length).toBeLessThanOrEqual(MAX_TURN_WORDS * (result.faultCounts['odd-fields'] ?? 0));
    expect(result.turnOrders).toEqual(result.turnOrders.map((_, index) => index));
    const { capturedMs, transcribedMs, gapMs, skippedMs } = result.stats;
    expect(capturedMs).toBe(minutes * 60_000);
    expect(transcribedMs + gapMs + skippedMs).toBe(capturedMs);
    // audio that always fails is given up, and nothing else
    const lost = stretches(result.gaps);
    expect(lost).toHaveLength(result.poisonMs.length);
    for (const [index, { startMs, endMs }] of lost.entries()) {
      // the beginning of the word in which it fails may have been recognised
      expect(startMs).toBeLessThan(result.poisonMs[index]! + POISON_MS);
      expect(endMs).toBeGreaterThanOrEqual(result.poisonMs[index]!);
      expect(endMs - startMs).toBeLessThan(MAX_GAP_MS);
    }
    expect(result.violations).toEqual([]);
    expect(total(result.faultCounts)).toBeGreaterThanOrEqual(faults);
    expect(result.faultCounts['clock-step']).toBeGreaterThanOrEqual(clockSteps);
    expect(result.faultCounts['poison']).toBeGreaterThanOrEqual(result.poisonMs.length);
  }, 7_200_000);

  it(`loses and doubles no word of ${minutes} minutes with a fifth of speech while sessions suspend and break`, async () => {
    const result = await runChaos({ seed, minutes, faults, suspendAfter: 10_000 });
    print(result);

    expect(result.words.map(({ text }) => text)).toEqual(result.spoken.map(({ text }) => text));
    expect(result.gaps).toEqual([]);
    const { capturedMs, transcribedMs, skippedMs } = result.stats;
    expect(transcribedMs + skippedMs).toBeCloseTo(capturedMs, 3);
    expect(skippedMs).toBeGreaterThan(capturedMs / 2);
    expect(result.violations).toEqual([]);
    // faults are planned for a full hour of audio sent
    expect(total(result.faultCounts)).toBeGreaterThanOrEqual(faults / 6);
  }, 7_200_000);
});
