import { expect, it } from '@jest/globals';
import type { WorkerMetrics } from '../src/rooms/workerMetrics.ts';
import { RoomFleet } from './support/roomFleet.ts';

/** The long form, npm run rooms, has 50 rooms of 100 s in real time, many more faults, and prints what it measured. */
const isLong = process.env.ROOMS !== undefined;
const rooms = Number(process.env.ROOMS ?? 12);
const seconds = Number(process.env.ROOMS_SECONDS ?? 24);
/** Short audio waits for each fault, so that they fall into the same parts of it on any machine. */
const playback = isLong ? { speed: 1 } : { pauses: [6000, 12_000, 18_000] };

it(`${rooms} rooms lose nothing when workers are killed and frozen, and the broker is killed`, async () => {
  await using fleet = await RoomFleet.start({ rooms, seconds, lease: 4000, ...playback });
  await fleet.startEdges();
  const startedAt = performance.now();
  const takeOverMs: number[] = [];
  const handOverMs: number[] = [];
  const counts = { workersKilled: 0, workersFrozen: 0, workersReplaced: 0, brokerKilled: 0, edgesRestarted: 0 };

  const killWorker = async (): Promise<void> => {
    counts.workersKilled++;
    takeOverMs.push(...(await without(fleet, 'SIGKILL')));
  };
  const replaceWorker = async (): Promise<void> => {
    counts.workersReplaced++;
    const next = fleet.startWorker();
    await fleet.until(() => fleet.metrics(next) !== undefined);
    handOverMs.push(...(await without(fleet, 'SIGTERM')));
  };
  const freezeWorker = async (): Promise<void> => {
    counts.workersFrozen++;
    const number = fleet.busiest();
    const its = fleet.roomsOf(number);
    const frozenAt = performance.now();
    await fleet.kill(fleet.workers[number]!, 'SIGSTOP');
    await fleet.untilTaken(its, number, frozenAt);
    await fleet.kill(fleet.workers[number]!, 'SIGCONT');
  };
  const killBroker = async (): Promise<void> => {
    counts.brokerKilled++;
    await fleet.servers.kill(0);
    await fleet.servers.restart(0);
  };
  const restartEdge = async (): Promise<void> => {
    counts.edgesRestarted++;
    await fleet.kill(fleet.edges[0]!);
    await fleet.startEdge(0);
  };

  const more = Array.from({ length: 20 }, () => [killWorker, replaceWorker]).flat();
  const faults = [killWorker, freezeWorker, killBroker, ...(isLong ? [replaceWorker, restartEdge, ...more] : [])];
  let seen = 0;
  for (const fault of faults) {
    const target = seen + rooms / 4;
    await fleet.until(() => fleet.finals() >= target || fleet.done.size > 0);
    seen = fleet.finals();
    if (isLong && fleet.done.size > 0) break;
    fleet.resume();
    await fault();
  }
  await fleet.untilDone();
  const lastedMs = performance.now() - startedAt;

  expect(await fleet.faults(counts.edgesRestarted)).toEqual([]);
  expect(fleet.takeOvers.length).toBeGreaterThan(rooms);
  expect(fleet.service.violations).toEqual([]);
  if (!isLong) return;
  const sum = (name: keyof WorkerMetrics): number =>
    fleet.workers.reduce((total, _worker, number) => total + (fleet.metrics(number)?.[name] ?? 0), 0);
  const report = {
    rooms,
    seconds: Math.round(lastedMs / 1000),
    ...counts,
    takeOvers: fleet.takeOvers.filter(({ epoch }) => epoch > 1).length,
    takeOverMs: percentiles(takeOverMs),
    handOverMs: percentiles(handOverMs),
    words: fleet.recordings.reduce((total, { words }) => total + words.length, 0),
    gaps: fleet.rooms.reduce((total, _room, number) => total + fleet.gaps(number).length, 0),
    wrong: 0,
    refused: sum('refused'),
    unanswered: sum('unanswered'),
  };
  process.stderr.write(`${JSON.stringify(report)}\n`);
}, 900_000);

/** Ends the worker with the most rooms; a killed one is replaced. Resolves to the interruption of each of its rooms. */
async function without(fleet: RoomFleet, signal: 'SIGKILL' | 'SIGTERM'): Promise<number[]> {
  const number = fleet.busiest();
  const its = fleet.roomsOf(number);
  const endedAt = performance.now();
  const ended = fleet.kill(fleet.workers[number]!, signal);
  if (signal === 'SIGKILL') fleet.startWorker();
  const interruptions = await fleet.untilTaken(its, number, endedAt);
  await ended;
  return interruptions;
}

function percentiles(values: readonly number[]): Readonly<Record<string, number>> {
  const sorted = values.map(Math.round).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}
