import { describe, expect, it } from '@jest/globals';
import { OfflineTurns } from '../../../../src/local/engine/offlineTurns.ts';
import { VAD_WINDOW } from '../../../../src/local/engine/sherpa.ts';
import type { SessionEvent } from '../../../../src/streaming/message.ts';

const RATE = 16_000;
const WORDS = ['', 'Yes.', 'and', 'so', 'on', 'um'];
const DEFAULTS = { partials: true, partialEvery: 500, minTurnSilence: 400, maxTurnSilence: 1000, maxTurn: 15_000 };

/** Speech: the n-th word as samples of the constant value n / 100; word 0 is silence. */
function speech(...words: readonly (readonly [word: number, ms: number])[]): Int16Array {
  return Int16Array.from(
    words.flatMap(([word, ms]) => Array.from({ length: (ms * RATE) / 1000 }, () => Math.round(word * 327.68))),
  );
}

/** A model that recognises the words above, and a detector without delay. */
function models(counts = { reads: 0 }): ConstructorParameters<typeof OfflineTurns>[0] {
  const recognise = (samples: Float32Array): string => {
    counts.reads++;
    const found: number[] = [];
    for (const sample of samples) {
      const word = Math.round(sample * 100);
      if (word > 0 && found.at(-1) !== word) found.push(word);
    }
    return found.map((word) => WORDS[word]).join(' ');
  };
  return {
    recognise,
    recogniseFinal: recognise,
    detector: { accept: (window) => window.some((sample) => sample > 0.005) },
  };
}

function run(audio: Int16Array, options: Partial<typeof DEFAULTS> = {}): { events: SessionEvent[]; audioMs: number } {
  const events: SessionEvent[] = [];
  const turns = new OfflineTurns(models(), { ...DEFAULTS, ...options }, (event) => events.push(event));
  for (let at = 0; at < audio.length; at += 1600) {
    turns.accept(audio.subarray(at, at + 1600));
    if ({ ...DEFAULTS, ...options }.partials) turns.emitPartial();
  }
  return { events, audioMs: turns.finish() };
}

function finals(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'Turn' && event.isFinal ? [`${event.turn_order} ${event.transcript}`] : [],
  );
}

describe('OfflineTurns', () => {
  it('ends a turn after a short silence if its text ends a sentence', () => {
    const { events } = run(speech([1, 1000], [0, 600], [2, 1000], [0, 2000]));
    expect(finals(events)).toEqual(['0 Yes.', '1 and']);
  });

  it('ends a turn after a long silence otherwise', () => {
    const { events } = run(speech([2, 1000], [0, 600], [3, 1000], [0, 2000]));
    expect(finals(events)).toEqual(['0 and so']);
  });

  it('ends the open turn with the audio', () => {
    const { events, audioMs } = run(speech([2, 1000], [3, 500]));
    expect(finals(events)).toEqual(['0 and so']);
    expect(audioMs).toBe(1500);
  });

  it('emits no turn for silence', () => {
    expect(run(speech([0, 5000])).events).toEqual([]);
  });

  it('emits partials at most every partialEvery, and words that two readings share as final', () => {
    const { events } = run(speech([2, 1000], [3, 1000], [0, 2000]), { partialEvery: 500 });
    const partials = events.flatMap((event) => (event.type === 'Turn' && !event.isFinal ? [event] : []));
    expect(partials.length).toBeGreaterThanOrEqual(3);
    expect(partials.length).toBeLessThanOrEqual(8);
    expect(partials[0]?.words.map((word) => word.word_is_final)).toEqual([false]);
    expect(partials.at(-1)?.words.map((word) => word.word_is_final)).toEqual([true, true]);
  });

  it('cuts speech without pauses at maxTurn and loses no word', () => {
    const audio = speech(...Array.from({ length: 10 }, (_, index) => [2 + (index % 3), 1000] as const), [0, 2000]);
    const { events } = run(audio, { maxTurn: 3000 });
    const texts = finals(events);
    expect(texts.length).toBeGreaterThanOrEqual(3);
    // a word that is cut in two is in both turns
    const words = texts.flatMap((text) => text.split(' ').slice(1));
    const withoutCuts = words.filter((word, index) => word !== words[index - 1]);
    expect(withoutCuts.join(' ')).toBe('and so on and so on and so on and');
  });

  it('estimates word times within the detected speech, in order', () => {
    const { events } = run(speech([0, 3000], [2, 500], [3, 500], [0, 2000]));
    const final = events.find((event) => event.type === 'Turn' && event.isFinal);
    const words = final?.type === 'Turn' ? final.words : [];
    expect(words.map((word) => word.text)).toEqual(['and', 'so']);
    expect(words[0]?.start).toBeGreaterThanOrEqual(2600);
    expect(words[0]?.end).toBeLessThanOrEqual(words[1]?.start ?? 0);
    expect(words[1]?.end).toBeLessThanOrEqual(4100);
    expect(words[0]).not.toHaveProperty('confidence');
  });

  it('reports speech in which no words were recognised', () => {
    const events: SessionEvent[] = [];
    const deaf = { ...models(), recogniseFinal: () => '' };
    const turns = new OfflineTurns(deaf, DEFAULTS, (event) => events.push(event));
    turns.accept(speech([2, 1000], [0, 2000]));
    expect(events.map((event) => event.type)).toEqual(['SpeechStarted', 'Warning']);
  });

  it('keeps one of a phrase that the model repeats again and again', () => {
    const events: SessionEvent[] = [];
    const looping = { ...models(), recogniseFinal: () => 'So it is. It is. It is. It is. It is. It is.' };
    const turns = new OfflineTurns(looping, DEFAULTS, (event) => events.push(event));
    turns.accept(speech([2, 1000], [0, 2000]));
    expect(finals(events)).toEqual(['0 So it is.']);
  });

  it('ends the open turn when forced, and goes on with the next number', () => {
    const events: SessionEvent[] = [];
    const turns = new OfflineTurns(models(), DEFAULTS, (event) => events.push(event));
    turns.accept(speech([2, 1024]));
    turns.forceEndpoint();
    turns.accept(speech([3, 1024]));
    turns.finish();
    expect(finals(events)).toEqual(['0 and', '1 so']);
  });

  it('recognises each turn of a recording without partials once or twice', () => {
    const counts = { reads: 0 };
    const turns = new OfflineTurns(models(counts), { ...DEFAULTS, partials: false }, () => undefined);
    for (let turn = 0; turn < 20; turn++) turns.accept(speech([1, 1024], [0, 1024]));
    expect(counts.reads).toBeLessThanOrEqual(40);
  });

  it('detects speech in whole windows, however the audio is cut', () => {
    const audio = speech([2, 1000], [0, 1500], [3, 700], [0, 1500]);
    const whole = run(audio, { partials: false });
    const events: SessionEvent[] = [];
    const turns = new OfflineTurns(models(), { ...DEFAULTS, partials: false }, (event) => events.push(event));
    for (let at = 0; at < audio.length; at += VAD_WINDOW - 13) turns.accept(audio.subarray(at, at + VAD_WINDOW - 13));
    turns.finish();
    expect(events).toEqual(whole.events);
  });
});
