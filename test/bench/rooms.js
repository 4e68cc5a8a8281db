// What rooms cost: CPU and memory of broker, worker, edge and viewer per room, and how long frames and finals take. Everything
// runs on this machine: compare the CPU, and take the times as upper bounds.
//   npm run build && node test/bench/rooms.js [rooms=20] [seconds=40] [brokers=1]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import { setUpRooms } from '../../dist/src/rooms/index.js';
import { bundledRecording, createAuthority, startSimulator } from '../../dist/src/simulator/index.js';

const [rooms = 20, seconds = 40, brokers = 1] = process.argv.slice(2).map(Number);
const dir = mkdtempSync(join(tmpdir(), 'rxscribe-bench-'));
if (!process.env.RXSCRIBE_BENCH_CA) {
  const caFile = await createAuthority(dir);
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: caFile, RXSCRIBE_BENCH_CA: dir };
  const [code] = await once(spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit', env }), 'exit');
  rmSync(dir, { recursive: true, force: true });
  process.exit(code);
}

const PROCESS = fileURLToPath(new URL('../support/roomProcess.js', import.meta.url));
const children = [];
const brokerPids = [];
const addresses = await startBrokers();
const nc = await connect({ servers: addresses, waitOnFirstConnect: true });
for (let attempt = 0; ; attempt++) {
  try {
    await setUpRooms(nc, { replicas: brokers });
    break;
  } catch (error) {
    if (attempt === 40) throw error; // a cluster needs some time to form
    await sleep(250);
  }
}
const service = await startSimulator({ caDir: process.env.RXSCRIBE_BENCH_CA, keepAudio: false });
const worker = start('worker', { url: service.url, apiKey: service.apiKey, name: 'worker', slots: 1000 });
const viewer = start('viewer', { rooms: roomNames() });
await Promise.all([worker.first, viewer.first]);
const { pcm } = await bundledRecording();
const path = join(dir, 'audio.pcm');
writeFileSync(path, Buffer.concat(Array.from({ length: Math.ceil((seconds + 20) / 25) }, () => pcm)));
const edge = start('edge', { rooms: roomNames().map((room) => ({ room, pcm: path })) });
await edge.first;
await sleep(10_000); // sessions have begun
const all = { broker: brokerPids, worker: [worker.pid], edge: [edge.pid], viewer: [viewer.pid] };
const before = Object.fromEntries(Object.entries(all).map(([name, pids]) => [name, cpuMs(pids)]));
const metrics = worker.lines.length;
const seen = viewer.lines.length;
const startedAt = performance.now();
await sleep(seconds * 1000);
const elapsed = performance.now() - startedAt;
const used = Object.fromEntries(
  Object.entries(all).map(([name, pids]) => [
    name,
    { percentOfCore: round((((cpuMs(pids) - before[name]) / elapsed) * 100) / rooms), mb: round(memoryMb(pids)) },
  ]),
);
const workerLines = worker.lines.slice(metrics).map((line) => JSON.parse(line));
const viewerLines = viewer.lines.slice(seen).map((line) => JSON.parse(line));
console.log(
  JSON.stringify({
    rooms,
    brokers,
    perRoom: used,
    roomsPerBrokerCore: Math.round(100 / used.broker.percentOfCore),
    frameToWorkerMs: median(workerLines.map(({ frameDelayMs }) => frameDelayMs)),
    appendMs: median(workerLines.map(({ appendMs }) => appendMs)),
    finalToViewerMs: median(viewerLines.map(({ finalMs }) => finalMs)),
  }),
);
for (const child of children) child.kill('SIGKILL');
await nc.close();
await service.close();
rmSync(dir, { recursive: true, force: true });

function roomNames() {
  return Array.from({ length: rooms }, (_, index) => `bench-${index}`);
}

function start(role, config) {
  const child = spawn(process.execPath, [PROCESS, JSON.stringify({ role, servers: addresses, ...config })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  return { pid: child.pid, lines, first: once(reader, 'line') };
}

async function startBrokers() {
  const ports = await Promise.all(Array.from({ length: 2 * brokers }, freePort));
  const [clients, routes] = [ports.slice(0, brokers), ports.slice(brokers)];
  clients.forEach((port, number) => {
    const config = join(dir, `${number}.conf`);
    const cluster = `cluster { name: bench, listen: "127.0.0.1:${routes[number]}", routes: [${routes.map((route) => `"nats://127.0.0.1:${route}"`)}] }`;
    const lines = [
      `server_name: s${number}`,
      `listen: "127.0.0.1:${port}"`,
      `jetstream { store_dir: "${dir}/${number}" }`,
    ];
    writeFileSync(config, [...lines, ...(brokers > 1 ? [cluster] : [])].join('\n'));
    const child = spawn('nats-server', ['-c', config], { stdio: 'ignore' });
    children.push(child);
    brokerPids.push(child.pid);
  });
  return clients.map((port) => `127.0.0.1:${port}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await once(server.close(), 'close');
  return port;
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

function median(values) {
  const known = values.filter((value) => value !== undefined).toSorted((a, b) => a - b);
  return known.length > 0 ? round(known[known.length >> 1]) : undefined;
}

function round(value) {
  return Number(value.toFixed(2));
}

function sleep(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
