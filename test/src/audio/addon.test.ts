import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, it, expect } from '@jest/globals';
import { lastValueFrom, toArray } from 'rxjs';
import { audioFile } from '../../../src/audio/audioFile.ts';
import { tone, wav } from './recordings.ts';

// The addon's loader uses this path if it is set, so in this file the addon cannot load.
process.env['NAPI_RS_NATIVE_LIBRARY_PATH'] = '/nowhere/decibri.node';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rxscribe-addon-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('without the native addon', () => {
  it('a file that needs no conditioning plays', async () => {
    const path = join(folder, 'plain.wav');
    await writeFile(path, wav(tone(200)));
    const chunks = await lastValueFrom(audioFile(path, { speed: Infinity }).pipe(toArray()));
    expect(Buffer.concat(chunks)).toEqual(tone(200));
  });

  it('a file that needs conditioning errors, and names what is missing', async () => {
    const path = join(folder, 'other.wav');
    await writeFile(path, wav(tone(200, 8000), { sampleRate: 8000 }));
    await expect(lastValueFrom(audioFile(path, { highpass: 80 }))).rejects.toMatchObject({
      kind: 'file',
      message: expect.stringMatching(/^cannot read ".*other.wav": the audio addon did not load: /),
    });
  });

  it('a microphone errors, and names what is missing', async () => {
    const built = new URL('../../../dist/src/audio/microphone.js', import.meta.url).href;
    const program = `
      import { microphone } from '${built}';
      microphone().subscribe({ error: ({ kind, message }) => console.log(kind, message) });
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...process.env },
    });
    expect(stdout).toMatch(/^microphone the audio addon did not load: .*reinstall.*\n$/);
  });
});
