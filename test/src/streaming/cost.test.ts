import { execFile } from 'node:child_process';
import { Socket } from 'node:net';
import { setImmediate as nextTask } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Subject, firstValueFrom, share } from 'rxjs';
import { transcribe } from '../../../src/streaming/transcribe.ts';
import { BEGIN, scriptedService } from '../../support/scriptedService.ts';

const SCRIPT = fileURLToPath(new URL('../../support/countAllocations.js', import.meta.url));
const FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];

interface Counted {
  readonly heap: number;
  readonly buffers: number;
  readonly finals: number;
  readonly held: number;
  readonly objects: number;
}

/** Counts that depend neither on the machine nor on what else it does; the bounds leave room for other versions of Node. */
describe('the cost of a frame', () => {
  let counted: Counted;

  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, SCRIPT]);
    counted = JSON.parse(stdout) as Counted;
    expect(counted.finals).toBe(35);
  });

  it('is no memory for audio: the tape uses that of earlier frames again', () => {
    expect(counted.buffers).toBeLessThan(320);
  });

  it('is less than 900 bytes of objects, from the source to the session', () => {
    expect(counted.heap).toBeLessThan(900); // 440 with Node 20, 750 with 22, 800 with 24
  });

  it('comes to a transcription that holds less than 28 kB in 400 objects', () => {
    expect(counted.held).toBeLessThan(28_000); // 22 700 with Node 20, seldom 25 000; 23 400 with 24, besides the SDK's session and the tape
    expect(counted.objects).toBeLessThan(400); // 371
  });

  it('is one write to the socket, live and at once', async () => {
    const service = await scriptedService(({ send }) => send(BEGIN));
    const prototype = Socket.prototype as unknown as Record<'_write' | '_writev', () => void>;
    const writes = [jest.spyOn(prototype, '_write'), jest.spyOn(prototype, '_writev')];
    const count = (): number => writes.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    const source = new Subject<Uint8Array>();
    const options = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 16_000 } as const;
    const event$ = source.pipe(
      transcribe({ ...options, websocketBaseUrl: service.url, catchUpSpeed: Infinity }),
      share(),
    );
    const begun = firstValueFrom(event$);
    const running = event$.subscribe();
    try {
      await begun;
      const before = count();
      for (let frame = 0; frame < 100; frame++) {
        source.next(new Uint8Array(3200));
        // oxlint-disable-next-line no-await-in-loop -- live frames come one after another
        if (frame < 50) await nextTask();
      }
      const { received, until } = service.connections[0]!;
      await until(() => received.length === 100);

      expect(count() - before).toBeGreaterThanOrEqual(50);
      expect(count() - before).toBeLessThanOrEqual(105); // with pings and their answers
    } finally {
      running.unsubscribe();
      for (const spy of writes) spy.mockRestore();
      await service.close();
    }
  });
});
