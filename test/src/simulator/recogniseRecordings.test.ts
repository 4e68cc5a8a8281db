import { describe, expect, it } from '@jest/globals';
import { recogniseRecordings } from '../../../src/simulator/recogniseRecordings.ts';
import type { RecognisedWord, Recording } from '../../../src/simulator/index.ts';
import { fc } from '../../support/fastCheck.ts';
import { syntheticSpeech } from '../../support/syntheticSpeech.ts';

const RATE = 16_000;
const recording = syntheticSpeech({ seed: 7, seconds: 60 });
const other = syntheticSpeech({ seed: 8, seconds: 20 });
const recognise = recogniseRecordings([recording, other]);

/** The words recognised in these bytes, pushed in pieces of `size`. */
function recogniseBytes(bytes: Uint8Array, size = 3200): RecognisedWord[] {
  const recogniser = recognise(RATE);
  const words: RecognisedWord[] = [];
  for (let at = 0; at < bytes.length; at += size) words.push(...recogniser.push(bytes.subarray(at, at + size)));
  return [...words, ...recogniser.end()];
}

function texts(words: readonly RecognisedWord[]): string[] {
  return words.filter(({ done }) => done).map(({ text }) => text);
}

function bytesOf(ms: number): number {
  return 2 * Math.round((ms * RATE) / 1000);
}

function slice({ pcm }: Recording, fromMs: number, toMs: number): Uint8Array {
  return pcm.subarray(bytesOf(fromMs), bytesOf(toMs));
}

function join(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The words in bytes `from` to `to` of the recording, computed from the word times alone. */
function expected({ words }: Recording, from: number, to: number): string[] {
  return words.flatMap((word) => {
    const [start, end] = [bytesOf(word.start), bytesOf(word.end)];
    if (from <= start && end <= to) return [word.text];
    return Math.min(end, to) - Math.max(start, from) >= bytesOf(10) ? [`${word.text}~`] : [];
  });
}

const [first, second, third] = [recording.words[0]!, recording.words[1]!, recording.words[2]!];
const lastMs = recording.words.at(-1)!.end;

describe('recogniseRecordings', () => {
  it('returns every word of a recording, with its times', () => {
    const words = recogniseBytes(recording.pcm).filter(({ done }) => done);
    expect(words.map(({ text, startMs, endMs, speaker }) => ({ text, start: startMs, end: endMs, speaker }))).toEqual(
      recording.words,
    );
  });

  it('returns a word in three steps: begun, half, whole', () => {
    const steps = recogniseBytes(slice(recording, 0, first.end)).map(({ text, done }) => [text, done]);
    const half = first.text.slice(0, Math.ceil(first.text.length / 2));
    expect(steps).toEqual([
      ['', false],
      [half, false],
      [first.text, true],
    ]);
  });

  it('can begin in the middle of a recording, and counts time from there', () => {
    const word = recogniseBytes(slice(recording, third.start - 20, third.end)).find(({ done }) => done);
    expect(word).toMatchObject({ startMs: 20, endMs: 20 + third.end - third.start });
  });

  it('marks a word that is cut at its beginning or end', () => {
    const middle = (first.start + first.end) / 2;
    expect(texts(recogniseBytes(slice(recording, 0, middle)))).toEqual([`${first.text}~`]);
    expect(texts(recogniseBytes(slice(recording, middle, first.end)))).toEqual([`${first.text}~`]);
  });

  it('returns no words that were not sent', () => {
    const sent = join(slice(recording, 0, first.end), slice(recording, third.start, third.end));
    expect(texts(recogniseBytes(sent))).toEqual([first.text, third.text]);
  });

  it('returns words again that are sent again', () => {
    const again = slice(recording, 0, second.end);
    expect(texts(recogniseBytes(join(again, again)))).toEqual([first.text, second.text, first.text, second.text]);
  });

  it('marks a word in which a stretch is missing', () => {
    const third1 = first.start + (first.end - first.start) / 3;
    const third2 = first.start + ((first.end - first.start) * 2) / 3;
    const sent = join(slice(recording, 0, third1), slice(recording, third2, first.end));
    expect(texts(recogniseBytes(sent))).toEqual([`${first.text}~`, `${first.text}~`]);
  });

  it('follows a change from one recording to another and back', () => {
    const start = slice(recording, 0, first.end);
    const stranger = slice(other, 0, other.words[0]!.end);
    expect(texts(recogniseBytes(join(start, stranger, start)))).toEqual([first.text, other.words[0]!.text, first.text]);
  });

  it('finds no position in digital silence, and finds it after the silence', () => {
    const silence = new Uint8Array(bytesOf(3000));
    expect(texts(recogniseBytes(silence))).toEqual([]);
    expect(texts(recogniseBytes(join(silence, slice(recording, 0, first.end))))).toEqual([first.text]);
  });

  it('keeps the position in a recording with digital silence', () => {
    const quiet: Recording = { ...recording, pcm: recording.pcm.slice() };
    for (const [index, word] of recording.words.entries()) {
      quiet.pcm.fill(0, bytesOf(word.end), bytesOf(recording.words[index + 1]?.start ?? 60_000));
    }
    const recogniser = recogniseRecordings([quiet])(RATE);
    const from = bytesOf(first.end + 5);
    const words = [...recogniser.push(quiet.pcm.subarray(from)), ...recogniser.end()];
    expect(texts(words)).toEqual(recording.words.slice(1).map(({ text }) => text));
  });

  it('returns for unknown audio that there is speech, and how long', () => {
    const unknown = syntheticSpeech({ seed: 99, seconds: 5 });
    const spoken = new Uint8Array(bytesOf(3000));
    spoken.set(slice(unknown, unknown.words[0]!.start, unknown.words[0]!.end), bytesOf(400));
    const seconds = ((unknown.words[0]!.end - unknown.words[0]!.start) / 1000).toFixed(1);
    expect(texts(recogniseBytes(spoken))).toEqual([`[speech ${seconds} s]`]);
  });

  it('returns the same words for any frame size', () => {
    const whole = recogniseBytes(recording.pcm, recording.pcm.length);
    expect(recogniseBytes(recording.pcm, 3200)).toEqual(whole);
    expect(recogniseBytes(recording.pcm, 1601)).toEqual(whole);
  });

  it('finds audio that begins at an odd byte', () => {
    const sent = join(Uint8Array.of(1), slice(recording, 0, second.end));
    expect(texts(recogniseBytes(sent))).toEqual([first.text, second.text]);
  });

  it('returns exactly the words in any sequence of stretches, lost, repeated or cut', () => {
    const stretch = fc
      .tuple(fc.nat(bytesOf(lastMs) - 1), fc.integer({ min: 400, max: bytesOf(8000) }))
      .map(([from, length]) => ({ from, to: Math.min(from + length, bytesOf(lastMs)) }))
      .filter(({ from, to }) => to - from >= 400);
    fc.assert(
      fc.property(
        fc.array(stretch, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 50, max: 9000 }),
        (parts, size) => {
          // a stretch that continues the previous one is no cut
          fc.pre(parts.every(({ from }, index) => index === 0 || Math.abs(from - parts[index - 1]!.to) > 64));
          const sent = join(...parts.map(({ from, to }) => recording.pcm.subarray(from, to)));
          expect(texts(recogniseBytes(sent, size))).toEqual(
            parts.flatMap(({ from, to }) => expected(recording, from, to)),
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});
