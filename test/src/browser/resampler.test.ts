import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Resampler } from '../../../src/browser/resampler.ts';

const RATES = [
  [48_000, 16_000],
  [44_100, 16_000],
  [48_000, 8000],
  [16_000, 24_000],
  [44_100, 48_000],
] as const;

/** Everything that becomes of the pieces. */
function resampled(from: number, to: number, pieces: Iterable<Float32Array>): number[] {
  const resampler = new Resampler(from, to);
  const result: number[] = [];
  for (const piece of pieces) result.push(...resampler.push(piece));
  return [...result, ...resampler.flush()];
}

/** A tone of half the loudest level; its sample at a time is the same at every rate. */
function tone(hertz: number, rate: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => Math.sin((2 * Math.PI * hertz * index) / rate) / 2);
}

/** Level in the middle of what becomes of a tone, in decibels of that of the tone. */
function decibels(from: number, to: number, hertz: number): number {
  const all = resampled(from, to, [tone(hertz, from, from / 5)]);
  const middle = all.slice(all.length / 4, (all.length * 3) / 4);
  return 10 * Math.log10(middle.reduce((sum, sample) => sum + sample ** 2, 0) / middle.length / 0.125);
}

describe('Resampler', () => {
  it.each(RATES)('neither loses nor adds a sample, from %i Hz to %i', (from, to) => {
    // ten seconds show what an hour does: positions are whole numbers, there is nothing that could add up
    const resampler = new Resampler(from, to);
    const piece = new Float32Array(9973);
    let taken = 0;
    let given = 0;
    for (; taken < from * 10; taken += piece.length) given += resampler.push(piece).length;
    given += resampler.flush().length;
    expect(given).toBe(Math.ceil((taken * to) / from));
  });

  it.each(RATES)('keeps the time and the shape of a tone, from %i Hz to %i', (from, to) => {
    const all = resampled(from, to, [tone(1000, from, from / 10)]);
    const wanted = tone(1000, to, all.length);
    const edge = 150; // beyond its ends the tone is silent for the filter
    const errors = all.slice(edge, -edge).map((sample, index) => Math.abs(sample - (wanted[index + edge] ?? NaN)));
    expect(Math.max(...errors)).toBeLessThan(0.001);
  });

  it.each(RATES)('keeps what is in the band within 0.1 dB, from %i Hz to %i', (from, to) => {
    const half = Math.min(from, to) / 2;
    for (const part of [0.02, 0.2, 0.5, 0.7, 0.8]) expect(Math.abs(decibels(from, to, half * part))).toBeLessThan(0.1);
  });

  it.each(RATES.filter(([from, to]) => from > to))(
    'removes by 50 dB what is above it, from %i Hz to %i',
    (from, to) => {
      for (const part of [1, 1.05, 1.25, 1.7]) expect(decibels(from, to, (to / 2) * part)).toBeLessThan(-50);
    },
  );

  it('gives the same however the samples are cut', () => {
    const source = Float32Array.from({ length: 2000 }, (_, index) => Math.sin(index * index));
    const lengths = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...RATES), lengths, ([from, to], cuts) => {
        const pieces: Float32Array[] = [];
        let at = 0;
        for (const length of [...cuts, source.length]) pieces.push(source.subarray(at, (at += length)));
        expect(resampled(from, to, pieces)).toEqual(resampled(from, to, [source]));
      }),
      { numRuns: 50 },
    );
  });

  it('passes samples on untouched where the rates are the same', () => {
    const samples = tone(20_000, 48_000, 100);
    expect(resampled(48_000, 48_000, [samples])).toEqual([...samples]);
  });

  it('holds a part of a second at most', () => {
    const resampler = new Resampler(48_000, 16_000);
    expect(resampler.push(new Float32Array(960)).length).toBe(300);
    expect(resampler.push(new Float32Array(960)).length).toBe(320);
    expect(resampler.flush().length).toBe(20);
  });
});
