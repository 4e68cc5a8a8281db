import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Observable, Subject, concat, firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import type { NatsConnection } from '@nats-io/transport-node';
import { bufferBytes } from '../../../operators/bufferBytes.ts';
import type { ControlMessage, FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { controlRoom } from '../../../src/rooms/controlRoom.ts';
import { listRooms, removeRoom } from '../../../src/rooms/listRooms.ts';
import { publishRoom } from '../../../src/rooms/publishRoom.ts';
import type { PublishRoomOptions, PublishedAudio } from '../../../src/rooms/publishRoom.ts';
import { roomEvents } from '../../../src/rooms/roomEvents.ts';
import { serveRooms } from '../../../src/rooms/serveRooms.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { startService } from '../cli/service.ts';
import { NatsServers, startRooms } from '../../support/natsServers.ts';
import { syntheticSpeech } from '../../support/syntheticSpeech.ts';

const FRAME_BYTES = 3200;

describe('the edge of a room', () => {
  const recording = syntheticSpeech({ seed: 7, seconds: 8 });
  const frames = Array.from({ length: recording.pcm.length / FRAME_BYTES }, (_, index) =>
    recording.pcm.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES),
  );
  let servers: NatsServers;
  let service: Simulator;
  let nc: NatsConnection;
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rxscribe-spool-'));
    ({ servers, nc } = await startRooms());
    service = await startService({ recordings: [recording], keepAudio: false });
  });

  afterAll(async () => {
    await servers[Symbol.asyncDispose]();
    await service.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** Publishes frames to the end of the room, or interrupts it there. */
  function publish(
    room: string,
    audio: readonly Uint8Array[],
    options: PublishRoomOptions = {},
  ): Promise<PublishedAudio> {
    return lastValueFrom(from(audio).pipe(publishRoom(nc, room, options)));
  }

  /** The events of a room once a worker has transcribed it. */
  async function transcribed(room: string): Promise<TranscriptionEvent[]> {
    const stop = new Subject<void>();
    const worker = lastValueFrom(
      serveRooms(nc, {
        transcribe: () => ({
          apiKey: service.apiKey,
          websocketBaseUrl: service.url,
          speechModel: 'universal-3-6-pro',
          catchUpSpeed: Infinity,
        }),
        stop,
      }),
    );
    const events = await lastValueFrom(roomEvents(nc, room).pipe(toArray()));
    stop.next();
    await worker;
    return events;
  }

  const texts = (events: readonly TranscriptionEvent[]): string[] =>
    events
      .filter((event): event is FinalTurn => event.type === 'Turn' && event.isFinal)
      .flatMap(({ words }) => words.map(({ text }) => text));
  const spoken = recording.words.map(({ text }) => text);
  const ends = { isInterrupted: () => true, startMs: 0 };

  it('continues a recording where an earlier process stopped', async () => {
    await publish('recording', frames.slice(0, 30), ends);
    expect(await listRooms(nc)).toMatchObject([{ room: 'recording', state: 'waiting' }]);
    const published = await publish('recording', frames, { startMs: 0 });
    expect(published).toEqual({ capturedMs: 8000, storedMs: 8000, waitingMs: 0, droppedMs: 0 });
    const events = await transcribed('recording');
    expect(texts(events)).toEqual(spoken);
    expect(events.filter(({ type }) => type === 'AudioGap')).toEqual([]);
  });

  it('refuses a room that has ended, until it is removed', async () => {
    await publish('once', frames.slice(0, 5));
    await expect(publish('once', frames)).rejects.toThrow(
      'room once has ended; choose a name that was not used before',
    );
    await removeRoom(nc, 'once');
    await publish('once', frames.slice(0, 5));
  });

  it('keeps the place of control messages in the audio, from any sender, and each once', async () => {
    const update = { type: 'UpdateConfiguration', min_turn_silence: 300 } as const;
    const end = { type: 'ForceEndpoint' } as const;
    const [audio, control] = [new Subject<Uint8Array>(), new Subject<ControlMessage>()];
    const published = lastValueFrom(audio.pipe(publishRoom(nc, 'controlled', { ...ends, control })));
    for (const frame of frames.slice(0, 20)) audio.next(frame);
    control.next(update);
    for (const frame of frames.slice(20, 40)) audio.next(frame);
    await sent(() => controlRoom(nc, 'controlled', end));
    await expect(controlRoom(nc, 'controlled', { type: 'Stop' } as never)).rejects.toThrow('control message');
    for (const frame of frames.slice(40, 50)) audio.next(frame);
    audio.complete();
    await published;
    await publish('controlled', frames, { startMs: 0 });

    const events = await transcribed('controlled');
    expect(events.filter(({ type }) => type === 'ControlReceived')).toMatchObject([
      { atMs: 2000, message: update },
      { atMs: 4000, message: end },
    ]);
    const { controls } = service.sessions.at(-1)!;
    expect(controls.filter((message) => (message as { type: string }).type !== 'Terminate')).toEqual([update, end]);
    await expect(controlRoom(nc, 'controlled', end)).rejects.toThrow('the edge of room controlled does not answer');
  });

  it('stores what waited on the disk, also that of an earlier process', async () => {
    const broken = await servers.connect();
    await servers.kill(0);
    const spool = join(dir, 'spool');
    const first$ = from(frames.slice(0, 30)).pipe(publishRoom(broken, 'spooled', { ...ends, spool }));
    const subscription = first$.subscribe(); // it waits for the broker; then its process is killed
    subscription.unsubscribe();
    expect(await readdir(spool)).toContain('000000001.spool');
    await servers.restart(0);
    await expect(publish('other', frames, { startMs: 0, spool })).rejects.toThrow(/holds audio of room spooled/);
    await publish('spooled', frames.slice(30), { startMs: 3000, spool });
    expect(texts(await transcribed('spooled'))).toEqual(spoken);
    expect(await readdir(spool)).toEqual([]);
  });

  it('drops the oldest when the spool is full, and reports it as a gap', async () => {
    const broken = await servers.connect();
    await servers.kill(0);
    const published = lastValueFrom(
      from([recording.pcm, recording.pcm]).pipe(
        bufferBytes(FRAME_BYTES),
        publishRoom(broken, 'full', { startMs: 0, spoolLength: 10_000 }),
      ),
    );
    await servers.restart(0);
    expect(await published).toMatchObject({ storedMs: 16_000, droppedMs: 6000 });
    const events = await transcribed('full');
    expect(events.filter(({ type }) => type === 'AudioGap')).toMatchObject([
      { startMs: 0, endMs: 6000, reason: 'tape-full' },
    ]);
    expect(events.findLast(({ type }) => type === 'Stats')).toMatchObject({ capturedMs: 16_000, gapMs: 6000 });
  });

  it('reports the error of the source after what was recorded is stored, and leaves the room open', async () => {
    const failing = concat(
      from(frames.slice(0, 30)),
      new Observable<Uint8Array>((end) => end.error(new Error('unplugged'))),
    );
    await expect(lastValueFrom(failing.pipe(publishRoom(nc, 'failing', { startMs: 0 })))).rejects.toThrow('unplugged');
    await publish('failing', frames, { startMs: 0 });
    expect(texts(await transcribed('failing'))).toEqual(spoken);
  });

  it('refuses frames and names that are not accepted', async () => {
    expect(() => publishRoom(nc, 'a.b')).toThrow('a room must be named by 1 to 64 letters, digits, - and _');
    expect(() => publishRoom(nc, 'a', { sampleRate: 1 })).toThrow(RangeError);
    await expect(publish('short', [new Uint8Array(10)])).rejects.toThrow('put bufferBytes before publishRoom()');
    const bare = await NatsServers.start();
    const other = await bare.connect();
    await expect(firstValueFrom(serveRooms(other, { transcribe: () => ({}) as never }))).rejects.toThrow(
      'this server is not set up for rooms',
    );
    await bare[Symbol.asyncDispose]();
  });
});

/** Repeats a request until the edge answers, which has just started. */
async function sent(request: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await request();
    } catch {
      continue;
    }
  }
}
