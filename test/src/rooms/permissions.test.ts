import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Subject, from, lastValueFrom, takeUntil, toArray } from 'rxjs';
import type { NatsConnection } from '@nats-io/transport-node';
import { bufferBytes } from '../../../operators/bufferBytes.ts';
import type { FinalTurn, TranscriptionEvent } from '../../../operators/events.ts';
import { listRooms } from '../../../src/rooms/listRooms.ts';
import { publishRoom } from '../../../src/rooms/publishRoom.ts';
import { roomEvents } from '../../../src/rooms/roomEvents.ts';
import { serveRooms } from '../../../src/rooms/serveRooms.ts';
import { setUpRooms } from '../../../src/rooms/setUpRooms.ts';
import type { Simulator } from '../../../src/simulator/index.ts';
import { startService } from '../cli/service.ts';
import { NatsServers } from '../../support/natsServers.ts';
import { syntheticSpeech } from '../../support/syntheticSpeech.ts';
import { documentedUsers } from './documentedPermissions.ts';

describe('permissions of rooms', () => {
  const recording = syntheticSpeech({ seed: 1, seconds: 4 });
  let servers: NatsServers;
  let service: Simulator;
  let admin: NatsConnection;

  beforeAll(async () => {
    servers = await NatsServers.start(1, documentedUsers);
    service = await startService({ recordings: [recording] });
    admin = await login('admin');
    await setUpRooms(admin);
  });

  afterAll(async () => {
    await servers[Symbol.asyncDispose]();
    await service.close();
  });

  function login(user: string): Promise<NatsConnection> {
    return servers.connect({ user, pass: 'secret', inboxPrefix: `_INBOX_${user}` });
  }

  function publish(nc: NatsConnection, room: string): Promise<unknown> {
    return lastValueFrom(from([recording.pcm]).pipe(bufferBytes(3200), publishRoom(nc, room)));
  }

  it('suffice for an edge, a worker and a viewer', async () => {
    const [edge, worker, viewer] = [await login('edge-hall-1'), await login('worker'), await login('viewer-hall-1')];
    const done = new Subject<void>();
    const metrics = lastValueFrom(
      serveRooms(worker, {
        transcribe: () => ({
          apiKey: service.apiKey,
          websocketBaseUrl: service.url,
          speechModel: 'universal-3-6-pro',
        }),
        stop: done,
      }),
    );
    const received = lastValueFrom(roomEvents(viewer, 'hall-1').pipe(toArray()));
    await publish(edge, 'hall-1');
    const events: TranscriptionEvent[] = await received;
    const finals = events.filter((event): event is FinalTurn => event.type === 'Turn' && event.isFinal);
    expect(finals.flatMap(({ words }) => words.map(({ text }) => text))).toEqual(
      recording.words.map(({ text }) => text),
    );
    done.next();
    expect(await metrics).toMatchObject({ done: 1, failed: 0 });
    expect(await listRooms(admin)).toMatchObject([{ room: 'hall-1', state: 'done' }]);
  });

  it('refuse an edge and a viewer of another room, in one line', async () => {
    const [edge, viewer] = [await login('edge-hall-1'), await login('viewer-hall-1')];
    await expect(publish(edge, 'hall-2')).rejects.toThrow(/^this user of NATS may not publish to .*hall-2$/);
    await expect(lastValueFrom(roomEvents(viewer, 'hall-2'))).rejects.toThrow(
      /^this user of NATS may not (subscribe|publish) to .*hall-2$/,
    );
    await expect(publish(viewer, 'hall-1')).rejects.toThrow(/^this user of NATS may not publish to .*hall-1$/);
    const never = new Subject<void>();
    await expect(lastValueFrom(roomEvents(edge, 'hall-1').pipe(takeUntil(never)))).rejects.toThrow('may not');
  });
});
