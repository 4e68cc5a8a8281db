import { afterEach, describe, expect, it } from '@jest/globals';
import { RoomFleet } from '../../support/roomFleet.ts';

describe('rooms on a cluster of three brokers', () => {
  let fleet: RoomFleet;

  afterEach(() => fleet[Symbol.asyncDispose]());

  it('lose nothing when each broker is killed in turn', async () => {
    fleet = await RoomFleet.start({ rooms: 8, seconds: 32, brokers: 3, lease: 10_000, pauses: [8000, 16_000, 24_000] });
    await fleet.startEdges();
    let seen = 0;
    for (const broker of [0, 1, 2]) {
      await fleet.untilFinals(seen + 4);
      seen = fleet.finals();
      fleet.resume();
      await fleet.servers.kill(broker);
      await fleet.servers.restart(broker);
    }
    await fleet.untilDone();
    expect(await fleet.faults()).toEqual([]);
    expect(fleet.service.violations).toEqual([]);
  });
});
