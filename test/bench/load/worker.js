// Runs one task with one contender in a child process; the task is JSON, the measurements are sent to the parent.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { BYTES_PER_MS, finalsOf } from './serviceMessages.js';
import { ballast } from './ballast.js';
import { live, recorded } from './contenders.js';
import { limits } from './limits.js';
import { ramp } from './streams.js';

const CHUNK = 65_536;
/** A second of noise, the same for all contenders. */
const pcm = noise(1000 * BYTES_PER_MS + CHUNK);

const task = JSON.parse(process.argv[2]);
if (hasNativeMasks() !== (task.nativeMasks ?? false)) throw new Error('ws has the wrong masks');
const held = ballast(task.ballastMB ?? 0);
const TASKS = { recording, allocations, ramp: (job) => ramp(live[job.contender], { ...job, pcm }, process) };
process.send({ ...(await TASKS[task.name](task)), heldObjects: held.length }, () => process.exit());

/** Whether `ws` finds `bufferutil` and uses it. */
function hasNativeMasks() {
  if (process.env['WS_NO_BUFFER_UTIL']) return false;
  try {
    createRequire(import.meta.resolve('../../../node_modules/ws/wrapper.mjs'))('bufferutil');
    return true;
  } catch {
    return false;
  }
}

/** CPU time and peak memory of transcribing a recording, after a warm-up. */
async function recording({ contender, url, ms, warmMs, file, warmFile }) {
  const work = recorded[contender] ?? limits[contender];
  if (work !== limits['raw TLS']) await checked(work, { url, apiKey: 'digest', ms: 60_000 }); // every byte
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
 * Bytes that a frame allocates on the heap and in buffers, counted without a garbage collection in between. The constant
 * cost of a session is removed by subtracting a shorter session from a longer one.
 */
async function allocations({ contender, url, ms }) {
  const work = recorded[contender];
  for (let run = 0; run < 10; run++) await checked(work, { url, apiKey: 'key', ms });
  let collections = 0;
  new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] });
  const counted = async (length) => {
    globalThis.gc();
    await sleep(20); // the observer is notified later
    const collectionsBefore = collections;
    const before = process.memoryUsage();
    await checked(work, { url, apiKey: 'key', ms: length });
    const after = process.memoryUsage();
    await sleep(20);
    const heap = after.heapUsed - before.heapUsed;
    return collections === collectionsBefore
      ? { heap, buffers: after.arrayBuffers - before.arrayBuffers }
      : counted(length);
  };
  const frames = (ms - ms / 4) / 100;
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    const [short, long] = [await counted(ms / 4), await counted(ms)];
    rounds.push({ heap: (long.heap - short.heap) / frames, buffers: (long.buffers - short.buffers) / frames });
  }
  return { rounds };
}

/** Runs the work and verifies every byte, frame and final. */
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
    throw new Error('the digest of the audio differs');
}

/**
 * Noise in chunks of the size that a file stream emits.
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
