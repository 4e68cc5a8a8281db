import { afterEach, describe, expect, it } from '@jest/globals';
import { RoomFleet } from '../../support/roomFleet.ts';

describe('rooms whose workers fail', () => {
  let fleet: RoomFleet;

  afterEach(() => fleet[Symbol.asyncDispose]());

  it('lose nothing when workers are killed, and one is frozen and thawed', async () => {
    fleet = await RoomFleet.start({ rooms: 8, seconds: 24 });
    await fleet.startEdges();
    await fleet.untilFinals(4);
    await fleet.kill(fleet.workers[fleet.busiest()]!);
    fleet.startWorker();

    await fleet.untilFinals(12);
    const zombie = fleet.busiest();
    const its = [...fleet.holders()].filter(([, worker]) => worker === zombie).map(([room]) => room);
    await fleet.kill(fleet.workers[zombie]!, 'SIGSTOP');
    await fleet.until(() => its.every((room) => fleet.done.has(room) || fleet.holders().get(room) !== zombie));
    await fleet.kill(fleet.workers[zombie]!, 'SIGCONT');

    await fleet.untilDone();
    expect(await fleet.faults()).toEqual([]);
    expect(fleet.takeOvers.length).toBeGreaterThan(8);
    expect(fleet.service.violations).toEqual([]);
  });
});
