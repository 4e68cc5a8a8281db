// One contender at one task, in a process of its own; the task comes as JSON, the measurements go to the parent.
import { createHash } from 'node:crypto';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { BYTES_PER_MS, finalsOf } from './script.js';
import { live, recorded } from './contenders.js';
import { ramp } from './streams.js';

const CHUNK = 65_536;
/** A second of noise: what the audio is does not matter, but that it is the same for all does. */
const pcm = noise(1000 * BYTES_PER_MS + CHUNK);

const task = JSON.parse(process.argv[2]);
const TASKS = { recording, allocations, ramp: (job) => ramp(live[job.contender], { ...job, pcm }, process) };
process.send(await TASKS[task.name](task), () => process.exit());

/** CPU time and peak memory of a recording, after another one that does not count. */
async function recording({ contender, url, ms, warmMs, file, warmFile }) {
  const work = recorded[contender];
  await checked(work, { url, apiKey: 'digest', ms: 60_000 }); // every byte
  await checked(work, { url, apiKey: 'key', file: warmFile, ms: warmFile ? 600_000 : warmMs });
  globalThis.gc();
  const before = process.cpuUsage();
  const started = performance.now();
  await checked(work, { url, apiKey: 'key', file, ms });
  const { user, system } = process.cpuUsage(before);
  const wallMs = performance.now() - started;
  return { cpuMs: (user + system) / 1000, wallMs, ms, peakRss: process.resourceUsage().maxRSS * 1024 };
}

/**
 * What a frame costs in memory: bytes on the heap and in buffers, counted between two moments without a collection of
 * garbage, for which this process has a young generation that is large enough. What a session costs whatever its length is
 * taken off, by the difference of a longer and a shorter one.
 */
async function allocations({ contender, url, ms }) {
  const work = recorded[contender];
  for (let run = 0; run < 10; run++) await checked(work, { url, apiKey: 'key', ms });
  let collections = 0;
  new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] });
  const counted = async (length) => {
    globalThis.gc();
    await sleep(20); // the observer is told later
    const told = collections;
    const before = process.memoryUsage();
    await checked(work, { url, apiKey: 'key', ms: length });
    const after = process.memoryUsage();
    await sleep(20);
    const heap = after.heapUsed - before.heapUsed;
    return collections === told ? { heap, buffers: after.arrayBuffers - before.arrayBuffers } : counted(length);
  };
  const frames = (ms - ms / 4) / 100;
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    const [short, long] = [await counted(ms / 4), await counted(ms)];
    rounds.push({ heap: (long.heap - short.heap) / frames, buffers: (long.buffers - short.buffers) / frames });
  }
  return { rounds };
}

/** Does the work, and makes sure that it was done: every byte and frame sent, every final told. */
async function checked(work, { ms, ...job }) {
  const chunks = () => synthetic(ms * BYTES_PER_MS);
  const { finals, Termination, Stats } = await work({ ...job, chunks });
  const expected = finalsOf(ms);
  if (finals.join() !== expected.join())
    throw new Error(`${finals.length} finals, not the ${expected.length} expected`);
  const { bytes, frames, digest } = Termination;
  if (bytes !== ms * BYTES_PER_MS || frames !== ms / 100) throw new Error(`${bytes} bytes in ${frames} frames`);
  if (Stats && (Stats.replayedMs > 0 || Stats.reconnects > 0)) throw new Error(`replayed ${Stats.replayedMs} ms`);
  if (job.apiKey === 'digest' && digest !== digestOf(ms * BYTES_PER_MS))
    throw new Error('other bytes than those given');
}

/**
 * Noise, in chunks as a stream of a file has them.
 *
 * @yields Chunks.
 */
async function* synthetic(length) {
  for (let at = 0; at < length; at += CHUNK) {
    const from = at % 32_000;
    yield pcm.subarray(from, from + Math.min(CHUNK, length - at));
  }
}

function digestOf(length) {
  const hash = createHash('sha1');
  for (let at = 0; at < length; at += CHUNK) {
    const from = at % 32_000;
    hash.update(pcm.subarray(from, from + Math.min(CHUNK, length - at)));
  }
  return hash.digest('hex');
}

function noise(length) {
  const bytes = Buffer.alloc(length);
  for (let at = 0, state = 1; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[at] = state >> 16;
  }
  return bytes;
}
