import { describe, expect, it } from '@jest/globals';
import { OfflineTurns } from '../../../src/local/engine/offlineTurns.ts';
import { VAD_WINDOW } from '../../../src/local/engine/sherpa.ts';
import type { SessionEvent } from '../../../src/streaming/message.ts';

const SAMPLES_PER_MS = 16;
const TURNS = { partials: true, partialEvery: 500, minTurnSilence: 400, maxTurnSilence: 1000, maxTurn: 15_000 };

/** An engine whose detector takes any sample but 0 for speech, and whose model returns a fixed text. */
function engine(text: string): {
  readonly events: SessionEvent[];
  readonly turns: OfflineTurns;
  readonly speak: (ms: number) => void;
  readonly pause: (ms: number) => void;
} {
  const events: SessionEvent[] = [];
  const recognise = (): string => text;
  const detector = { accept: (window: Float32Array) => window.some((sample) => sample !== 0) };
  const turns = new OfflineTurns({ recognise, recogniseFinal: recognise, detector }, TURNS, (event) =>
    events.push(event),
  );
  const accept = (ms: number, value: number): void => turns.accept(new Int16Array(ms * SAMPLES_PER_MS).fill(value));
  return { events, turns, speak: (ms) => accept(ms, 1000), pause: (ms) => accept(ms, 0) };
}

const finalsOf = (events: readonly SessionEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'Turn' && event.isFinal ? [event.transcript] : []));

describe('OfflineTurns', () => {
  it('ends a turn after a short silence if its text ends a sentence', () => {
    const { events, speak, pause } = engine('Good morning.');
    speak(1000);
    pause(600);
    expect(finalsOf(events)).toEqual(['Good morning.']);
  });

  it('waits longer if it does not', () => {
    const { events, speak, pause } = engine('good morning and');
    speak(1000);
    pause(600);
    expect(finalsOf(events)).toEqual([]);
    pause(600);
    expect(finalsOf(events)).toEqual(['good morning and']);
  });

  it('ends the open turn at a ForceEndpoint, and begins another with the speech that follows', () => {
    const { events, turns, speak, pause } = engine('Good morning.');
    speak(1000);
    turns.forceEndpoint();
    turns.forceEndpoint();
    speak(1000);
    pause(600);
    expect(finalsOf(events).length).toBeGreaterThanOrEqual(2);
    const orders = events.flatMap((event) => (event.type === 'Turn' && event.isFinal ? [event.turn_order] : []));
    expect(orders).toEqual(orders.map((_, index) => index));
  });

  it('cuts a turn at its longest duration', () => {
    const { events, speak } = engine('and so on');
    speak(40_000);
    expect(finalsOf(events)).toHaveLength(2);
  });

  it('emits nothing for silence, and the open turn at the end', () => {
    const { events, turns, speak, pause } = engine('Bye');
    pause(60_000);
    expect(events).toEqual([]);
    speak(500);
    expect(turns.finish()).toBe(60_500);
    expect(finalsOf(events)).toEqual(['Bye']);
  });

  it('marks the words of a partial as final that two readings agree on', () => {
    const { events, turns, speak } = engine('one two');
    for (let count = 0; count < 2; count++) {
      speak(600);
      turns.emitPartial();
    }
    const partials = events.flatMap((event) =>
      event.type === 'Turn' ? [event.words.map((word) => word.word_is_final)] : [],
    );
    expect(partials).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('takes audio in pieces of any length', () => {
    const { events, turns, pause } = engine('Hello.');
    for (let at = 0; at < 16_000; at += VAD_WINDOW - 1) turns.accept(new Int16Array(VAD_WINDOW - 1).fill(1));
    pause(600);
    expect(finalsOf(events)).toEqual(['Hello.']);
  });
});
