import { describe, expect, it } from '@jest/globals';
import { Resampler } from '../../../src/audio/resampler.ts';
import { fc } from '../../support/fastCheck.ts';

const RATES = [
  [48_000, 16_000],
  [44_100, 16_000],
  [48_000, 8000],
  [16_000, 24_000],
  [44_100, 48_000],
] as const;

/** The pieces at the new rate. */
function resampled(from: number, to: number, pieces: Iterable<Float32Array>): number[] {
  const resampler = new Resampler(from, to);
  const result: number[] = [];
  for (const piece of pieces) result.push(...resampler.push(piece));
  return [...result, ...resampler.flush()];
}

/** A tone at half of full scale. */
function tone(hertz: number, rate: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => Math.sin((2 * Math.PI * hertz * index) / rate) / 2);
}

/** The gain of a tone, in decibels, measured in the middle of the result. */
function decibels(from: number, to: number, hertz: number): number {
  const all = resampled(from, to, [tone(hertz, from, from / 5)]);
  const middle = all.slice(all.length / 4, (all.length * 3) / 4);
  return 10 * Math.log10(middle.reduce((sum, sample) => sum + sample ** 2, 0) / middle.length / 0.125);
}

describe('Resampler', () => {
  it.each(RATES)('neither drops nor adds a sample, from %i Hz to %i', (from, to) => {
    // ten seconds are enough: positions are whole numbers, so no error can accumulate
    const resampler = new Resampler(from, to);
    const piece = new Float32Array(9973);
    let received = 0;
    let delivered = 0;
    for (; received < from * 10; received += piece.length) delivered += resampler.push(piece).length;
    delivered += resampler.flush().length;
    expect(delivered).toBe(Math.ceil((received * to) / from));
  });

  it.each(RATES)('keeps the time and the shape of a tone, from %i Hz to %i', (from, to) => {
    const all = resampled(from, to, [tone(1000, from, from / 10)]);
    const wanted = tone(1000, to, all.length);
    const edge = 150; // the filter sees silence beyond both ends of the tone
    const errors = all.slice(edge, -edge).map((sample, index) => Math.abs(sample - (wanted[index + edge] ?? NaN)));
    expect(Math.max(...errors)).toBeLessThan(0.001);
  });

  it.each(RATES)('keeps the level of frequencies within the band to 0.1 dB, from %i Hz to %i', (from, to) => {
    const half = Math.min(from, to) / 2;
    for (const part of [0.02, 0.2, 0.5, 0.7, 0.8]) expect(Math.abs(decibels(from, to, half * part))).toBeLessThan(0.1);
  });

  it.each(RATES.filter(([from, to]) => from > to))(
    'attenuates frequencies above the band by 50 dB, from %i Hz to %i',
    (from, to) => {
      for (const part of [1, 1.05, 1.25, 1.7]) expect(decibels(from, to, (to / 2) * part)).toBeLessThan(-50);
    },
  );

  it('returns the same samples however the source is cut', () => {
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

  it('returns the samples unchanged if the rates are equal', () => {
    const samples = tone(20_000, 48_000, 100);
    expect(resampled(48_000, 48_000, [samples])).toEqual([...samples]);
  });

  it('delays samples by 20 ms at most', () => {
    const resampler = new Resampler(48_000, 16_000);
    expect(resampler.push(new Float32Array(960)).length).toBe(300);
    expect(resampler.push(new Float32Array(960)).length).toBe(320);
    expect(resampler.flush().length).toBe(20);
  });
});
