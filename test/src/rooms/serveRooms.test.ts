import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Subject, filter, firstValueFrom, from, lastValueFrom, share, toArray } from 'rxjs';
import type { NatsConnection } from '@nats-io/transport-node';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { finals } from '../../../operators/turns.ts';
import { publishRoom } from '../../../src/rooms/publishRoom.ts';
import type { PublishRoomOptions } from '../../../src/rooms/publishRoom.ts';
import { roomEvents } from '../../../src/rooms/roomEvents.ts';
import { serveRooms } from '../../../src/rooms/serveRooms.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { startService } from '../cli/service.ts';
import { startRooms } from '../../support/natsServers.ts';
import type { NatsServers } from '../../support/natsServers.ts';
import { syntheticSpeech } from '../../support/syntheticSpeech.ts';

const FRAME_BYTES = 3200;

describe('a worker', () => {
  const recording = syntheticSpeech({ seed: 9, seconds: 30 });
  const frames = Array.from({ length: recording.pcm.length / FRAME_BYTES }, (_, index) =>
    recording.pcm.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES),
  );
  const spoken = recording.words.map(({ text }) => text);
  let servers: NatsServers;
  let nc: NatsConnection;

  beforeAll(async () => {
    ({ servers, nc } = await startRooms());
  });

  afterAll(() => servers[Symbol.asyncDispose]());

  const publish = (room: string, audio: readonly Uint8Array[], options: PublishRoomOptions = {}): Promise<unknown> =>
    lastValueFrom(from(audio).pipe(publishRoom(nc, room, { startMs: 0, ...options })));

  const texts = (events: readonly TranscriptionEvent[]): string[] =>
    events
      .filter((event): event is FinalTurn => event.type === 'Turn' && event.isFinal)
      .flatMap(({ words }) => words.map(({ text }) => text));

  function work({ url, apiKey }: Simulator, stop: Subject<void>, onError?: (error: unknown) => void): Promise<unknown> {
    const service = { apiKey, websocketBaseUrl: url, speechModel: 'universal-3-6-pro' } as const;
    const limits = { catchUpSpeed: Infinity, tapeLength: 10_000, maxOutage: 200 };
    const transcribe = (): typeof service & typeof limits => ({ ...service, ...limits });
    return lastValueFrom(serveRooms(nc, { transcribe, stop, ...(onError && { onError }) }));
  }

  it('transcribes more waiting audio than a tape holds without a gap', async () => {
    await using service = await startService({ recordings: [recording], keepAudio: false });
    await publish('backlog', frames);
    const stop = new Subject<void>();
    const worker = work(service, stop);
    const events = await lastValueFrom(roomEvents(nc, 'backlog').pipe(toArray()));
    expect(texts(events)).toEqual(spoken);
    expect(events.filter(({ type }) => type === 'AudioGap')).toEqual([]);
    stop.next();
    expect(await worker).toMatchObject({ done: 1, failed: 0 });
  });

  it('keeps a room for the service when that is away for longer than maxOutage', async () => {
    const first = await startService({ recordings: [recording], keepAudio: false });
    const port = Number(new URL(first.url).port);
    const [stop, failed] = [new Subject<void>(), new Subject<unknown>()];
    const worker = work(first, stop, (error) => failed.next(error));
    const event$ = roomEvents(nc, 'outage').pipe(share());
    const all = lastValueFrom(event$.pipe(toArray()));
    const firstFinal = firstValueFrom(event$.pipe(finals()));
    await publish('outage', frames.slice(0, 150), { isInterrupted: () => true });
    await firstFinal;
    const failure = firstValueFrom(failed.pipe(filter((error) => error instanceof Error)));
    await first.close();
    await publish('outage', frames);
    await failure;
    const { apiKey } = first;
    await using second = await startService({ recordings: [recording], keepAudio: false, port, apiKey });
    const events = await all;
    expect(texts(events)).toEqual(spoken);
    expect(events.filter(({ type }) => type === 'AudioGap')).toEqual([]);
    expect(second.violations).toEqual([]);
    stop.next();
    expect(await worker).toMatchObject({ done: 1, failed: expect.any(Number) });
  });
});
