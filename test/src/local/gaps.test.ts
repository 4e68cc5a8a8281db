import { expect, it } from '@jest/globals';
import { Observable, concatMap, map, range, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { AudioGap, FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { OfflineTurns } from '../../../src/local/engine/offlineTurns.ts';
import type { OfflineModels } from '../../../src/local/engine/offlineTurns.ts';
import { monotonicNow } from '../../../src/monotonicNow.ts';
import { relayFrames } from '../../../src/streaming/relayFrames.ts';
import type { OpenSession, RelaySettings } from '../../../src/streaming/relaySettings.ts';
import { virtualTime } from '../../support/marbles.ts';

const SAMPLES_PER_MS = 16;
const MS = 42_000;
/** How much audio arrives at once, in milliseconds: 10 s of it are sent, and 10 s are held. */
const BURST_MS = 25_000;
const WORD_MS = 600;
/** What a word adds to the value of each of its samples: word 1 is 300, word 2 is 600. */
const STEP = 300;
/** How long speech or silence lasts before the detector reports it, in windows of 32 ms. */
const DELAY = 7;
/** Speech of this length before a gap may not have been detected, in milliseconds. */
const UNDETECTED_MS = 300;

const TURNS = { partials: false, partialEvery: 500, minTurnSilence: 400, maxTurnSilence: 1000, maxTurn: 15_000 };
const RELAY: RelaySettings = {
  format: { sampleRate: 1000 * SAMPLES_PER_MS, encoding: 'pcm_s16le' },
  hasPartials: false,
  connectTimeout: 1000,
  catchUpSpeed: 1.25,
  reconnect: true,
  maxOutage: 60_000,
  stallTimeout: 30_000,
  tapeLength: 10_000,
  endTimeout: 60_000,
};

/** Nine words, then the length of a word in silence, and twice that after every second turn. */
function wordAt(ms: number): number {
  const word = Math.floor(ms / WORD_MS) + 1;
  return word % 10 === 0 || word % 20 === 1 ? 0 : word;
}

/** The words of some audio, whole or not. */
function recognise(samples: Float32Array): string {
  const words = new Set<number>();
  for (let at = 0; at < samples.length; at += SAMPLES_PER_MS)
    words.add(Math.round(((samples[at] ?? 0) * 32_768) / STEP));
  words.delete(0);
  return [...words].map((word) => `w${word}`).join(' ');
}

function models(): OfflineModels {
  let speaking = false;
  let differs = 0;
  const accept = (window: Float32Array): boolean => {
    differs = (window[0] ?? 0) > 0 === speaking ? 0 : differs + 1;
    if (differs >= DELAY) speaking = !speaking;
    return speaking;
  };
  return { recognise, recogniseFinal: recognise, detector: { accept } };
}

const open: OpenSession = (input) =>
  new Observable((subscriber) => {
    const turns = new OfflineTurns(models(), TURNS, (event) => subscriber.next(event));
    subscriber.next({ type: 'Begin', id: 'engine', expires_at: 0 });
    return input.subscribe({
      next: (item) => {
        if (!(item instanceof Uint8Array)) return turns.forceEndpoint();
        turns.accept(new Int16Array(item.buffer, item.byteOffset, item.length / 2));
      },
      complete: () => {
        turns.finish();
        subscriber.next({ type: 'Termination' });
        subscriber.complete();
      },
    });
  });

/** Transcribes live audio of which a part arrives at once, more than may be sent and held then. */
function run(frameSamples: number, burstFromMs: number): TranscriptionEvent[] {
  const events: TranscriptionEvent[] = [];
  const frameMs = frameSamples / SAMPLES_PER_MS;
  const frame = (at: number): Uint8Array => {
    const pcm = new Int16Array(frameSamples);
    for (let sample = 0; sample < frameSamples; sample++) pcm[sample] = wordAt(at + sample / SAMPLES_PER_MS) * STEP;
    return new Uint8Array(pcm.buffer);
  };
  virtualTime(new TestScheduler(() => {}), ({ flush }) => {
    const source$ = range(0, Math.floor(MS / frameMs)).pipe(
      map((index) => index * frameMs),
      concatMap((at) => {
        const arrivesAt = at < burstFromMs ? at : Math.max(burstFromMs, at - BURST_MS);
        return timer(Math.max(0, arrivesAt - monotonicNow())).pipe(map(() => frame(at)));
      }),
    );
    source$.pipe(relayFrames({ open, settings: RELAY })).subscribe((event) => events.push(event));
    flush();
  });
  return events;
}

const numberOf = (text: string): number => Number(text.slice(1));
/** Where a word was spoken, in milliseconds. */
const spokenAt = (word: number): number => (word - 1) * WORD_MS;

it.each([
  ['in the middle of a word', 1600, 3000],
  ['in silence', 1600, 1700],
  ['where frames are no whole milliseconds long', 801, 4321],
  ['where frames are long', 3199, 5600],
])('joins no words before and after a gap %s, and loses none outside of gaps', (_, frameSamples, burstFromMs) => {
  const events = run(frameSamples, burstFromMs);
  const gaps = events.filter((event): event is AudioGap => event.type === 'AudioGap');
  const finals = events.filter((event): event is FinalTurn => event.type === 'Turn' && event.isFinal);
  expect(gaps.length).toBeGreaterThan(0);

  for (const { startMs, endMs } of gaps) {
    for (const { words } of finals) {
      const spoken = words.map(({ text }) => spokenAt(numberOf(text)));
      if (Math.min(...spoken) < startMs) {
        expect(words.at(-1)?.end).toBeLessThanOrEqual(Math.ceil(startMs));
        expect(Math.max(...spoken)).toBeLessThan(startMs);
      } else {
        expect(words[0]?.start).toBeGreaterThanOrEqual(Math.floor(endMs));
        expect(Math.min(...spoken) + WORD_MS).toBeGreaterThan(endMs);
      }
    }
  }

  const isHeld = (word: number): boolean =>
    gaps.every(({ startMs, endMs }) => {
      const isBefore = spokenAt(word) + WORD_MS + UNDETECTED_MS <= startMs;
      return isBefore || spokenAt(word) + UNDETECTED_MS >= endMs;
    });
  const words = Array.from({ length: MS / WORD_MS }, (__, index) => wordAt(index * WORD_MS));
  const recognised = finals.flatMap((turn) => turn.words.map(({ text }) => numberOf(text)));
  expect([...new Set(recognised)].filter(isHeld)).toEqual(words.filter((word) => word > 0 && isHeld(word)));
});
