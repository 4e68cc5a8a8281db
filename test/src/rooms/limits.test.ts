import { afterEach, describe, expect, it } from '@jest/globals';
import { RoomFleet } from '../../support/roomFleet.ts';

describe('limits of rooms', () => {
  let fleet: RoomFleet;

  afterEach(() => fleet[Symbol.asyncDispose]());

  it('transcribe no more rooms at once than maxRooms; the others wait and lose nothing', async () => {
    fleet = await RoomFleet.start({ rooms: 8, seconds: 6, workers: 2, maxRooms: 3 });
    await fleet.startEdges();
    await fleet.untilDone();
    expect(await fleet.faults()).toEqual([]);
    expect(fleet.mostSessions).toBe(3);
  });

  it('share a limit of new sessions, so that the service refuses none', async () => {
    const service = { sessionsPerMinute: 10 };
    fleet = await RoomFleet.start({ rooms: 8, seconds: 12, workers: 2, newSessionsPerMinute: 10, service });
    await fleet.startEdges();
    await fleet.untilFinals(6);
    await fleet.kill(fleet.workers[fleet.busiest()]!); // more sessions than are left in this minute
    await fleet.untilDone();
    expect(await fleet.faults()).toEqual([]);
    expect(fleet.service.sessions.length).toBeGreaterThan(10);
    expect(fleet.service.sessions.filter(({ endedBy }) => endedBy === 'error')).toEqual([]);
  });
});
