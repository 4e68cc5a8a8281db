import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Observable, Subject } from 'rxjs';
import type { ControlMessage } from '../../../operators/events.ts';
import type { SessionEvent } from '../../../src/streaming/message.ts';
import type { session } from '../../../src/streaming/session.ts';
import { transcribeOver } from '../../../src/streaming/transcribe.ts';
import { FRAME_BYTES, modelAudio } from '../../support/modelService.ts';

const SCRIPT = fileURLToPath(new URL('../../support/countAllocations.js', import.meta.url));
const FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

interface Counted {
  readonly heap: number;
  readonly buffers: number;
  readonly finals: number;
  readonly held: number;
}

/** Counts that depend neither on the machine nor on what else it does; the bounds leave room for other versions of Node. */
describe('the cost of a frame', () => {
  let counted: Counted;

  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, SCRIPT]);
    counted = JSON.parse(stdout) as Counted;
    expect(counted.finals).toBe(35);
  });

  it('is one buffer of its length: it is copied into a frame, and nowhere else into new memory', () => {
    expect(counted.buffers).toBeLessThan(1.1 * 3200);
  });

  it('is less than 1000 bytes of objects, from the source to the session', () => {
    expect(counted.heap).toBeLessThan(1000); // 732 with Node 20; 2377 before frames were left to die young
  });

  it('comes to a transcription that holds less than 40 kB of objects', () => {
    expect(counted.held).toBeLessThan(40_000); // 33 600 with Node 20, besides the SDK's session and the tape
  });

  it('is nothing but the frame itself for live audio: the session gets what the source emitted', () => {
    const received: (Uint8Array | ControlMessage)[] = [];
    const open: typeof session = (input) =>
      new Observable<SessionEvent>((subscriber) => {
        subscriber.next({ type: 'Begin', id: 'live', expires_at: 0 });
        subscriber.add(input.subscribe((item) => received.push(item)));
      });
    const source = new Subject<Uint8Array>();
    const running = source
      .pipe(transcribeOver(open, { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 8000 }))
      .subscribe();
    const frames = modelAudio(500);

    for (const frame of frames) source.next(frame);
    running.unsubscribe();

    expect(frames[0]).toHaveLength(FRAME_BYTES);
    expect(received).toHaveLength(5);
    expect(received.every((item, index) => item === frames[index])).toBe(true);
  });
});
