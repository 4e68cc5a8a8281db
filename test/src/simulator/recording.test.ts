import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bundledRecording, loadRecording } from '../../../src/simulator/index.ts';
import { syntheticSpeech } from '../../support/syntheticSpeech.ts';

/** A WAV file at 8 kHz with an extra chunk before the format. */
function wavFile(channels: number, samples: number): Uint8Array {
  const head = Buffer.alloc(54);
  head.write('RIFF....WAVElist\x02\0\0\0..fmt \x10\0\0\0', 'latin1');
  head.writeUInt16LE(1, 30);
  head.writeUInt16LE(channels, 32);
  head.writeUInt32LE(8000, 34);
  head.writeUInt16LE(16, 44);
  head.write('data', 46);
  head.writeUInt32LE(2 * samples, 50);
  return Buffer.concat([head, Buffer.alloc(2 * samples, 7)]);
}

describe('bundledRecording', () => {
  it('is 15 to 25 s of 16 kHz audio in several turns, with pauses between them', async () => {
    const { pcm, sampleRate, words } = await bundledRecording();
    expect(sampleRate).toBe(16_000);
    expect(pcm.length / 32_000).toBeGreaterThan(15);
    expect(pcm.length / 32_000).toBeLessThan(25);
    const ends = words.filter(({ text }) => /[.?!]$/.test(text));
    expect(ends).toHaveLength(7);
    for (const { end } of ends) {
      expect((words.find(({ start }) => start > end)?.start ?? Infinity) - end).toBeGreaterThanOrEqual(700);
    }
  });

  it('has words in order, none overlapping, one repeated', async () => {
    const { words } = await bundledRecording();
    for (const [index, { start, end }] of words.entries()) {
      expect(end - start).toBeGreaterThan(60);
      expect(start).toBeGreaterThanOrEqual(words[index - 1]?.end ?? 0);
    }
    expect(words.map(({ text }) => text).join(' ')).toContain('Yes, yes,');
  });

  it('has no two identical positions', async () => {
    const { pcm } = await bundledRecording();
    const seen = new Set<string>();
    for (let at = 0; at + 64 <= pcm.length; at += 2)
      seen.add(Buffer.from(pcm.subarray(at, at + 64)).toString('latin1'));
    expect(seen.size).toBe((pcm.length - 64) / 2 + 1);
  });
});

describe('loadRecording', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-recording-'));
  });

  afterEach(() => rm(dir, { recursive: true }));

  async function load(wav: Uint8Array, json: string) {
    await writeFile(join(dir, 'a.wav'), wav);
    await writeFile(join(dir, 'a.json'), json);
    return loadRecording(join(dir, 'a.wav'), join(dir, 'a.json'));
  }

  it('reads a WAV file and its words', async () => {
    const words = [{ text: 'Hi.', start: 0, end: 1 }];
    const recording = await load(wavFile(1, 20), JSON.stringify({ words }));
    expect(recording).toMatchObject({ sampleRate: 8000, words });
    expect(Buffer.compare(recording.pcm, Buffer.alloc(40, 7))).toBe(0);
  });

  it('refuses what it can not use, naming the file', async () => {
    await expect(load(wavFile(2, 20), '{"words":[]}')).rejects.toThrow(/not 16-bit mono PCM: .*a\.wav/);
    await expect(load(Buffer.from('hello'), '{"words":[]}')).rejects.toThrow(/not a WAV file: .*a\.wav/);
    await expect(load(wavFile(1, 20).subarray(0, 40), '{"words":[]}')).rejects.toThrow(TypeError);
    await expect(load(wavFile(1, 20), '[]')).rejects.toThrow(/no list of words in .*a\.json/);
  });
});

describe('syntheticSpeech', () => {
  it('is the same for the same seed, of the given length, with words of 120 to 600 ms and repeats', () => {
    const speech = syntheticSpeech({ seed: 5, seconds: 300, sampleRate: 8000 });
    const again = syntheticSpeech({ seed: 5, seconds: 300, sampleRate: 8000 });
    expect(Buffer.compare(speech.pcm, again.pcm)).toBe(0);
    expect(speech.words).toEqual(again.words);
    expect(speech.pcm).toHaveLength(300 * 16_000);
    for (const { start, end } of speech.words) {
      expect(end - start).toBeGreaterThanOrEqual(120);
      expect(end - start).toBeLessThanOrEqual(600);
    }
    const plain = speech.words.map(({ text }) => text.toLowerCase().replace(/\W/g, ''));
    expect(plain.some((word, index) => word === plain[index + 1])).toBe(true);
  });
});
