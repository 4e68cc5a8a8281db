import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, map, take, toArray } from 'rxjs';
import type { RecorderOptions } from '../../../src/audio/recorder.ts';
import { microphoneSource } from '../../../src/audio/microphoneSource.ts';
import { recorderOptions } from '../../../src/cli/commands/listen.ts';
import { SileroSpeech } from '../../../src/cli/sileroSpeech.ts';
import { FakeRecorder } from '../audio/fakeRecorder.ts';
import { tone } from '../audio/recordings.ts';

/** A frame that is quiet, then loud ones; each is emitted with a score of Silero. */
const FRAMES = [Buffer.alloc(3200), ...Array.from({ length: 12 }, () => tone(100))];

/** Records these frames with one score; resolves to whether there was speech in each, and how the recorder was opened. */
async function detect(vadScore: number, failure?: Error): Promise<{ speech: boolean[]; opened: unknown[] }> {
  const silero = new SileroSpeech({ sampleRate: 16_000 });
  const opened: unknown[] = [];
  const open = ({ vad }: RecorderOptions): Promise<FakeRecorder> => {
    opened.push(vad);
    if (failure && vad !== undefined) return Promise.reject(failure);
    const recorder = new FakeRecorder();
    recorder.vadScore = vadScore;
    setImmediate(() => FRAMES.forEach((frame) => recorder.emit('data', frame)));
    return Promise.resolve(recorder.start());
  };
  const source$ = silero.record((speech) =>
    microphoneSource(
      recorderOptions({ sampleRate: 16_000, verbose: false }, () => undefined, speech),
      open,
    ),
  );
  const detected$ = source$.pipe(map(silero.detect), take(FRAMES.length), toArray());
  return { speech: await lastValueFrom(detected$), opened };
}

const failure = (code: string): Error => Object.assign(new Error('no'), { code });

describe('SileroSpeech', () => {
  it('opens the recorder with Silero, and needs more than a loud sound', async () => {
    expect(await detect(0.001)).toEqual({ speech: FRAMES.map(() => false), opened: ['silero'] });
    expect((await detect(0.9)).speech).toEqual(FRAMES.map(() => true));
    expect((await detect(0.05)).speech).toContain(true);
  });

  it('detects speech by the level where the runtime of Silero is not there', async () => {
    const { speech, opened } = await detect(0.001, failure('ORT_LOAD_FAILED'));

    expect(opened).toEqual(['silero', undefined]);
    expect([speech[0], speech.includes(true)]).toEqual([false, true]);
  });

  it('opens no second recorder after another failure', async () => {
    await expect(detect(0, failure('PERMISSION_DENIED'))).rejects.toMatchObject({ kind: 'microphone' });
  });
});
