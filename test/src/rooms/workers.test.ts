import { afterEach, describe, expect, it } from '@jest/globals';
import { RoomFleet } from '../../support/roomFleet.ts';

describe('rooms whose processes fail', () => {
  let fleet: RoomFleet;

  afterEach(() => fleet[Symbol.asyncDispose]());

  it('lose nothing when workers are replaced', async () => {
    fleet = await RoomFleet.start({ rooms: 8, seconds: 24, workers: 2, lease: 60_000, pauses: [8000, 16_000] });
    await fleet.startEdges();
    let seen = 0;
    for (const worker of [0, 1]) {
      await fleet.untilFinals(seen + 4);
      seen = fleet.finals();
      const next = fleet.startWorker();
      await fleet.until(() => fleet.metrics(next) !== undefined);
      fleet.resume();
      await fleet.kill(fleet.workers[worker]!, 'SIGTERM');
    }
    await fleet.untilDone();
    expect(await fleet.faults()).toEqual([]);
    expect(fleet.takeOvers.filter(({ epoch }) => epoch > 1).length).toBeGreaterThan(0);
  });

  it('report the time without an edge as a gap, and keep their clock', async () => {
    fleet = await RoomFleet.start({ rooms: 8, seconds: 16, workers: 2, lease: 60_000, pauses: [8000] });
    await fleet.startEdges();
    await fleet.untilFinals(4);
    await fleet.kill(fleet.edges[0]!);
    await fleet.startEdge(0, 10_000);
    fleet.resume();
    await fleet.untilDone();
    expect(await fleet.faults(1)).toEqual([]);
    const gaps = [0, 1, 2, 3].flatMap((number) => fleet.gaps(number));
    expect(gaps).toMatchObject(Array.from({ length: 4 }, () => ({ reason: 'restart', endMs: 10_000 })));
    expect([4, 5, 6, 7].flatMap((number) => fleet.gaps(number))).toEqual([]);
  });
});
