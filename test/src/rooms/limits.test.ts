import { afterEach, describe, expect, it } from '@jest/globals';
import { openBroker } from '../../../src/rooms/nats.ts';
import { STREAMS } from '../../../src/rooms/protocol.ts';
import { RoomFleet } from '../../support/roomFleet.ts';

describe('limits of rooms', () => {
  let fleet: RoomFleet;

  afterEach(() => fleet[Symbol.asyncDispose]());

  it('transcribe no more rooms at once than maxRooms; the others wait and lose nothing', async () => {
    fleet = await RoomFleet.start({ rooms: 8, seconds: 6, workers: 2, maxRooms: 3, lease: 60_000 });
    await fleet.startEdges();
    await fleet.untilDone();
    expect(await fleet.faults()).toEqual([]);
    expect(fleet.mostSessions).toBe(3);
  });

  it('share a limit of new sessions, so that the service refuses none', async () => {
    const service = { sessionsPerMinute: 10, minuteMs: 6000 };
    const limit = { newSessionsPerMinute: 10, lease: 4000 };
    fleet = await RoomFleet.start({ rooms: 8, seconds: 12, workers: 2, pauses: [8000], service, ...limit });
    const { jsm } = await openBroker(fleet.nc);
    const { config } = await jsm.streams.info(STREAMS.permits);
    expect(config).toMatchObject({ max_msgs: 10, discard: 'new', max_age: 62e9 });
    // a minute of the service in 6 s, with 6 s more from the permit to the session on a loaded machine
    await jsm.streams.update(STREAMS.permits, { ...config, max_age: 12e9 });
    await fleet.startEdges();
    await fleet.untilFinals(6);
    const { length } = fleet.roomsOf(fleet.busiest());
    await fleet.kill(fleet.workers[fleet.busiest()]!);
    fleet.resume();
    await fleet.untilDone();
    expect(await fleet.faults()).toEqual([]);
    expect(length).toBeGreaterThan(2); // more sessions than were left
    expect(fleet.service.sessions.length).toBeGreaterThan(10);
    expect(fleet.service.sessions.filter(({ endedBy }) => endedBy === 'error')).toEqual([]);
  });
});
