// Measuring and number formatting of the benchmarks.
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs every contender once per round, one after another (A B C A B C …), so that other load on the machine affects all
 * of them. Garbage is collected before each run.
 *
 * @param contenders Functions by name; their results are kept as `values`.
 * @param options Number of measured `rounds`, of `warmup` rounds before them, and whether to `collect` garbage before each
 * run. Collecting also discards compiled code, so do not use it for work of microseconds.
 * @returns By name the `cpu` and `wall` time of each round in milliseconds, and the `values`.
 */
export async function interleave(contenders, { rounds, warmup = 1, collect = true }) {
  const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, { cpu: [], wall: [], values: [] }]));
  for (let round = -warmup; round < rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      if (collect) globalThis.gc?.();
      const { cpu, wall, value } = await timed(run);
      if (round < 0) continue;
      samples[name].cpu.push(cpu);
      samples[name].wall.push(wall);
      samples[name].values.push(value);
    }
  }
  return samples;
}

/** Share of the machine's CPU time that other processes use now, sampled while this one waits. */
export async function machineLoad() {
  const share = busyShare();
  await sleep(250);
  return share();
}

/** Returns a function that returns the share of all cores that has been busy since this call. */
export function busyShare() {
  const before = cpuTimes();
  return () => {
    const after = cpuTimes();
    return 1 - (after.idle - before.idle) / (after.all - before.all);
  };
}

function cpuTimes() {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((one) => Object.values(one))) };
}

/** A table of the load of the machine in each round; `loads` has `others` before and `all` during each, by work. */
export function loadTable(loads) {
  const percents = (shares) => shares.map((share) => digits(100 * share)).join(', ');
  return {
    caption: 'Load of the machine in each round, of all cores, in percent.',
    columns: ['work', 'other processes, before each round', 'everything, during each round'],
    rows: [...new Set(loads.map(({ work }) => work))].map((work) => {
      const rounds = loads.filter((load) => load.work === work);
      return [work, percents(rounds.map(({ others }) => others)), percents(rounds.map(({ all }) => all))];
    }),
  };
}

/** Runs a function once; returns its `cpu` and `wall` time in milliseconds and its `value`. */
export async function timed(run) {
  const started = performance.now();
  const before = process.cpuUsage();
  const value = await run();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1000, wall: performance.now() - started, value };
}

/** Median, quartiles, minimum and maximum of numbers. */
export function summary(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share) => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)];
    return below + (sorted[Math.ceil(place)] - below) * (place % 1);
  };
  return { median: at(0.5), q1: at(0.25), q3: at(0.75), min: sorted[0], max: sorted.at(-1) };
}

/** Summary of the ratios of two contenders, calculated per round, since load in a round affects both. */
export function ratio(numbers, others) {
  return summary(numbers.map((number, round) => number / others[round]));
}

/** Formats a number with three significant digits. */
export function digits(number) {
  if (!Number.isFinite(number)) return '–';
  const places = Math.abs(number) >= 100 ? 0 : Math.abs(number) >= 10 ? 1 : 2;
  return number.toFixed(places).replace(/\B(?=(\d{3})+(?!\d))/g, places === 0 ? ' ' : '');
}

/** Formats a median with its quartiles: `1.52 (1.48–1.60)`. */
export function spread({ median, q1, q3 }, unit = '') {
  return `${digits(median)}${unit} (${digits(q1)}–${digits(q3)})`;
}
