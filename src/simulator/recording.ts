import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** One word of a recording. */
export interface RecordedWord {
  /** The word as written, with its punctuation. A word ending in `.`, `?` or `!` ends a sentence. */
  readonly text: string;
  /** Where its sound begins, in milliseconds from the first sample. */
  readonly start: number;
  /** Where its sound ends, in milliseconds from the first sample. */
  readonly end: number;
  /** The speaker, for sessions with speaker labels. @defaultValue `'A'` */
  readonly speaker?: string;
}

/** Audio that the service knows word by word. */
export interface Recording {
  /** Mono samples, 16-bit signed little endian. */
  readonly pcm: Uint8Array;
  /** Samples per second, in hertz. */
  readonly sampleRate: number;
  /** Its words, in order, not overlapping. */
  readonly words: readonly RecordedWord[];
}

/**
 * Reads a recording from a WAV file (16-bit mono PCM) and a JSON file `{ "words": [{ text, start, end, speaker? }] }`
 * with times in milliseconds.
 */
export async function loadRecording(wavFile: string, wordsFile: string): Promise<Recording> {
  const [wav, json] = await Promise.all([readFile(wavFile), readFile(wordsFile, 'utf8')]);
  const { words }: { words?: RecordedWord[] } = JSON.parse(json);
  if (!Array.isArray(words)) throw new TypeError(`no list of words in ${wordsFile}`);
  return { ...parseWav(wav, wavFile), words };
}

/** Loads the recording in this package: a conversation of 25 s, 16 kHz, made by a speech synthesiser. */
export function bundledRecording(): Promise<Recording> {
  return loadRecording(bundled('demo.wav'), bundled('demo.json'));
}

function bundled(name: string): string {
  return fileURLToPath(new URL(`./recording/${name}`, import.meta.url));
}

function parseWav(wav: Buffer, name: string): { pcm: Uint8Array; sampleRate: number } {
  if (wav.toString('latin1', 0, 4) !== 'RIFF' || wav.toString('latin1', 8, 12) !== 'WAVE') {
    throw new TypeError(`not a WAV file: ${name}`);
  }
  let sampleRate = 0;
  for (let at = 12; at + 8 <= wav.length;) {
    const kind = wav.toString('latin1', at, at + 4);
    const body = at + 8;
    const size = wav.readUInt32LE(at + 4);
    if (kind === 'fmt ') sampleRate = monoSampleRate(wav.subarray(body, body + size), name);
    if (kind === 'data' && sampleRate > 0) return { pcm: wav.subarray(body, body + size), sampleRate };
    at = body + size + (size % 2);
  }
  throw new TypeError(`no audio in WAV file: ${name}`);
}

function monoSampleRate(format: Buffer, name: string): number {
  const plain = format.length >= 16 && format.readUInt16LE(0) === 1;
  if (!plain || format.readUInt16LE(2) !== 1 || format.readUInt16LE(14) !== 16) {
    throw new TypeError(`not 16-bit mono PCM: ${name}`);
  }
  return format.readUInt32LE(4);
}
