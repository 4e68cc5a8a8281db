import { describe, expect, it } from '@jest/globals';
import { bundledRecording } from '../../src/simulator/index.ts';
import type { RecognisedWord } from '../../src/simulator/index.ts';
import { similarityRecogniser } from './similarityRecogniser.ts';
import { seededRandom } from './syntheticSpeech.ts';

const RATE = 16_000;
const recording = await bundledRecording();
const { words } = recording;
const factory = similarityRecogniser(recording);
const samples = new Int16Array(recording.pcm.buffer.slice(recording.pcm.byteOffset), 0, recording.pcm.length >> 1);

/** How a capture changes audio. */
interface Capture {
  readonly gain?: number;
  /** Amplitude of the added noise. */
  readonly noise?: number;
  /** Speed of its clock relative to the recording's. */
  readonly drift?: number;
  /** Offset of its first sample, in samples. */
  readonly phase?: number;
}

const BROWSER: Capture = { gain: 0.5, noise: 60, drift: 1.004, phase: 0.37 };

/** Audio after a capture that resamples it to 48 kHz and back. */
function captureOf(audio: Int16Array, { gain = 1, noise = 0, drift = 1, phase = 0 }: Capture = BROWSER): Int16Array {
  const random = seededRandom(3);
  const between = (source: ArrayLike<number>, at: number): number => {
    const index = Math.floor(at);
    return (source[index] ?? 0) * (1 - at + index) + (source[index + 1] ?? 0) * (at - index);
  };
  const fine = new Float32Array(3 * audio.length);
  for (let index = 0; index < fine.length; index++) fine[index] = between(audio, index / 3 + phase);
  const out = new Int16Array(Math.floor(audio.length / drift));
  for (let index = 0; index < out.length; index++) {
    out[index] = gain * between(fine, 3 * index * drift) + noise * (2 * random() - 1);
  }
  return out;
}

function cut(fromMs: number, toMs: number): Int16Array {
  return samples.subarray((fromMs * RATE) / 1000, (toMs * RATE) / 1000);
}

function silence(ms: number): Int16Array {
  return new Int16Array((ms * RATE) / 1000);
}

function join(...parts: Int16Array[]): Int16Array {
  const bytes = Buffer.concat(
    parts.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function recognise(audio: Int16Array, size = 3200): RecognisedWord[] {
  const recogniser = factory(RATE);
  const bytes = new Uint8Array(audio.buffer, audio.byteOffset, audio.byteLength);
  const recognised: RecognisedWord[] = [];
  for (let at = 0; at < bytes.length; at += size) recognised.push(...recogniser.push(bytes.subarray(at, at + size)));
  return [...recognised, ...recogniser.end()];
}

function textOf(recognised: readonly RecognisedWord[]): string {
  return recognised
    .filter(({ done }) => done)
    .map(({ text }) => text)
    .join(' ');
}

function recordedText(from: number, to: number): string {
  return words
    .slice(from, to)
    .map((word) => word.text)
    .join(' ');
}

const everything = recordedText(0, words.length);

describe('similarityRecogniser', () => {
  it('recognises every word of the recording itself, at its time', () => {
    const recognised = recognise(samples).filter(({ done }) => done);
    expect(textOf(recognised)).toBe(everything);
    for (const [index, { startMs, endMs }] of recognised.entries()) {
      expect(Math.abs(startMs - words[index]!.start)).toBeLessThan(10);
      expect(Math.abs(endMs - words[index]!.end)).toBeLessThan(10);
    }
  });

  it('recognises every word after a capture that changes rate, gain, phase and clock, and adds noise', () => {
    expect(textOf(recognise(captureOf(samples)))).toBe(everything);
    const other = captureOf(cut(0, 7300), { ...BROWSER, drift: 0.997, gain: 2, phase: 0.5 });
    expect(textOf(recognise(other))).toBe(recordedText(0, 13));
  });

  it('recognises nothing in silence, and the words after it', () => {
    expect(textOf(recognise(captureOf(silence(3000))))).toBe('');
    expect(textOf(recognise(captureOf(join(silence(1234), cut(0, 7300)))))).toBe(recordedText(0, 13));
  });

  it('recognises audio that starts in the middle', () => {
    expect(textOf(recognise(captureOf(cut(12_990, 24_000))))).toBe(recordedText(27, words.length));
  });

  it('marks a word whose start or end is missing', () => {
    expect(textOf(recognise(captureOf(cut(3300, 4671))))).toBe('microphone~ becomes text,');
    expect(textOf(recognise(captureOf(cut(2500, 3950))))).toBe('Your microphone becomes~');
  });

  it('marks a word that lacks 200 ms', () => {
    const audio = captureOf(join(cut(0, 3300), cut(3500, 7300)));
    expect(textOf(recognise(audio))).toBe(
      `${recordedText(0, 4)} microphone~ microphone~ becomes text, word by word, while you speak.`,
    );
  });

  it('marks a word that lacks a frame', () => {
    const audio = captureOf(join(cut(0, 4300), cut(4400, 7300)));
    expect(textOf(recognise(audio))).toBe(`${recordedText(0, 6)} text,~ text,~ word by word, while you speak.`);
  });

  it('omits words that are missing', () => {
    expect(textOf(recognise(captureOf(join(cut(0, 3080), cut(4183, 7300)))))).toBe(
      'Welcome to rxscribe. Your text, word by word, while you speak.',
    );
  });

  it('returns words twice that it received twice', () => {
    const audio = captureOf(join(cut(0, 5730), cut(4750, 7300)));
    expect(textOf(recognise(audio))).toBe(`${recordedText(0, 10)} word by word, while you speak.`);
  });

  it('reports other speech as unknown', () => {
    const random = seededRandom(5);
    const noise = Int16Array.from({ length: RATE }, () => 8000 * (random() - 0.5));
    expect(textOf(recognise(join(silence(500), noise, silence(1000))))).toMatch(/^\[speech 1\.0 s\]$/);
  });

  it('returns the same words in order for any chunk size, and settles them', () => {
    const audio = captureOf(join(cut(0, 3300), cut(3500, 7300)));
    expect(textOf(recognise(audio, 1001))).toBe(textOf(recognise(audio, 6400)));
    const recogniser = factory(RATE);
    const bytes = new Uint8Array(audio.buffer);
    let atMs = 0;
    for (let at = 0; at < bytes.length; at += 1600) {
      for (const word of recogniser.push(bytes.subarray(at, at + 1600))) {
        expect(word.atMs).toBeGreaterThanOrEqual(atMs);
        ({ atMs } = word);
      }
      expect(recogniser.settledMs).toBeGreaterThanOrEqual(atMs);
      expect(recogniser.settledMs).toBeGreaterThan((at + 1600) / 32 - 800);
    }
  });
});
