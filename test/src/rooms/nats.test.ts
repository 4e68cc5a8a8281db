import { describe, expect, it } from '@jest/globals';
import { listRooms } from '../../../src/rooms/listRooms.ts';
import { setUpRooms } from '../../../src/rooms/setUpRooms.ts';
import { NatsServers } from '../../support/natsServers.ts';

describe('rooms', () => {
  it('name what is missing on a server without JetStream', async () => {
    await using servers = await NatsServers.start(1, 'jetstream: false');
    const nc = await servers.connect();
    const line = 'this server has no JetStream; start it with nats-server -js';
    await expect(setUpRooms(nc)).rejects.toThrow(line);
    await expect(listRooms(nc)).rejects.toThrow(line);
  });
});
