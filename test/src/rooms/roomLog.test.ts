import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { firstValueFrom, toArray } from 'rxjs';
import type { NatsConnection } from '@nats-io/transport-node';
import { stats, turn } from '../../../operators/testing/index.ts';
import type { TranscriptionEvent } from '../../../operators/events.ts';
import { openBroker } from '../../../src/rooms/nats.ts';
import { RoomLog } from '../../../src/rooms/roomLog.ts';
import { roomEvents } from '../../../src/rooms/roomEvents.ts';
import { WorkerCounts } from '../../../src/rooms/workerMetrics.ts';
import { startRooms } from '../../support/natsServers.ts';
import type { NatsServers } from '../../support/natsServers.ts';

describe('the log of a room', () => {
  let servers: NatsServers;
  let nc: NatsConnection;

  beforeAll(async () => {
    ({ servers, nc } = await startRooms());
  });

  afterAll(() => servers[Symbol.asyncDispose]());

  const final = (turn_order: number): TranscriptionEvent => turn('Yes.', { order: turn_order, final: true });

  async function worker(room: string, name: string): Promise<{ log: RoomLog; counts: WorkerCounts }> {
    const counts = new WorkerCounts();
    return { log: new RoomLog(await openBroker(nc), room, name, counts), counts };
  }

  it('refuses the appends of a worker whose room was taken, and viewers never receive them', async () => {
    const [first, second] = [await worker('fenced', 'first'), await worker('fenced', 'second')];
    const event$ = roomEvents(nc, 'fenced').pipe(toArray());
    const received = firstValueFrom(event$);
    expect(await first.log.take()).toBe('taken');
    await first.log.append(final(0));
    expect(await second.log.take()).toBe('taken');

    let lost = false;
    first.log.onLost = () => (lost = true);
    first.log.publish(turn('Zombie', { order: 1 }));
    await first.log.append(final(1));
    expect(lost).toBe(true);
    expect(first.counts.refused).toBe(1);

    await second.log.append(final(1));
    await second.log.finish();
    for (const events of [await received, await firstValueFrom(event$)]) expect(events).toEqual([final(0), final(1)]);
  });

  it('lets one of two workers take a room, and continues where the other stopped', async () => {
    const [first, second] = [await worker('raced', 'first'), await worker('raced', 'second')];
    const taken = await Promise.all([first.log.take(), second.log.take()]);
    expect(taken.toSorted()).toEqual(['lost', 'taken']);
    const [holder] = taken[0] === 'taken' ? [first] : [second];
    await holder.log.append(stats({ transcribedMs: 5000, capturedMs: 5000 }));
    await holder.log.close();

    const third = await worker('raced', 'third');
    expect(await third.log.take()).toBe('taken');
    expect(third.log.checkpoint.positionMs).toBe(5000);
    expect(third.log.epoch).toBe(2);
    await third.log.finish();
    expect(await (await worker('raced', 'fourth')).log.take()).toBe('done');
  });

  it('counts an append that was stored without an answer once', async () => {
    const { log, counts } = await worker('unanswered', 'first');
    await log.take();
    const { nc: connection } = await openBroker(nc);
    // the broker stores the append, but its answer does not arrive
    const request = connection.request.bind(connection);
    let lostAnswers = 1;
    connection.request = async (...args) => {
      const answer = await request(...args);
      if (args[0] === 'rx.log.unanswered' && lostAnswers-- > 0) throw new Error('timeout');
      return answer;
    };
    await log.append(final(0));
    connection.request = request;
    await log.finish();
    expect(counts.unanswered).toBe(1);
    expect(await firstValueFrom(roomEvents(nc, 'unanswered').pipe(toArray()))).toEqual([final(0)]);
  });
});
