import { afterEach, describe, expect, it } from '@jest/globals';
import { RoomFleet } from '../../support/roomFleet.ts';

describe('rooms on a cluster of three brokers', () => {
  let fleet: RoomFleet;

  afterEach(() => fleet[Symbol.asyncDispose]());

  it('lose nothing when each broker is killed in turn', async () => {
    fleet = await RoomFleet.start({ rooms: 8, seconds: 30, brokers: 3 });
    await fleet.startEdges();
    for (const broker of [0, 1, 2]) {
      const seen = fleet.finals();
      await fleet.untilFinals(seen + 6);
      await fleet.servers.kill(broker);
      await fleet.servers.restart(broker);
    }
    await fleet.untilDone();
    expect(await fleet.faults()).toEqual([]);
    expect(fleet.service.violations).toEqual([]);
  });
});
