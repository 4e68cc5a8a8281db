import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it, expect } from '@jest/globals';
import { Subject, lastValueFrom, take, toArray } from 'rxjs';
import { installCommand } from '../../../src/audio/ffmpeg.ts';
import { mediaFile } from '../../../src/audio/mediaFile.ts';
import type { MediaFileOptions } from '../../../src/audio/mediaFile.ts';
import { streamedAudio } from '../../../src/audio/streamedAudio.ts';
import { takeLostAudio } from '../../../src/lostAudio.ts';
import { pauseSource } from '../../../src/backpressure.ts';
import { isInstalled } from '../../support/captions.ts';
import { inPieces, loudness, tone, wav } from './recordings.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rxscribe-media-'));
});
afterAll(() => rm(folder, { recursive: true }));

const play = async (path: string, options: MediaFileOptions = {}): Promise<Buffer> =>
  Buffer.concat(await lastValueFrom(mediaFile(path, { speed: Infinity, ...options }).pipe(toArray())));

async function saved(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('mediaFile', () => {
  it('reads WAV without ffmpeg', async () => {
    expect(await play(await saved('plain.wav', wav(tone(200))))).toEqual(tone(200));
    expect(takeLostAudio()).toEqual([]);
  });

  it('names the command that installs ffmpeg if it is missing', async () => {
    const path = await saved('a.mp3', Buffer.from('ID3 and so on and so on'));
    const before = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      await expect(play(path)).rejects.toMatchObject({
        kind: 'file',
        message: expect.stringMatching(/^cannot read ".*a.mp3": ffmpeg is not installed; install it with: .*ffmpeg$/),
      });
    } finally {
      process.env['PATH'] = before;
    }
  });

  it.each([
    ['darwin', '', 'brew install ffmpeg'],
    ['win32', '', 'winget install ffmpeg'],
    ['freebsd', '', 'sudo pkg install ffmpeg'],
    ['linux', 'NAME=Ubuntu\nID=ubuntu\nID_LIKE=debian\n', 'sudo apt-get install ffmpeg'],
    ['linux', 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'sudo zypper install ffmpeg'],
    ['linux', 'ID=unheard-of\n', "your system's package manager, package ffmpeg"],
  ])('knows the command on %s %j', async (platform, release, command) => {
    expect(await installCommand(platform, await saved('os-release', Buffer.from(release)))).toBe(command);
  });

  it.each(['file:///etc/passwd', 'concat://a|b', 'gopher://host/'])('refuses the address %s when called', (address) => {
    expect(() => mediaFile(address)).toThrow(/^the address must start with one of http:\/\/, https:\/\/, /);
  });

  it('refuses other bad arguments when called', () => {
    expect(() => mediaFile('')).toThrow(TypeError);
    expect(() => mediaFile('a.mp3', { speed: 0 })).toThrow(RangeError);
    // @ts-expect-error not a boolean
    expect(() => mediaFile('a.mp3', { live: 1 })).toThrow('live must be true or false, not 1');
    // @ts-expect-error not a function
    expect(() => mediaFile('a.mp3', { onWarning: 1 })).toThrow(TypeError);
  });
});

const describeWithFfmpeg = isInstalled('ffmpeg') ? describe : describe.skip;

describeWithFfmpeg('with ffmpeg', () => {
  let mp3: string;
  let webm: string;

  beforeAll(async () => {
    const source = await saved('tone.wav', wav(tone(3000, 16_000, 2), { channels: 2 }));
    mp3 = join(folder, '-i tone.mp3');
    webm = join(folder, 'tone.webm');
    execFileSync('ffmpeg', ['-v', 'error', '-i', source, mp3]);
    await writeFile(webm, execFileSync('ffmpeg', ['-v', 'error', '-i', source, '-f', 'webm', '-']));
  });

  it('mediaFile emits the channels interleaved, and a missing one as silence', async () => {
    const tones = wav(Buffer.concat([tone(100), Buffer.alloc(3200)]), { channels: 1 });
    const two = join(folder, 'two.mka');
    const source = await saved('one.wav', tones);
    execFileSync('ffmpeg', ['-v', 'error', '-i', source, '-c', 'copy', two]);
    const audio = Buffer.from(await play(two, { channels: 2 }));
    const channel = (offset: number): Buffer =>
      Buffer.concat(Array.from({ length: 3200 }, (_, at) => audio.subarray(at * 4 + offset, at * 4 + offset + 2)));
    expect(audio.length).toBe(4 * 3200);
    expect(channel(0)).toEqual(tones.subarray(-6400));
    expect(channel(2)).toEqual(Buffer.alloc(6400));
  });

  it('mediaFile plays MP3 and WebM, whatever the name of the file', async () => {
    for (const path of [mp3, webm, await saved('concat:a.mp3', await readFile(mp3))]) {
      // oxlint-disable-next-line no-await-in-loop -- one file after another
      const audio = await play(path);
      expect(Math.abs(audio.length / 32 - 3000)).toBeLessThan(60);
      expect(loudness(audio)).toBeCloseTo(0.354, 1);
    }
  });

  it('mediaFile waits for a consumer that pauses', async () => {
    let waiting = 0;
    await mediaFile(mp3, { speed: Infinity }).forEach(() => {
      pauseSource(async () => void (waiting += 1));
    });
    expect(waiting).toBeGreaterThanOrEqual(30);
  });

  it('mediaFile completes on stop', async () => {
    const stop = new Subject<void>();
    const chunks: Uint8Array[] = [];
    await mediaFile(mp3, { speed: Infinity, stop }).forEach((chunk) => {
      chunks.push(chunk);
      stop.next();
    });
    expect(chunks).toHaveLength(1);
  });

  it.each([
    ['is no media', 'notes.txt', Buffer.from('some notes, and no audio'), /: ffmpeg failed: .*Invalid data found/],
    ['is cut off', 'cut.webm', Buffer.from('1a45dfa3', 'hex'), /: ffmpeg failed: /],
  ])('mediaFile errors with the last line of ffmpeg when the file %s', async (_, name, bytes, message) => {
    const failure = play(await saved(name, bytes));
    await expect(failure).rejects.toMatchObject({ kind: 'file', message: expect.stringMatching(message) });
    expect(await failure.catch(String)).not.toContain('\n');
  });

  describe('from an address', () => {
    let server: Server;
    let host: string;

    beforeAll(async () => {
      server = createServer(({ url = '' }, response) => {
        const path = { '/tone.webm': webm, '/tone.mp3': mp3 }[url];
        if (!path) response.writeHead(404).end();
        else createReadStream(path).pipe(response.setHeader('content-length', statSync(path).size));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => void server.close());

    it('a recording can be paused, and a stream without duration cannot', async () => {
      for (const [name, live, isPaused] of [
        ['tone.mp3', undefined, true],
        ['tone.mp3', true, false],
        ['tone.webm', undefined, false],
      ] as const) {
        let paused = false;
        const source = mediaFile(`http://${host}/${name}`, live === undefined ? {} : { live });
        // oxlint-disable-next-line no-await-in-loop -- one address after another
        await source.pipe(take(2)).forEach(() => pauseSource(async () => void (paused = true)));
        expect({ name, live, paused }).toEqual({ name, live, paused: isPaused });
      }
    });

    it('errors show neither user, password nor query', async () => {
      const message = await play(`http://user:p@ss@${host}/missing?key=secret#part`).catch(String);
      expect(message).toMatch(new RegExp(`cannot read "http://${host}/missing": ffmpeg failed: .*404 Not Found`));
      expect(message).not.toMatch(/user|p@ss|secret|part/);
    });
  });

  it('streamedAudio reads other containers through it', async () => {
    const bytes = await readFile(mp3);
    const audio = Buffer.concat(await lastValueFrom(streamedAudio(inPieces(bytes, 5000)).pipe(toArray())));
    expect(loudness(audio)).toBeCloseTo(0.354, 1);
  });
});
