import { describe, expect, it } from '@jest/globals';
import { bundledRecording } from '../../src/simulator/index.ts';
import type { Heard } from '../../src/simulator/index.ts';
import { similarityRecogniser } from './similarityRecogniser.ts';
import { seededRandom } from './syntheticSpeech.ts';

const RATE = 16_000;
const recording = await bundledRecording();
const { words } = recording;
const factory = similarityRecogniser(recording);
const samples = new Int16Array(recording.pcm.buffer.slice(recording.pcm.byteOffset), 0, recording.pcm.length >> 1);

/** What a capture does to audio. */
interface Capture {
  readonly gain?: number;
  /** Largest sample of the noise. */
  readonly noise?: number;
  /** How much faster its clock is. */
  readonly drift?: number;
  /** Where between two samples it begins. */
  readonly phase?: number;
}

const BROWSER: Capture = { gain: 0.5, noise: 60, drift: 1.004, phase: 0.37 };

/** The audio as it comes out of a capture that resamples it to 48 kHz and back. */
function captured(audio: Int16Array, { gain = 1, noise = 0, drift = 1, phase = 0 }: Capture = BROWSER): Int16Array {
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

function listen(audio: Int16Array, size = 3200): Heard[] {
  const recogniser = factory(RATE);
  const bytes = new Uint8Array(audio.buffer, audio.byteOffset, audio.byteLength);
  const heard: Heard[] = [];
  for (let at = 0; at < bytes.length; at += size) heard.push(...recogniser.push(bytes.subarray(at, at + size)));
  return [...heard, ...recogniser.end()];
}

function said(heard: readonly Heard[]): string {
  return heard
    .filter(({ done }) => done)
    .map(({ text }) => text)
    .join(' ');
}

function phrase(from: number, to: number): string {
  return words
    .slice(from, to)
    .map((word) => word.text)
    .join(' ');
}

const everything = phrase(0, words.length);

describe('similarityRecogniser', () => {
  it('hear every word of the recording itself, at its time', () => {
    const heard = listen(samples).filter(({ done }) => done);
    expect(said(heard)).toBe(everything);
    for (const [index, { startMs, endMs }] of heard.entries()) {
      expect(Math.abs(startMs - words[index]!.start)).toBeLessThan(10);
      expect(Math.abs(endMs - words[index]!.end)).toBeLessThan(10);
    }
  });

  it('hear every word through a capture that changes rate, gain, phase and clock, and adds noise', () => {
    expect(said(listen(captured(samples)))).toBe(everything);
    const other = captured(cut(0, 7300), { ...BROWSER, drift: 0.997, gain: 2, phase: 0.5 });
    expect(said(listen(other))).toBe(phrase(0, 13));
  });

  it('hear nothing in silence, and the words after it', () => {
    expect(said(listen(captured(silence(3000))))).toBe('');
    expect(said(listen(captured(join(silence(1234), cut(0, 7300)))))).toBe(phrase(0, 13));
  });

  it('begin in the middle', () => {
    expect(said(listen(captured(cut(12_990, 24_000))))).toBe(phrase(27, words.length));
  });

  it('mark a word that begins or ends in its middle', () => {
    expect(said(listen(captured(cut(3300, 4671))))).toBe('microphone~ becomes text,');
    expect(said(listen(captured(cut(2500, 3950))))).toBe('Your microphone becomes~');
  });

  it('mark a word in which 200 ms are missing', () => {
    const audio = captured(join(cut(0, 3300), cut(3500, 7300)));
    expect(said(listen(audio))).toBe(
      `${phrase(0, 4)} microphone~ microphone~ becomes text, word by word, while you speak.`,
    );
  });

  it('mark a word in which a frame is missing', () => {
    const audio = captured(join(cut(0, 4300), cut(4400, 7300)));
    expect(said(listen(audio))).toBe(`${phrase(0, 6)} text,~ text,~ word by word, while you speak.`);
  });

  it('do not hear what is missing', () => {
    expect(said(listen(captured(join(cut(0, 3080), cut(4183, 7300)))))).toBe(
      'Welcome to rxscribe. Your text, word by word, while you speak.',
    );
  });

  it('hear twice what comes twice', () => {
    const audio = captured(join(cut(0, 5730), cut(4750, 7300)));
    expect(said(listen(audio))).toBe(`${phrase(0, 10)} word by word, while you speak.`);
  });

  it('tell of other speech that there is some', () => {
    const random = seededRandom(5);
    const noise = Int16Array.from({ length: RATE }, () => 8000 * (random() - 0.5));
    expect(said(listen(join(silence(500), noise, silence(1000))))).toMatch(/^\[speech 1\.0 s\]$/);
  });

  it('hear the same whatever the cut, in order, and settle what they told', () => {
    const audio = captured(join(cut(0, 3300), cut(3500, 7300)));
    expect(said(listen(audio, 1001))).toBe(said(listen(audio, 6400)));
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
