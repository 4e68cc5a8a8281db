import { describe, expect, it } from '@jest/globals';
import type { PcmEncoding } from '../../../src/audio/pcm.ts';
import { SpeechDetector } from '../../../src/audio/speechDetector.ts';
import { seededRandom } from '../../support/syntheticSpeech.ts';

const FRAME_MS = 100;

interface Sound {
  /** Level of white noise, and of a voice that is on in each frame of `voice`: parts of full scale. */
  readonly noise: (frame: number) => number;
  readonly voice?: (frame: number) => number;
  readonly frames: number;
  readonly sampleRate?: number;
  readonly encoding?: PcmEncoding;
}

/** Which frames the detector takes for speech. */
function detect({ noise, voice = () => 0, frames, sampleRate = 16_000, encoding = 'pcm_s16le' }: Sound): number[] {
  const detector = new SpeechDetector({ sampleRate, encoding });
  const random = seededRandom(1);
  const samples = (sampleRate * FRAME_MS) / 1000;
  return Array.from({ length: frames }, (_, frame) => frame).filter((frame) => {
    const pcm = new Int16Array(samples);
    for (let at = 0; at < samples; at++) {
      const sound = voice(frame) === 0 ? 0 : voice(frame) * syllables((frame * samples + at) / sampleRate);
      pcm[at] = 32_767 * (noise(frame) * (2 * random() - 1) + sound);
    }
    const bytes = encoding === 'pcm_s16le' ? new Uint8Array(pcm.buffer) : Uint8Array.from(pcm, toMulaw);
    return detector.detect(bytes);
  });
}

/** Four tones that swell five times a second. */
function syllables(seconds: number): number {
  const tones = [220, 440, 880, 1760].reduce((sum, hertz) => sum + Math.sin(2 * Math.PI * hertz * seconds), 0) / 4;
  return tones * (0.5 - 0.5 * Math.cos(2 * Math.PI * 5 * seconds));
}

/** @see https://www.itu.int/rec/T-REC-G.711 */
function toMulaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), 32_635) + 132;
  const exponent = Math.floor(Math.log2(magnitude)) - 7;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

/** Speech from frame 100 to 110. */
const voice = (level: number) => (frame: number) => (frame >= 100 && frame < 110 ? level : 0);

describe('SpeechDetector', () => {
  it.each([8000, 16_000, 44_100, 48_000])('finds speech in noise at %d Hz', (sampleRate) => {
    const found = detect({ noise: () => 0.01, voice: voice(0.1), frames: 130, sampleRate });

    const known = found.filter((frame) => frame >= 10);
    expect(known[0]).toBeLessThanOrEqual(102);
    expect(known.length).toBeGreaterThanOrEqual(8);
    expect(known.at(-1)).toBeLessThanOrEqual(112);
  });

  it('reads mu-law', () => {
    const found = detect({
      noise: () => 0.01,
      voice: voice(0.1),
      frames: 130,
      sampleRate: 8000,
      encoding: 'pcm_mulaw',
    });

    expect(found.find((frame) => frame >= 10)).toBeLessThanOrEqual(102);
  });

  it('takes any sound of the first second for speech, since it does not know the noise', () => {
    expect(detect({ noise: () => 0.01, frames: 10 })).toContain(2);
  });

  it('finds nothing in digital silence', () => {
    expect(detect({ noise: () => 0, frames: 50 })).toEqual([]);
  });

  it('finds nothing in steady noise, however loud', () => {
    for (const level of [0.001, 0.01, 0.1, 0.9]) {
      expect(detect({ noise: () => level, frames: 300 }).filter((frame) => frame >= 12)).toEqual([]);
    }
  });

  it('gets used to noise that becomes louder, and notices at once that it stops', () => {
    const found = detect({
      noise: (frame) => (frame >= 100 && frame < 500 ? 0.1 : 0.01),
      voice: (frame) => (frame === 520 || frame === 521 || frame === 522 ? 0.1 : 0),
      frames: 600,
    });

    expect(found.filter((frame) => frame >= 105 && frame < 110)).toHaveLength(5);
    expect(found.filter((frame) => frame >= 400 && frame < 515)).toEqual([]);
    expect(found.filter((frame) => frame >= 520)).not.toEqual([]);
  });

  it('ignores a click', () => {
    const detector = new SpeechDetector({ sampleRate: 16_000 });
    const random = seededRandom(2);
    const found = Array.from({ length: 100 }, (_, frame) => {
      const pcm = Int16Array.from(
        { length: 1600 },
        (__, at) => (frame === 50 && at < 320 ? 20_000 : 300) * (2 * random() - 1),
      );
      return detector.detect(new Uint8Array(pcm.buffer));
    });
    expect(found.slice(12)).not.toContain(true);
  });

  it('finds the same speech after a time without a signal', () => {
    const found = detect({
      noise: (frame) => (frame < 50 || frame >= 300 ? 0.003 : 0),
      voice: (frame) => (frame >= 310 && frame < 320 ? 0.05 : 0),
      frames: 330,
    });

    expect(found.find((frame) => frame >= 12)).toBeGreaterThanOrEqual(310);
  });
});
