import { describe, it, expect } from '@jest/globals';
import {
  bytesPerSample,
  bytesToMs,
  frameBytes,
  isLegalFrame,
  MAX_FRAME_MS,
  MIN_FRAME_MS,
  msToBytes,
} from '../../../src/audio/pcm.ts';
import type { PcmEncoding, PcmFormat } from '../../../src/audio/pcm.ts';
import { fc } from '../../support/fastCheck.ts';

const format = fc.record({
  sampleRate: fc.integer({ min: 1000, max: 384_000 }),
  encoding: fc.constantFrom<PcmEncoding>('pcm_s16le', 'pcm_mulaw'),
});

describe('bytesPerSample', () => {
  it.each([
    ['pcm_s16le', 2],
    ['pcm_mulaw', 1],
    [undefined, 2],
  ] as const)('of %s is %i', (encoding, bytes) => {
    expect(bytesPerSample(encoding)).toBe(bytes);
  });

  it('refuses an unknown encoding', () => {
    // @ts-expect-error not one of the two
    expect(() => bytesPerSample('opus')).toThrow(
      new TypeError(`encoding must be 'pcm_s16le' or 'pcm_mulaw', not "opus"`),
    );
    // @ts-expect-error a name every object has
    expect(() => bytesPerSample('toString')).toThrow(TypeError);
  });
});

describe('msToBytes and bytesToMs', () => {
  it.each([
    [8000, 100, 1600],
    [16_000, 100, 3200],
    [24_000, 100, 4800],
    [44_100, 50, 4410],
    [44_100, 100, 8820],
    [44_100, 3_600_000, 317_520_000],
    [48_000, 1000, 96_000],
  ])('convert at %i Hz %i ms to %i bytes and back', (sampleRate, ms, bytes) => {
    expect(msToBytes(ms, { sampleRate })).toBe(bytes);
    expect(bytesToMs(bytes, { sampleRate })).toBe(ms);
  });

  it('count one byte per sample of mu-law', () => {
    expect(msToBytes(100, { sampleRate: 8000, encoding: 'pcm_mulaw' })).toBe(800);
    expect(bytesToMs(800, { sampleRate: 8000, encoding: 'pcm_mulaw' })).toBe(100);
  });

  it('are inverse for whole samples', () => {
    fc.assert(
      fc.property(format, fc.integer({ min: 0, max: 2 ** 31 }), (pcm, samples) => {
        const bytes = samples * bytesPerSample(pcm.encoding);
        expect(msToBytes(bytesToMs(bytes, pcm), pcm)).toBe(bytes);
      }),
    );
  });

  it.each([-1, Number.NaN, Infinity])('refuse %p', (amount) => {
    expect(() => msToBytes(amount, { sampleRate: 16_000 })).toThrow(
      new RangeError(`ms must be a number of at least 0, not ${amount}`),
    );
    expect(() => bytesToMs(amount, { sampleRate: 16_000 })).toThrow(
      new RangeError(`bytes must be a number of at least 0, not ${amount}`),
    );
  });

  it.each([0, -16_000, 16_000.5, Number.NaN])('refuse a sample rate of %p', (sampleRate) => {
    const error = new RangeError(`sampleRate must be a positive whole number of hertz, not ${sampleRate}`);
    expect(() => msToBytes(1, { sampleRate })).toThrow(error);
    expect(() => bytesToMs(1, { sampleRate })).toThrow(error);
  });
});

describe('frameBytes', () => {
  it.each([
    [8000, 50, 800],
    [16_000, 100, 3200],
    [24_000, 50, 2400],
    [44_100, 50, 4410],
    [48_000, 1000, 96_000],
    [11_025, 50, 1104],
    [11_025, 1000, 22_050],
  ])('returns at %i Hz for %i ms %i bytes', (sampleRate, ms, bytes) => {
    expect(frameBytes(ms, { sampleRate })).toBe(bytes);
  });

  it('is legal at every rate, length and encoding, within one sample of the argument', () => {
    fc.assert(
      fc.property(format, fc.double({ min: MIN_FRAME_MS, max: MAX_FRAME_MS, noNaN: true }), (pcm, ms) => {
        const bytes = frameBytes(ms, pcm);
        expect(isLegalFrame(bytes, pcm)).toBe(true);
        expect(Math.abs(bytesToMs(bytes, pcm) - ms)).toBeLessThanOrEqual(1000 / pcm.sampleRate);
      }),
    );
  });

  it.each([49.9, 1000.1, -1, Number.NaN, Infinity])('refuses a frame of %p ms', (ms) => {
    expect(() => frameBytes(ms, { sampleRate: 16_000 })).toThrow(new RangeError(`ms must be 50 to 1000, not ${ms}`));
  });
});

describe('isLegalFrame', () => {
  const pcm: PcmFormat = { sampleRate: 16_000 };

  it.each([
    [1600, true],
    [32_000, true],
    [1598, false],
    [32_002, false],
    [1601, false],
    [0, false],
  ])('of %i bytes at 16 kHz is %p', (bytes, legal) => {
    expect(isLegalFrame(bytes, pcm)).toBe(legal);
  });
});
