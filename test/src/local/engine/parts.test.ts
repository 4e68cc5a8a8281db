import { describe, expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { AudioWindow } from '../../../../src/local/engine/audioWindow.ts';
import { OnlineTurns } from '../../../../src/local/engine/onlineTurns.ts';
import { PartialSchedule } from '../../../../src/local/engine/partialSchedule.ts';
import { withoutRepetitions } from '../../../../src/local/engine/repetitions.ts';
import { endsSentence } from '../../../../src/local/engine/turnBuilder.ts';
import { estimateWordTimes } from '../../../../src/local/engine/wordTimes.ts';
import type { SessionEvent } from '../../../../src/streaming/message.ts';
import { fc } from '../../../support/fastCheck.ts';

describe('withoutRepetitions', () => {
  it.each([
    ['a phrase that occurs three times', 'thank you thank you thank you so', 'thank you'],
    ['a word that occurs three times', 'no no no', 'no'],
    ['case and punctuation', 'Yes. yes, YES and', 'Yes.'],
    ['two occurrences', 'very very good', 'very very good'],
  ])('keeps one of %s', (_, text, kept) => {
    expect(withoutRepetitions(text.split(' ')).join(' ')).toBe(kept);
  });

  it('keeps a phrase that occurs less often than given', () => {
    expect(withoutRepetitions('no no no no'.split(' '), 5)).toHaveLength(4);
    expect(withoutRepetitions('I see I see I see I see I see and'.split(' '), 5)).toEqual(['I', 'see']);
  });
});

describe('estimateWordTimes', () => {
  it('gives each word a span within the speech, in order, without overlap', () => {
    const span = fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 5000 }));
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 40 }),
        fc.array(span, { minLength: 1, maxLength: 6 }),
        (words, spans) => {
          let at = 0;
          const speech = spans.map(([pause, length]) => {
            const from = at + pause;
            at = from + length;
            return { from, to: at };
          });
          const times = estimateWordTimes(words, speech);
          expect(times).toHaveLength(words.length);
          let end = speech[0]?.from ?? 0;
          for (const { from, to } of times) {
            expect(from).toBeGreaterThanOrEqual(end - 1e-6);
            expect(to).toBeGreaterThanOrEqual(from);
            end = to;
          }
          expect(end).toBeLessThanOrEqual(at + 1e-6);
        },
      ),
    );
  });
});

describe('AudioWindow', () => {
  it('holds what was appended and not dropped, at its positions', () => {
    const audio = new AudioWindow(2);
    audio.append(Int16Array.of(0, 16_384, -16_384, 8192));
    audio.dropBefore(1);
    audio.append(Int16Array.of(-8192));
    expect([audio.start, audio.end]).toEqual([1, 5]);
    expect(audio.slice(2, 5)).toEqual(Float32Array.of(-0.5, 0.25, -0.25));
    expect(audio.slice(0, 2)).toEqual(Float32Array.of(0.5));
  });

  it('finds the quietest place', () => {
    const audio = new AudioWindow(10);
    audio.append(Int16Array.from({ length: 100 }, (_, index) => (index >= 60 && index < 70 ? 1 : 10_000)));
    expect(audio.quietest(20, 100, 6)).toBeGreaterThanOrEqual(60);
    expect(audio.quietest(20, 100, 6)).toBeLessThan(70);
  });
});

describe('endsSentence', () => {
  it.each(['Yes.', 'Really?', 'He said "no."', 'はい。'])('is true for %s', (text) =>
    expect(endsSentence(text)).toBe(true),
  );
  it.each(['and', 'so...', 'so…', '', 'No,'])('is false for %s', (text) => expect(endsSentence(text)).toBe(false));
});

describe('PartialSchedule', () => {
  it('emits one partial for the messages that have arrived, and none while more than a second waits', async () => {
    let partials = 0;
    const schedule = new PartialSchedule(() => partials++);
    schedule.received(48_000);
    schedule.received(32_000);
    await setImmediate();
    expect(partials).toBe(1);
    schedule.received(32_002);
    await setImmediate();
    expect(partials).toBe(1);
  });
});

describe('OnlineTurns', () => {
  const TURNS = { partials: true, partialEvery: 500, minTurnSilence: 400, maxTurnSilence: 1000, maxTurn: 15_000 };

  /** A model that recognises one word a second after it was spoken; its audio is constant 0.1 for speech. */
  function stream(words: readonly string[]): {
    accept: (samples: Float32Array) => void;
    text: () => string;
    flush: () => void;
    finish: () => void;
    reset: () => void;
  } {
    let spoken = 0;
    let from = 0;
    const finish = (): void => void (spoken = Math.ceil(spoken));
    return {
      accept: (samples) => (spoken += samples.filter((sample) => sample > 0.05).length / 16_000),
      text: () => words.slice(from, Math.floor(spoken)).join(' '),
      flush: finish,
      finish,
      reset: () => (from = Math.floor(spoken)),
    };
  }

  it('ends turns by silence, numbers them, and ends the last one with the audio', () => {
    const events: SessionEvent[] = [];
    const turns = new OnlineTurns(stream(['one', 'two.', 'three']), TURNS, (event) => events.push(event));
    const speech = new Int16Array(1600).fill(3277);
    const silence = new Int16Array(1600);
    const play = (frame: Int16Array, count: number): void => {
      for (let index = 0; index < count; index++) {
        turns.accept(frame);
        turns.emitPartial();
      }
    };
    play(speech, 20);
    play(silence, 10);
    play(speech, 9);
    expect(turns.finish()).toBe(3900);
    const seen = events.flatMap((event) =>
      event.type === 'Turn' ? [`${event.turn_order} ${event.transcript}${event.isFinal ? '!' : ''}`] : [event.type],
    );
    expect(seen).toEqual(['SpeechStarted', '0 one', '0 one two.', '0 one two.!', 'SpeechStarted', '1 three!']);
  });

  it('puts a word that the model reports late into the turn in which it was spoken', () => {
    const events: SessionEvent[] = [];
    const turns = new OnlineTurns(stream(['before', 'after']), TURNS, (event) => events.push(event));
    const speech = new Int16Array(15_000).fill(3277);
    turns.accept(speech);
    turns.forceEndpoint();
    turns.accept(speech);
    turns.finish();
    const finals = events.flatMap((event) => (event.type === 'Turn' ? [event] : []));
    expect(finals.map(({ turn_order, transcript }) => `${turn_order} ${transcript}`)).toEqual(['0 before', '1 after']);
    expect(finals[1]?.words[0]?.start).toBe(938); // where the first turn ended
  });
});
