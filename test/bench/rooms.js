import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import { setUpRooms } from '../../dist/src/rooms/index.js';
import { bundledRecording, startSimulator } from '../../dist/src/simulator/index.js';
import { busyShare, digits } from './measure.js';

export const title = 'cost of a room, and how long it is interrupted when its worker ends';
export const targets = 'under 0.5 s per room when a worker is replaced';

const PROCESS = fileURLToPath(new URL('../support/roomProcess.js', import.meta.url));
/** How long sessions may take to begin, in milliseconds. */
const START_MS = 15_000;
/** The least time between two ends of workers, so that audio that waited is transcribed, in milliseconds. */
const BETWEEN_MS = 3000;

/** Measures rooms of the bundled recording with one broker and with three; then ends workers, one after the other. */
export async function bench({ quick, log }) {
  const [rooms, seconds, ends] = quick ? [6, 5, 2] : [40, 40, 12];
  log(`${rooms} rooms, one broker`);
  const one = await cost({ rooms, seconds, brokers: 1 });
  log(`${rooms} rooms, three brokers`);
  const three = await cost({ rooms, seconds, brokers: 3 });
  log('workers are killed and replaced');
  const { killed, replaced } = await interruptions({ rooms: quick ? 6 : 24, workers: 3, ends });
  const row = (name, value) => [name, value(one), value(three)];
  const cpu = (role) => row(`${role}, CPU of one core`, (all) => `${digits(all[role].percent)} %`);
  const memory = (role) =>
    row(`${role}, memory`, (all) => `${digits(all[role].mb)} MB, without rooms ${digits(all[role].idleMb)} MB`);
  return {
    tables: [
      {
        caption: `${rooms} rooms in real time for ${seconds} s: CPU per room, memory of the process that has all rooms.`,
        columns: ['', 'one broker (R1)', 'three brokers (R3), together'],
        rows: [
          ...['broker', 'worker', 'edge', 'viewer'].map(cpu),
          row('rooms per broker core', (all) => Math.round(100 / all.broker.percent)),
          ...['broker', 'worker', 'edge', 'viewer'].map(memory),
          row('frame to worker, p50 and p99', (all) => both(all.frameMs)),
          row('append, median', (all) => `${digits(percentile(all.appendMs, 0.5))} ms`),
          row('final to viewer, p50 and p99', (all) => both(all.finalMs)),
          row('load of the machine, of all cores', (all) => `${digits(all.loadPercent)} %`),
        ],
      },
      {
        caption:
          'From the end of a worker to the moment another one has its room, in milliseconds; lease 5 s, one broker.',
        columns: ['', 'rooms', 'p50', 'p99', 'most'],
        rows: [interruption('killed (SIGKILL)', killed), interruption('replaced (SIGTERM)', replaced)],
      },
    ],
    verdicts: [
      {
        target: 'replaced: p99 under 500 ms',
        value: `${Math.round(percentile(replaced, 0.99))} ms`,
        met: percentile(replaced, 0.99) < 500,
      },
    ],
    notes: [
      'Brokers, workers, edges, viewers and the local service share the machine: times are upper bounds.',
      `${execFileSync('nats-server', ['--version'], { encoding: 'utf8' }).trim()}; frames of 100 ms at 16 kHz.`,
    ],
  };
}

function cost({ rooms, seconds, brokers }) {
  return withPlace(brokers, (place) => costIn(place, rooms, seconds));
}

async function costIn(place, rooms, seconds) {
  const names = roomNames(rooms);
  const [worker, viewer] = [place.worker('worker', names[0]), place.start('viewer', { rooms: names })];
  await Promise.all([worker.first, viewer.first]);
  const edge = place.start('edge', { rooms: names.map((room) => ({ room, pcm: place.audio })), idle: true });
  await edge.first;
  const pids = { broker: place.brokerPids, worker: [worker.pid], edge: [edge.pid], viewer: [viewer.pid] };
  const idle = mapValues(pids, memoryMb);
  edge.write('\n');
  await sleep(START_MS);
  const before = mapValues(pids, cpuMs);
  const load = busyShare();
  const seen = { worker: worker.lines.length, viewer: viewer.lines.length };
  const startedAt = performance.now();
  await sleep(seconds * 1000);
  const elapsed = performance.now() - startedAt;
  const used = mapValues(pids, (each, role) => ({
    percent: (((cpuMs(each) - before[role]) / elapsed) * 100) / rooms,
    mb: memoryMb(each),
    idleMb: idle[role],
  }));
  const lines = (role, { lines: all }) => all.slice(seen[role]).map((line) => JSON.parse(line));
  const values = (objects, name) => objects.map((each) => each[name]).filter((value) => value !== undefined);
  return {
    ...used,
    loadPercent: 100 * load(),
    frameMs: values(lines('worker', worker), 'frameMs'),
    appendMs: values(lines('worker', worker), 'appendMs'),
    finalMs: values(lines('viewer', viewer), 'finalMs'),
  };
}

/** Ends the worker with the most rooms, by SIGKILL and SIGTERM in turn. */
function interruptions(options) {
  return withPlace(1, (place) => interruptionsIn(place, options));
}

async function interruptionsIn(place, { rooms, workers, ends }) {
  const takes = [];
  place.nc.subscribe('rx.out.*', {
    callback: (_error, { subject, headers }) => {
      if (headers.get('Type') !== 'Took') return;
      takes.push({ room: subject.slice('rx.out.'.length), worker: headers.get('By'), at: performance.now() });
    },
  });
  await place.nc.flush();
  const running = new Map();
  let started = 0;
  const startWorker = async () => {
    const name = `worker-${started++}`;
    const worker = place.worker(name);
    running.set(name, worker);
    await worker.first;
  };
  for (let number = 0; number < workers; number++) await startWorker();
  const edge = place.start('edge', { rooms: roomNames(rooms).map((room) => ({ room, pcm: place.audio })) });
  await edge.first;
  await sleep(START_MS);
  const results = { SIGKILL: [], SIGTERM: [] };
  for (let end = 0; end < ends; end++) {
    const signal = end % 2 === 0 ? 'SIGKILL' : 'SIGTERM';
    await startWorker();
    const holders = new Map(takes.map((take) => [take.room, take.worker]));
    const held = (name) => [...holders].filter(([, holder]) => holder === name).map(([room]) => room);
    const [name] = [...running.keys()].toSorted((a, b) => held(b).length - held(a).length);
    const orphans = held(name);
    const endedAt = performance.now();
    running.get(name).kill(signal);
    running.delete(name);
    const taken = (room) => takes.find((take) => take.room === room && take.at > endedAt);
    while (!orphans.every(taken)) await sleep(50);
    results[signal].push(...orphans.map((room) => taken(room).at - endedAt));
    await sleep(BETWEEN_MS);
  }
  return { killed: results.SIGKILL, replaced: results.SIGTERM };
}

async function withPlace(brokers, action) {
  const place = await Place.start(brokers);
  try {
    return await action(place);
  } finally {
    await place.close();
  }
}

/** Brokers that are set up, the local service, and processes that end with them. */
class Place {
  brokerPids = [];
  #children = [];
  #dir = mkdtempSync(join(tmpdir(), 'rxscribe-bench-'));

  static async start(brokers) {
    const place = new Place();
    await place.#startBrokers(brokers);
    place.nc = await connect({ servers: place.servers, waitOnFirstConnect: true });
    await untilSetUp(place.nc, brokers);
    const caDir = process.env.RXSCRIBE_TEST_CA_DIR;
    place.service = await startSimulator({ caDir, keepAudio: false });
    place.audio = join(place.#dir, 'audio.pcm');
    const { pcm } = await bundledRecording();
    writeFileSync(place.audio, Buffer.concat(Array.from({ length: 12 }, () => pcm))); // five minutes
    return place;
  }

  worker(name, probe) {
    const { url, apiKey } = this.service;
    return this.start('worker', { url, apiKey, name, probe, slots: 1000 });
  }

  start(role, { idle, ...config }) {
    const pauses = idle ? { pauses: [0] } : {};
    const args = [PROCESS, JSON.stringify({ role, servers: this.servers, ...pauses, ...config })];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    const lines = [];
    const reader = createInterface({ input: child.stdout });
    reader.on('line', (line) => lines.push(line));
    return {
      pid: child.pid,
      lines,
      first: once(reader, 'line'),
      write: (text) => child.stdin.write(text),
      kill: (signal) => child.kill(signal),
    };
  }

  async close() {
    for (const child of this.#children) child.kill('SIGKILL');
    await this.nc.close();
    await this.service.close();
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }

  async #startBrokers(count) {
    const ports = await Promise.all(Array.from({ length: 2 * count }, freePort));
    const [clients, routes] = [ports.slice(0, count), ports.slice(count)];
    const route = routes.map((port) => `"nats://127.0.0.1:${port}"`);
    clients.forEach((port, number) => {
      const config = join(this.#dir, `${number}.conf`);
      const cluster = `cluster { name: bench, listen: "127.0.0.1:${routes[number]}", routes: [${route}] }`;
      const lines = [
        `server_name: s${number}`,
        `listen: "127.0.0.1:${port}"`,
        `jetstream { store_dir: "${this.#dir}/${number}" }`,
      ];
      writeFileSync(config, [...lines, ...(count > 1 ? [cluster] : [])].join('\n'));
      const child = spawn('nats-server', ['-c', config], { stdio: 'ignore' });
      this.#children.push(child);
      this.brokerPids.push(child.pid);
    });
    this.servers = clients.map((port) => `127.0.0.1:${port}`);
  }
}

/** A cluster accepts streams only once its servers have found each other. */
async function untilSetUp(nc, replicas) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await setUpRooms(nc, { replicas });
    } catch (error) {
      if (attempt === 40) throw error;
      await sleep(250);
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await once(server.close(), 'close');
  return port;
}

function roomNames(count) {
  return Array.from({ length: count }, (_, index) => `bench-${index}`);
}

function cpuMs(pids) {
  const of = (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  return pids.reduce((sum, pid) => sum + of(pid), 0);
}

function memoryMb(pids) {
  const of = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1000;
  return pids.reduce((sum, pid) => sum + of(pid), 0);
}

function mapValues(object, of) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, of(value, name)]));
}

function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function both(values) {
  return `${digits(percentile(values, 0.5))}, ${digits(percentile(values, 0.99))} ms`;
}

function interruption(name, values) {
  return [name, values.length, ...[0.5, 0.99, 1].map((share) => Math.round(percentile(values, share)))];
}
