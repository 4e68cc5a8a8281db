import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian's package pocketsphinx-testdata puts five clips of an audiobook (LibriVox, public domain). */
const CLIPS = '/usr/share/pocketsphinx/test/data/librivox';
const SHA256: Readonly<Record<string, string>> = {
  '0870': 'b0557cf95c974d930577e58e46b7f068c432a6e3afcc286563d88922b2a5315c',
  '0880': 'fbec491ef00ee734a67f0ee318e98c51c157b479e1629ff4f4426861ecac0414',
  '0890': '5793ffbdee55fb8bfd284943a6866864c832d9d4accf2661cabd39915c84ee10',
  '0920': '40882414ef4cc51f3ff7a63bad0c8c87e7f595ffeb8209fbf756c8ebc5c28a59',
  '0930': '954adbf0b56ac8a148cbe77b39ca18d76b5f2a1e1f405565bd786ce3e68a68b7',
};
const HEADER_BYTES = 44;
/** 0.8 s of silence after each clip: 16 kHz, 16-bit, mono. */
const PAUSE_BYTES = 25_600;

/** What is read, in lower case and without punctuation: 70 words. */
export const HUMAN_TEXT: string =
  'and mr john dashwood had then leisure to consider how much there might be prudently in his power to do for them ' +
  'he was not an ill disposed young man ' +
  'unless to be rather cold hearted and rather selfish is to be ill disposed ' +
  'had he married a more amiable woman he might have been made still more respectable than he was ' +
  'he might even have been made amiable himself';

/** Writes 28.7 s of human speech, so many times, as a WAV file into a directory and returns its path. */
export function humanSpeech(directory: string, times: number = 1): string {
  const clips = Object.entries(SHA256).map(([number, expected]) => {
    const wav = readFileSync(join(CLIPS, `sense_and_sensibility_01_austen_64kb-${number}.wav`));
    const actual = createHash('sha256').update(wav).digest('hex');
    if (actual !== expected) throw new Error(`clip ${number} is not the one this test was written for`);
    return wav;
  });
  const once = Buffer.concat(clips.flatMap((wav) => [wav.subarray(HEADER_BYTES), Buffer.alloc(PAUSE_BYTES)]));
  const pcm = Buffer.concat(Array.from({ length: times }, () => once));
  const header = Buffer.from(clips[0]?.subarray(0, HEADER_BYTES) ?? []);
  header.writeUInt32LE(HEADER_BYTES - 8 + pcm.length, 4);
  header.writeUInt32LE(pcm.length, 40);
  const path = join(directory, times === 1 ? 'human.wav' : `human-${times}.wav`);
  writeFileSync(path, Buffer.concat([header, pcm]));
  return path;
}
