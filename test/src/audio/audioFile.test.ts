import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it, expect } from '@jest/globals';
import { AudioWriter } from 'decibri';
import { firstValueFrom, lastValueFrom, Subject, take, toArray } from 'rxjs';
import { audioFile } from '../../../src/audio/audioFile.ts';
import type { AudioFileOptions } from '../../../src/audio/audioFile.ts';
import { pauseSource } from '../../../src/backpressure.ts';
import { settle } from './settle.ts';
import { fmt, loudness, riff, tone, wav } from './recordings.ts';

let folder: string;

/** An ID3v2 tag of 20 bytes. */
const ID3 = Buffer.concat([Buffer.from('ID3\u0004\0\0\0\0\0\u0014', 'latin1'), Buffer.alloc(20)]);

const unexpected = (line: string): void => {
  throw new Error(line);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rxscribe-audio-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function saved(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** A recording in the format of its ending. */
async function written(name: string, samples: Buffer, sampleRate: number, channels: number): Promise<string> {
  const path = join(folder, name);
  const writer = new AudioWriter(path, { sampleRate, channels });
  writer.end(samples);
  await once(writer, 'finish');
  return path;
}

/** Two channels of 16-bit samples as one. */
function interleaved(left: Buffer, right: Buffer): Buffer {
  const frames = Array.from({ length: left.length / 2 }, (_, at) => [
    left.subarray(at * 2, at * 2 + 2),
    right.subarray(at * 2, at * 2 + 2),
  ]);
  return Buffer.concat(frames.flat());
}

/** All chunks, as fast as possible. */
const play = (path: string, options: AudioFileOptions = {}): Promise<Uint8Array[]> =>
  lastValueFrom(audioFile(path, { speed: Infinity, ...options }).pipe(toArray()));

/** Where Linux lists the open files of this process. */
const OPEN_FILES = '/proc/self/fd';

async function openFiles(): Promise<string[]> {
  const entries = await readdir(OPEN_FILES);
  return Promise.all(entries.map((entry) => readlink(join(OPEN_FILES, entry)).catch(() => '')));
}

/** Whether the file is closed: closing takes some turns of the event loop and emits no event. */
async function isClosed(path: string, looks = 50): Promise<boolean> {
  await settle();
  const open = (await openFiles()).includes(path);
  return open && looks > 0 ? isClosed(path, looks - 1) : !open;
}

const describeWhereListed = existsSync(OPEN_FILES) ? describe : describe.skip;

const lengths = (chunks: readonly Uint8Array[]): number[] => chunks.map(({ length }) => length);

describe('audioFile', () => {
  it('passes 16-bit mono at the wanted rate through unchanged, in chunks of 100 ms', async () => {
    const samples = tone(250);
    const chunks = await play(await saved('plain.wav', wav(samples)));
    expect(lengths(chunks)).toEqual([3200, 3200, 1600]);
    expect(Buffer.concat(chunks)).toEqual(samples);
  });

  it.each([
    [8000, [1600, 1600]],
    [44_100, [8820, 8820]],
    [48_000, [9600, 9600]],
  ])('makes chunks of 100 ms at %i Hz', async (sampleRate, expected) => {
    const path = await saved(`rate-${sampleRate}.wav`, wav(tone(200, sampleRate), { sampleRate }));
    expect(lengths(await play(path, { sampleRate }))).toEqual(expected);
  });

  it.each([
    [
      'has other chunks before it',
      riff([{ id: 'LIST', body: new Uint8Array(7) }, fmt(), { id: 'data', body: tone(100) }]),
    ],
    [
      'has other chunks after it',
      riff([fmt(), { id: 'data', body: tone(100) }, { id: 'LIST', body: new Uint8Array(8) }]),
    ],
    ['is of the extensible format', wav(tone(100), { tag: 0xfffe, subFormat: 1 })],
    ['ends with half a sample', wav(Buffer.concat([tone(100), Buffer.of(1)]))],
    ['follows an ID3 tag', Buffer.concat([ID3, wav(tone(100))])],
  ])('emits exactly the audio when it %s', async (name, bytes) => {
    const chunks = await play(await saved(`${name}.wav`, bytes), { onWarning: unexpected });
    expect(Buffer.concat(chunks)).toEqual(tone(100));
  });

  it.each([
    ['is unknown, as 0', 0, 'its header gives no length, so it may be incomplete; it ends after 0.1 s'],
    [
      'is unknown, as the largest number',
      0xffffffff,
      'its header gives no length, so it may be incomplete; it ends after 0.1 s',
    ],
    ['is too large', 6400, 'its header promises 0.2 s, but it ends after 0.1 s'],
  ])('plays to the end of the file when the length %s, and reports it', async (name, size, line) => {
    const path = await saved(`${name}.wav`, riff([fmt(), { id: 'data', body: tone(100), size }]));
    const lines: string[] = [];
    const chunks = await play(path, { onWarning: (warning) => lines.push(warning) });
    expect(Buffer.concat(chunks)).toEqual(tone(100));
    expect(lines).toEqual([`${JSON.stringify(path)}: ${line}`]);
  });

  it.each(['wav', 'aiff', 'flac'])('converts 44.1 kHz stereo %s to the wanted rate and mono', async (ending) => {
    const path = await written(`stereo.${ending}`, tone(500, 44_100, 2), 44_100, 2);
    const chunks = await play(path, { onWarning: unexpected });
    expect(lengths(chunks)).toEqual([3200, 3200, 3200, 3200, 3200]);
    expect(loudness(Buffer.concat(chunks))).toBeCloseTo(0.5 / Math.SQRT2, 1);
  });

  it('does not change the samples of a FLAC file at the wanted rate', async () => {
    const chunks = await play(await written('plain.flac', tone(250), 16_000, 1));
    expect(lengths(chunks)).toEqual([3200, 3200, 1600]);
    expect(Buffer.concat(chunks)).toEqual(tone(250));
  });

  it.each(['wav', 'aiff', 'flac'])('emits the channels of a %s file interleaved', async (ending) => {
    const left = tone(500);
    const stereo = interleaved(left, Buffer.alloc(left.length));
    const path = await written(`two.${ending}`, stereo, 16_000, 2);
    const chunks = await play(path, { channels: 2 });
    expect(chunks.map(({ length }) => length)).toEqual([6400, 6400, 6400, 6400, 6400]);
    expect(Buffer.compare(Buffer.concat(chunks), stereo)).toBe(0);
  });

  it('converts the rate of each channel separately', async () => {
    const left = tone(500, 48_000);
    const path = await written('two-48.wav', interleaved(left, Buffer.alloc(left.length)), 48_000, 2);
    const bytes = Buffer.concat(await play(path, { channels: 2 }));
    const channel = (offset: number): Buffer =>
      Buffer.concat(
        Array.from({ length: bytes.length / 4 }, (_, at) => bytes.subarray(at * 4 + offset, at * 4 + offset + 2)),
      );
    const mono = Buffer.concat(await play(await written('one-48.wav', left, 48_000, 1)));
    expect(channel(0).equals(mono)).toBe(true);
    expect(channel(2).equals(Buffer.alloc(mono.length))).toBe(true);
  });

  it('emits the first of more channels than wanted, and fails for fewer', async () => {
    const path = await saved('three.wav', wav(Uint8Array.from([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]), { channels: 3 }));
    const [chunk] = await play(path, { channels: 2 });
    expect(chunk).toEqual(Uint8Array.from([1, 0, 2, 0, 4, 0, 5, 0]));
    await expect(play(path, { channels: 4 })).rejects.toThrow('it has only 3 channels, not 4');
    const mono = await saved('one.wav', wav(tone(100)));
    await expect(play(mono, { channels: 2 })).rejects.toThrow('it has only 1 channel, not 2');
  });

  it('refuses what works on mono if several channels are wanted', () => {
    expect(() => audioFile('a.wav', { channels: 2, channelMap: [0] })).toThrow(
      new TypeError('channelMap must be left out with channels 2, because it works on mono'),
    );
    expect(() => audioFile('a.wav', { channels: 2, denoise: 'fastenhancer-t' })).toThrow(TypeError);
    expect(() => audioFile('a.wav', { channels: 2, dcRemoval: false })).not.toThrow();
  });

  it('follows a file that grows, from empty, until it has not grown for the given time', async () => {
    const path = await saved('growing.wav', Buffer.alloc(0));
    const audio = tone(300);
    const whole = wav(audio);
    whole.writeUInt32LE(3200, 40); // the length when the header was written
    const pieces = [whole.subarray(0, 3244), whole.subarray(3244, 5000), whole.subarray(5000)];
    const append = (): Promise<void> => appendFile(path, pieces.shift() ?? Buffer.alloc(0));
    const played: Uint8Array[] = [];
    const ended = audioFile(path, { speed: Infinity, follow: 1000, onWarning: unexpected }).forEach((chunk) => {
      played.push(chunk);
      void append().then(append);
    });
    await append();
    await ended;
    expect(Buffer.concat(played).equals(audio)).toBe(true);
  });

  it('stops following on stop, and refuses to follow for no time', async () => {
    const path = await saved('stopped.wav', wav(tone(100)));
    const stop = new Subject<void>();
    await audioFile(path, { speed: Infinity, follow: 600_000, stop }).forEach(() => stop.next());
    expect(() => audioFile(path, { follow: 0 })).toThrow(
      new RangeError('follow must be a number of milliseconds above 0, not 0'),
    );
  });

  it('reads one of several channels', async () => {
    const stereo = Buffer.alloc(2 * 3200);
    const mono = tone(100);
    for (let at = 0; at < mono.length; at += 2) {
      mono.copy(stereo, at * 2 + 2, at, at + 2);
    }
    const path = await written('right.wav', stereo, 16_000, 2);
    expect(loudness(Buffer.concat(await play(path, { channelMap: [0] })))).toBe(0);
    expect(loudness(Buffer.concat(await play(path, { channelMap: [1] })))).toBeCloseTo(0.354, 2);
  });

  it('errors when the wanted channel does not exist', async () => {
    await expect(play(await saved('mono.wav', wav(tone(100))), { channelMap: [1] })).rejects.toThrow(
      ': it has no channel 1, it has only channel 0',
    );
  });

  it('conditions audio that it would otherwise pass through', async () => {
    const path = await saved('loud.wav', wav(tone(500)));
    const quiet = Buffer.concat(await play(path, { limiter: -3, agc: -40, dcRemoval: true, highpass: 100 }));
    expect(quiet).toHaveLength(tone(500).length);
    expect(loudness(quiet)).toBeLessThan(loudness(tone(500)));
  });

  it('reads the file again for each subscription', async () => {
    const source = audioFile(await saved('twice.wav', wav(tone(200))), { speed: Infinity });
    const [one, two] = await Promise.all([
      lastValueFrom(source.pipe(toArray())),
      lastValueFrom(source.pipe(toArray())),
    ]);
    expect(one).toEqual(two);
  });

  it('reads no further than the consumer needs', async () => {
    const path = await saved('long.wav', wav(Buffer.alloc(1_920_000)));
    expect(await lastValueFrom(audioFile(path, { speed: Infinity }).pipe(take(3), toArray()))).toHaveLength(3);
  });

  it('waits for a consumer that pauses, converted or not', async () => {
    const paths = [await saved('held.wav', wav(tone(300))), await written('held.flac', tone(300), 16_000, 1)];
    for (const path of paths) {
      const waiting: (() => void)[] = [];
      let seen = 0;
      const done = audioFile(path, { speed: Infinity }).forEach(() => {
        seen += 1;
        pauseSource(() => new Promise((resolve) => void waiting.push(resolve)));
        expect(waiting).toHaveLength(1);
        setImmediate(() => setImmediate(() => waiting.shift()?.()));
      });
      // oxlint-disable-next-line no-await-in-loop -- one file after another
      await done;
      expect(seen).toBe(3);
    }
  });

  it('holds only pieces of a long file in memory', async () => {
    const path = join(folder, 'hour.wav');
    const bytes = 3600 * 48_000 * 4;
    await writeFile(
      path,
      riff([fmt({ channels: 2, sampleRate: 48_000 }), { id: 'data', body: Buffer.alloc(0), size: bytes }]),
    );
    await truncate(path, 44 + bytes);
    const before = process.memoryUsage.rss();
    expect(await lastValueFrom(audioFile(path, { speed: Infinity }).pipe(take(600), toArray()))).toHaveLength(600);
    expect(process.memoryUsage.rss() - before).toBeLessThan(150e6);
  });

  it('plays at the given speed', async () => {
    const path = await saved('paced.wav', wav(tone(500)));
    const from = performance.now();
    await play(path, { speed: 10 });
    expect(performance.now() - from).toBeGreaterThanOrEqual(39);
  });

  it('completes when stop emits, after the chunk being emitted', async () => {
    const path = await saved('stopped.wav', wav(Buffer.alloc(1_920_000)));
    const stop = new Subject<void>();
    const chunks: Uint8Array[] = [];
    await audioFile(path, { speed: Infinity, stop }).forEach((chunk) => {
      chunks.push(chunk);
      if (chunks.length === 3) {
        stop.next();
      }
    });
    expect(lengths(chunks)).toEqual([3200, 3200, 3200]);
  });

  it('opens nothing when stop emits at once', async () => {
    expect(await play('no-such-file.wav', { stop: AbortSignal.abort() })).toEqual([]);
  });

  it('errors when stop errors', async () => {
    const path = await saved('stop-error.wav', wav(tone(1000)));
    const stop = new Subject<void>();
    const played = firstValueFrom(audioFile(path, { stop }).pipe(toArray()));
    stop.error(new Error('no button'));
    await expect(played).rejects.toThrow('no button');
  });

  it('reports a file that becomes shorter while it is read', async () => {
    const path = await saved('shrinking.wav', wav(tone(5000))); // 2 s are read at once
    const lines: string[] = [];
    const source = audioFile(path, { speed: Infinity, onWarning: (line) => lines.push(line) });
    await source.forEach(() => pauseSource(() => truncate(path, 44 + 3200)));
    expect(lines).toEqual([`${JSON.stringify(path)}: its header promises 5.0 s, but it ends after 2.0 s`]);
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ['is missing', () => Promise.resolve(join(folder, 'nowhere.wav')), /: there is no such file, check the path$/],
    ['is a directory', () => mkdir(join(folder, 'd')).then(() => join(folder, 'd')), /: it is a directory$/],
    ['is no regular file', () => Promise.resolve('/dev/null'), /: it is not a regular file$/],
    ['is empty', () => saved('empty.wav', Buffer.alloc(0)), /: it is empty$/],
    [
      'is too short to be one',
      () => saved('short.wav', Buffer.from('RIFF')),
      /: only WAV, AIFF and FLAC are read, and it is none of them; convert it with: ffmpeg /,
    ],
    [
      'is cut off in its header',
      () => saved('cut.wav', wav(tone(10)).subarray(0, 40)),
      /: the file ends within its WAV header$/,
    ],
    [
      'is of another format',
      () => saved("it's.mp3", Buffer.from('ID3 and so on and so on')),
      /: it is MP3 or AAC, which only ffmpeg can read; convert it with: ffmpeg -i '.*it'\\''s.mp3' -ac 1 -ar 16000 'it'\\''s-16k.wav'$/,
    ],
    [
      'has another codec',
      () => saved('adpcm.wav', wav(tone(10), { tag: 2, bits: 4 })),
      /: it is a WAV file with Microsoft ADPCM, which only ffmpeg can read; convert it with: ffmpeg -i .*adpcm.wav /,
    ],
    [
      'has an invalid header',
      () => saved('z.wav', Buffer.concat([riff([]), Buffer.alloc(64)])),
      /: its WAV header is invalid$/,
    ],
    ['has no audio', () => saved('silent.wav', wav(Buffer.alloc(0))), /: it contains no audio$/],
    [
      'is an address',
      () => Promise.resolve('https://example.com/a.mp3'),
      /: it is an address; mediaFile reads it with ffmpeg$/,
    ],
  ])('errors with one line when the file %s', async (_, make, message) => {
    const path = await make();
    const failure = play(path);
    await expect(failure).rejects.toMatchObject({ code: 'ERR_FILE', kind: 'file', retryable: false });
    const text = await failure.catch(String);
    expect(text).toMatch(message);
    expect(text).toContain(`TranscriptionError: cannot read ${JSON.stringify(path)}: `);
    expect(text).not.toContain('\n');
  });

  it('keeps the error underneath as the cause', async () => {
    await expect(play(join(folder, 'nowhere.wav'))).rejects.toMatchObject({ cause: { code: 'ENOENT' } });
  });

  it.each([0, -1, Number.NaN])('refuses speed %p when called', (speed) => {
    expect(() => audioFile('a.wav', { speed })).toThrow(new RangeError(`speed must be a number above 0, not ${speed}`));
  });

  it('refuses other bad arguments when called', () => {
    expect(() => audioFile('')).toThrow(TypeError);
    // @ts-expect-error not a path
    expect(() => audioFile(5)).toThrow(new TypeError('path must be the path of a file, not 5'));
    // @ts-expect-error only for a recorder
    expect(() => audioFile('a.wav', { device: 1 })).toThrow(/^unknown option device, expected one of sampleRate, /);
    // @ts-expect-error not a format that is delivered
    expect(() => audioFile('a.wav', { dtype: 'float32' })).toThrow(TypeError);
    expect(() => audioFile('a.wav', { channels: 0 })).toThrow(RangeError);
    expect(() => audioFile('a.wav', { sampleRate: 0 })).toThrow(RangeError);
  });
});

describeWhereListed('the file of audioFile', () => {
  it('is closed at the end, on stop, and on an error', async () => {
    const path = await saved('closed.wav', wav(tone(500)));
    const cut = await saved('closed-cut.wav', wav(tone(10)).subarray(0, 40));
    const stop = new Subject<void>();
    await play(path);
    expect(await isClosed(path)).toBe(true);
    await audioFile(path, { speed: Infinity, stop }).forEach(() => stop.next());
    expect(await isClosed(path)).toBe(true);
    await expect(play(cut)).rejects.toThrow('ends within');
    expect(await isClosed(cut)).toBe(true);
  });

  it('is closed on unsubscribe, also while the consumer pauses', async () => {
    const path = await saved('held-open.wav', wav(tone(500)));
    const held = new Subject<void>();
    const waiting = firstValueFrom(held);
    const subscription = audioFile(path).subscribe(() => {
      pauseSource(() => new Promise(() => undefined));
      held.next();
    });
    await waiting;
    expect(await openFiles()).toContain(path);
    subscription.unsubscribe();
    expect(await isClosed(path)).toBe(true);
  });
});
