import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Subject, from, lastValueFrom, map, of, toArray } from 'rxjs';
import { audioFile } from '../../../src/audio/audioFile.ts';
import { ByteReader } from '../../../src/audio/byteReader.ts';
import { readWavHeader } from '../../../src/audio/wav.ts';
import type { PcmHeader } from '../../../src/audio/wav.ts';
import { wavFile } from '../../../src/captions/files.ts';
import type { WavFileOptions } from '../../../src/captions/files.ts';
import { HEADER_BYTES, wavHeader } from '../../../src/captions/wavHeader.ts';
import { emitWithBackpressure } from '../../../src/backpressure.ts';
import type { TranscriptionError } from '../../../src/errors.ts';
import { fc } from '../../support/fastCheck.ts';
import { eventually, isInstalled } from '../../support/captions.ts';
import { inPieces, tone } from '../audio/recordings.ts';

let dir: string;
let failures: TranscriptionError[];
const path = (name: string): string => join(dir, name);
const options = (more: Partial<WavFileOptions> = {}): WavFileOptions => ({
  sampleRate: 16_000,
  onError: (error) => failures.push(error),
  ...more,
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rxscribe-wav-'));
  failures = [];
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Reads the header of a file and the audio it declares. */
async function readBack(name: string): Promise<PcmHeader & { readonly audio: Buffer }> {
  const all = await readFile(path(name));
  const reader = new ByteReader(inPieces(all));
  const header = await readWavHeader(reader);
  if (!header) throw new Error('not a WAV file');
  return { ...header, audio: all.subarray(reader.position, reader.position + (header.audioBytes ?? 0)) };
}

describe('wavFile', () => {
  it('writes the audio byte for byte and passes it on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), async (chunks) => {
        const passed = await lastValueFrom(
          from(chunks).pipe(wavFile(path('a.wav'), options({ force: true })), toArray()),
        );
        passed.forEach((chunk, index) => expect(chunk).toBe(chunks[index]));
        const { audio, ...wav } = await readBack('a.wav');
        expect(audio.equals(Buffer.concat(chunks))).toBe(true);
        expect(wav).toMatchObject({ encoding: 'int16', channels: 1, sampleRate: 16_000 });
      }),
      { numRuns: 20 },
    );
    expect(failures).toEqual([]);
    expect(await readdir(dir)).toEqual(['a.wav']);
  });

  it('can be read by audioFile', async () => {
    const audio = tone(500);
    await lastValueFrom(of(audio).pipe(wavFile(path('tone.wav'), options())));
    const chunks = await lastValueFrom(audioFile(path('tone.wav'), { speed: Infinity }).pipe(toArray()));
    expect(Buffer.concat(chunks).equals(audio)).toBe(true);
  });

  it('copies chunks, because the recorder reuses its memory', async () => {
    const memory = Buffer.alloc(2);
    const chunks = from([1, 2, 3]).pipe(map((value) => memory.fill(value)));
    await lastValueFrom(chunks.pipe(wavFile(path('a.wav'), options())));
    expect([...(await readBack('a.wav')).audio]).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('writes mu-law, and pads an odd length', async () => {
    await lastValueFrom(
      of(Uint8Array.of(1, 2, 3)).pipe(wavFile(path('a.wav'), options({ encoding: 'pcm_mulaw', sampleRate: 8000 }))),
    );
    const { audio, ...wav } = await readBack('a.wav');
    expect([...audio]).toEqual([1, 2, 3]);
    expect(wav).toMatchObject({ encoding: 'mulaw', sampleRate: 8000 });
    expect((await readFile(path('a.wav'))).length).toBe(HEADER_BYTES + 4);
  });

  it('updates its header at the start and every second', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000);
    const chunk$ = new Subject<Uint8Array>();
    chunk$.pipe(wavFile(path('a.wav'), options())).subscribe();
    const claims = async (bytes: number): Promise<void> => {
      await eventually(async () => (await readBack('a.wav').catch(() => undefined))?.audio.length === bytes);
    };
    const isLong = async (bytes: number): Promise<void> => {
      await eventually(async () => (await readFile(path('a.wav'))).length === HEADER_BYTES + bytes);
    };

    await claims(0);
    chunk$.next(new Uint8Array(100));
    await isLong(100);
    expect((await readBack('a.wav')).audioBytes).toBeUndefined();
    now.mockReturnValue(6000);
    chunk$.next(new Uint8Array(100));
    await claims(200);
    chunk$.next(new Uint8Array(100));
    chunk$.complete();
    await claims(300);
    jest.restoreAllMocks();
  });

  it('completes its header after unsubscribe', async () => {
    const chunk$ = new Subject<Uint8Array>();
    const subscription = chunk$.pipe(wavFile(path('a.wav'), options())).subscribe();
    chunk$.next(new Uint8Array(100));
    subscription.unsubscribe();
    await eventually(async () => (await readBack('a.wav').catch(() => undefined))?.audio.length === 100);
    expect(chunk$.observed).toBe(false);
    expect(failures).toEqual([]);
  });

  it('refuses to overwrite an existing file, while the stream continues', async () => {
    await writeFile(path('a.wav'), 'mine');
    expect(await lastValueFrom(of(tone(10)).pipe(wavFile(path('a.wav'), options())))).toEqual(tone(10));
    expect(await readFile(path('a.wav'), 'utf8')).toBe('mine');
    expect(failures).toMatchObject([{ code: 'ERR_FILE', cause: { code: 'EEXIST' } }]);
  });

  it('reports a file that was removed', async () => {
    const chunk$ = new Subject<Uint8Array>();
    chunk$.pipe(wavFile(path('a.wav'), options())).subscribe();
    const created = async (): Promise<number> => (await stat(path('a.wav')).catch(() => undefined))?.size ?? 0;
    await eventually(async () => (await created()) > 0);
    const header = await created();
    chunk$.next(tone(10));
    await eventually(async () => (await created()) > header); // the file is open by then
    await rm(path('a.wav'));
    chunk$.next(tone(10));
    chunk$.complete();
    await eventually(() => failures.length > 0);
    expect(failures).toMatchObject([{ code: 'ERR_FILE', cause: { code: 'ENOENT' } }]);
  });

  it('fails when the disk is too slow', async () => {
    const chunk = new Uint8Array(2 ** 20);
    const chunks = Array.from({ length: 65 }, () => chunk); // all in one task, so that nothing is written in between
    expect(await lastValueFrom(from(chunks).pipe(wavFile(path('a.wav'), options()), toArray()))).toHaveLength(65);
    expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('the disk is too slow, 65 MiB')]);
  });

  it('pauses a source that can pause while the disk catches up', async () => {
    const chunk$ = new Subject<Uint8Array>();
    chunk$.pipe(wavFile(path('a.wav'), options())).subscribe();
    expect(emitWithBackpressure(() => chunk$.next(new Uint8Array(1000)))).toBeUndefined();
    await emitWithBackpressure(() => chunk$.next(new Uint8Array(2 ** 23)));
    expect(emitWithBackpressure(() => chunk$.next(new Uint8Array(1000)))).toBeUndefined();
    chunk$.complete();
  });

  it('throws for an invalid format when called', () => {
    expect(() => wavFile('a.wav', { sampleRate: 0 })).toThrow(RangeError);
    expect(() => wavFile('a.wav', { sampleRate: 8000, encoding: 'mp3' as 'pcm_mulaw' })).toThrow(TypeError);
  });
});

/** Records in time that it moves itself, to 300 ms, 1700 ms and 3100 ms; at the given one it kills itself. */
const RECORDER = `
const { existsSync, readFileSync } = await import('node:fs');
const { Subject } = await import('rxjs');
const { wavFile } = await import(${JSON.stringify(new URL('../../../dist/src/captions/files.js', import.meta.url).href)});
const [path, end] = [process.argv[1], Number(process.argv[2])];
let [now, at] = [0, 0];
performance.now = () => now;
const chunk$ = new Subject();
chunk$.pipe(wavFile(path, { sampleRate: 16_000 })).subscribe();
const written = () => (existsSync(path) ? readFileSync(path).subarray(${HEADER_BYTES}).length : 0);
const declared = () => readFileSync(path).readUInt32LE(${HEADER_BYTES - 4});
const recordUntil = async (condition) => {
  for (; !condition(); at += 1) {
    chunk$.next(Uint8Array.from({ length: 3200 }, (_, index) => (at * 3200 + index) % 251));
    await new Promise((resolve) => setImmediate(resolve));
  }
};
await recordUntil(() => written() > 0);
for (now of [300, 1700, 3100]) {
  const before = declared();
  await recordUntil(() => now < 1000 || declared() > before);
  const size = written();
  await recordUntil(() => written() > size);
  if (now === end) process.kill(process.pid, 'SIGKILL');
}
`;

describe('wavFile, when its process is killed', () => {
  it.each([300, 1700, 3100])('is playable up to a second before the end, killed after %i ms', async (ms) => {
    const args = ['--input-type=module', '--eval', RECORDER, path('a.wav'), String(ms)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);

    const { audio, audioBytes = 0 } = await readBack('a.wav');
    expect(audio.length).toBe(audioBytes);
    expect(audioBytes > 0).toBe(ms > 1500);
    expect(audio.every((byte, index) => byte === index % 251)).toBe(true);
  });
});

describe('wavHeader', () => {
  const GIB = 2 ** 30;
  const format = { sampleRate: 16_000 };

  it('is RIFF up to 4 GiB and RF64 beyond', () => {
    const [small, large] = [3 * GIB, 5 * GIB].map((bytes) => Buffer.from(wavHeader(bytes, format)));
    expect(small?.toString('latin1', 0, 4)).toBe('RIFF');
    expect(small?.toString('latin1', 8, 16)).toBe('WAVEJUNK');
    expect(small?.readUInt32LE(76)).toBe(3 * GIB);
    expect(large?.toString('latin1', 0, 4)).toBe('RF64');
    expect(large?.toString('latin1', 8, 16)).toBe('WAVEds64');
    expect(large?.readBigUInt64LE(20)).toBe(BigInt(5 * GIB + HEADER_BYTES - 8));
    expect(large?.readBigUInt64LE(28)).toBe(BigInt(5 * GIB));
    expect(large?.readBigUInt64LE(36)).toBe(BigInt((5 * GIB) / 2));
    expect([small?.length, large?.length]).toEqual([HEADER_BYTES, HEADER_BYTES]);
  });

  (isInstalled('ffprobe') ? it : it.skip)('is read by ffprobe, below 4 GiB and beyond', async () => {
    for (const [name, bytes] of [
      ['small.wav', 320_000],
      ['large.wav', 5 * GIB],
    ] as const) {
      const file = await open(path(name), 'w');
      await file.write(wavHeader(bytes, format));
      await file.truncate(HEADER_BYTES + bytes); // a sparse file
      await file.close();
      const show = ['-v', 'error', '-of', 'csv=p=0', '-show_entries', 'stream=codec_name,sample_rate:format=duration'];
      const { stdout } = await promisify(execFile)('ffprobe', [...show, path(name)]);
      const [stream, duration] = stdout.trim().split('\n');
      expect(stream).toBe('pcm_s16le,16000');
      expect(Number(duration)).toBeCloseTo(bytes / 32_000, 3);
    }
  });
});
