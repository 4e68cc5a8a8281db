import { expect, it } from '@jest/globals';
import { RoomFleet } from './support/roomFleet.ts';

// the long form, npm run rooms, has 50 rooms of 100 s and prints what it measured
const rooms = Number(process.env.ROOMS ?? 12);
const seconds = Number(process.env.ROOMS_SECONDS ?? 24);
/** How many finals there are between two faults, in each room. */
const FINALS_PER_FAULT = 1;

it(`${rooms} rooms lose nothing when workers are killed and frozen, and the broker is killed`, async () => {
  await using fleet = await RoomFleet.start({ rooms, seconds, lease: 3000 });
  await fleet.startEdges();
  const startedAt = performance.now();
  const counts = { workersKilled: 0, takeOverMs: [] as number[] };
  let wait = rooms / 2;
  const nextFault = async (): Promise<boolean> => {
    const target = fleet.finals() + wait;
    wait = rooms * FINALS_PER_FAULT;
    await fleet.until(() => fleet.finals() >= target || fleet.done.size > 0);
    return fleet.done.size === 0;
  };
  const killWorker = async (): Promise<void> => {
    const number = fleet.busiest();
    const orphans = new Set(fleet.roomsOf(number));
    const killedAt = performance.now();
    const before = fleet.takeOvers.length;
    await fleet.kill(fleet.workers[number]!);
    counts.workersKilled++;
    fleet.startWorker();
    await fleet.until(() => [...orphans].every((room) => fleet.done.has(room) || fleet.holders().get(room) !== number));
    const taken = fleet.takeOvers.slice(before).filter(({ room }) => orphans.has(room));
    counts.takeOverMs.push(...taken.map(({ at }) => at - killedAt));
  };
  const freezeWorker = async (): Promise<void> => {
    const number = fleet.busiest();
    const its = fleet.roomsOf(number);
    await fleet.kill(fleet.workers[number]!, 'SIGSTOP');
    await fleet.until(() => its.every((room) => fleet.done.has(room) || fleet.holders().get(room) !== number));
    await fleet.kill(fleet.workers[number]!, 'SIGCONT');
  };
  const killBroker = async (): Promise<void> => {
    await fleet.servers.kill(0);
    await fleet.servers.restart(0);
  };
  const faults = [killWorker, freezeWorker, killBroker, ...Array.from({ length: 20 }, () => killWorker)];
  for (const fault of faults) {
    if (!(await nextFault())) break;
    await fault();
  }
  await fleet.untilDone();
  const lastedMs = performance.now() - startedAt;

  expect(await fleet.faults()).toEqual([]);
  expect(fleet.takeOvers.length).toBeGreaterThan(rooms);
  expect(fleet.service.violations).toEqual([]);
  if (process.env.ROOMS === undefined) return;
  const median = (values: readonly number[]): number =>
    Math.round(values.toSorted((a, b) => a - b)[values.length >> 1]!);
  const metrics = fleet.workers.map((_, number) => fleet.metrics(number)).filter((each) => each !== undefined);
  const report = {
    rooms,
    seconds: Math.round(lastedMs / 1000),
    ...counts,
    takeOverMs: { median: median(counts.takeOverMs), max: Math.round(Math.max(...counts.takeOverMs)) },
    takeOvers: fleet.takeOvers.filter(({ epoch }) => epoch > 1).length,
    words: fleet.recordings.reduce((sum, { words }) => sum + words.length, 0),
    wrong: 0,
    refused: metrics.reduce((sum, { refused }) => sum + refused, 0),
    unanswered: metrics.reduce((sum, { unanswered }) => sum + unanswered, 0),
  };
  process.stderr.write(`${JSON.stringify(report)}\n`);
}, 600_000);
