// Runs increasing numbers of real-time streams in one process; measures delay, CPU and memory.
import { setImmediate as nextTask, setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from '../../../node_modules/ws/wrapper.mjs'; // the SDK's, not that of a contender installed here
import { BYTES_PER_MS, FRAME_BYTES, LAST_WORD_MS, finalsOf, micros } from './serviceMessages.js';

const FRAME_MS = FRAME_BYTES / BYTES_PER_MS;
const LATE_MS = 100;
/** Connections made at the same time. */
const DIALLING = 8;

/** Samples taken by the socket hooks in the current window. */
const samples = { sending: [], receiving: [], arriving: [], late: [], deferred: 0, frames: 0 };
let measuring = false;
let pushedAt;
let receivedAt = 0;

/** Measures the time from a frame's emission until the `send` of the socket returns, which writes synchronously. */
function watchSockets() {
  const { send, emit } = WebSocket.prototype;
  WebSocket.prototype.send = function (data, ...rest) {
    send.call(this, data, ...rest);
    if (!measuring || typeof data === 'string') return;
    samples.frames++;
    if (pushedAt === undefined) samples.deferred++;
    else samples.sending.push(performance.now() - pushedAt);
  };
  WebSocket.prototype.emit = function (name, ...rest) {
    if (name === 'message') receivedAt = performance.now();
    return emit.call(this, name, ...rest);
  };
}

class Stream {
  #input;
  #pcm;
  #finals = [];
  pushed = 0;

  constructor(open, { url, pcm, catchUpSpeed }) {
    this.#pcm = pcm;
    this.begun = new Promise((onBegin, onError) => {
      this.done = new Promise((onDone) => {
        const onTurn = (turn) => this.#receive(turn);
        this.#input = open({ url, apiKey: 'key', catchUpSpeed, onBegin, onTurn, onDone, onError });
      });
      this.failed = onError;
    });
  }

  push() {
    const from = (this.pushed * FRAME_BYTES) % 32_000;
    this.pushed++;
    this.#input.push(this.#pcm.subarray(from, from + FRAME_BYTES));
  }

  /** Bytes of audio covered by finals. */
  get finalizedBytes() {
    return this.#finals.length === 0 ? 0 : ((this.#finals.length - 1) * 3000 + LAST_WORD_MS) * BYTES_PER_MS;
  }

  /** Ends the stream and verifies that all audio and all finals arrived. */
  async end() {
    this.#input.end();
    const { bytes, frames } = await this.done;
    if (bytes !== this.pushed * FRAME_BYTES || frames !== this.pushed)
      throw new Error(`${bytes} bytes in ${frames} frames`);
    const expected = finalsOf(this.pushed * FRAME_MS);
    if (this.#finals.join() !== expected.join())
      throw new Error(`finals ${this.#finals.length}, not ${expected.length}`);
  }

  #receive(turn) {
    const now = performance.now();
    if (measuring) {
      samples.receiving.push(now - receivedAt);
      samples.arriving.push((micros() - turn.sent) / 1000);
    }
    if (turn.end_of_turn) this.#finals.push(turn.transcript);
  }
}

/** Makes each stream push a frame every 100 ms, evenly distributed; a late frame is pushed at once. */
class Metronome {
  #streams = [];
  #timer;
  #from = 0;
  #beat = 0;

  restart(streams) {
    clearTimeout(this.#timer);
    this.#streams = [...streams];
    this.#from = performance.now();
    this.#beat = 0;
    if (streams.length > 0) this.#tick();
  }

  #tick() {
    const each = FRAME_MS / this.#streams.length;
    const round = this.#beat + this.#streams.length; // more overdue frames wait for the next event loop turn
    let due = this.#from + this.#beat * each;
    for (; due <= performance.now() && this.#beat < round; due = this.#from + ++this.#beat * each) {
      const stream = this.#streams[this.#beat % this.#streams.length];
      pushedAt = performance.now();
      stream.push();
      pushedAt = undefined;
      if (measuring) samples.late.push(performance.now() - due);
    }
    this.#timer = setTimeout(() => this.#tick(), due - performance.now());
  }
}

/**
 * Runs the number of streams in each of `steps` for `settleMs`, then measures for `windowMs`. Stops after the first step in
 * which a connection fails or half of the frames are late.
 *
 * @param open Opens a stream of the contender.
 * @param parent Receives a `window` message when the measurement of a step starts and ends.
 * @returns The measurements of each step, and the reason if it stopped early.
 */
export async function ramp(open, { url, pcm, steps, settleMs, windowMs }, parent) {
  watchSockets();
  const streams = [];
  const metronome = new Metronome();
  await warmUp(open, { url, pcm });
  const results = [];
  let overload;
  for (const count of steps) {
    overload = await dial(streams, count, () => new Stream(open, { url, pcm }));
    if (overload) break;
    metronome.restart(streams);
    await sleep(settleMs);
    const ms = count === 1 ? 5 * windowMs : windowMs; // a single stream has few frames
    const result = { count, ...(await measured(ms, parent)), ...memory(streams) };
    results.push(result);
    if (2 * result.late > result.frames) overload = `every second frame was late with ${count} streams`;
    if (overload) break;
  }
  metronome.restart([]);
  if (!overload) await endAll(streams);
  return { steps: results, overload, peakRss: process.resourceUsage().maxRSS * 1024 };
}

/** Connects streams until there are `count`; resolves to an error text or undefined. */
async function dial(streams, count, make) {
  let failed;
  const connectNext = async () => {
    while (!failed && streams.length < count) {
      const stream = make();
      streams.push(stream);
      try {
        await stream.begun;
      } catch (error) {
        failed = `stream ${streams.length} of ${count}: ${error.message}`;
      }
    }
  };
  await Promise.all(Array.from({ length: DIALLING }, connectNext));
  return failed;
}

async function endAll(streams) {
  for (let at = 0; at < streams.length; at += 50) await Promise.all(streams.slice(at, at + 50).map((one) => one.end()));
}

/** Ten minutes of audio, twenty frames per event loop turn, so that the code is optimised. */
async function warmUp(open, job) {
  const stream = new Stream(open, { ...job, catchUpSpeed: Infinity });
  await stream.begun;
  while (stream.pushed < 6000) {
    for (let frame = 0; frame < 20; frame++) stream.push();
    await nextTask();
  }
  await stream.end();
}

async function measured(windowMs, parent) {
  Object.assign(samples, { sending: [], receiving: [], arriving: [], late: [], deferred: 0, frames: 0 });
  parent.send({ window: 'opens' });
  const before = process.cpuUsage();
  const started = performance.now();
  measuring = true;
  await sleep(windowMs);
  measuring = false;
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  parent.send({ window: 'closes' });
  const { frames, deferred } = samples;
  return {
    wallMs,
    cpuMs: (user + system) / 1000,
    audioMs: frames * FRAME_MS,
    frames,
    deferred,
    late: samples.late.filter((ms) => ms > LATE_MS).length,
    sending: percentiles(samples.sending),
    receiving: percentiles(samples.receiving),
    arriving: percentiles(samples.arriving),
    lateness: percentiles(samples.late),
  };
}

function percentiles(numbers) {
  const sorted = Float64Array.from(numbers).toSorted();
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  return { p50: at(0.5), p99: at(0.99), max: at(1), count: sorted.length };
}

/** Memory of the process after garbage collection; `tape` is the audio held for replay. */
function memory(streams) {
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  const tape = streams.map((one) => (one.pushed - Math.floor(one.finalizedBytes / FRAME_BYTES)) * FRAME_BYTES);
  return { rss, heapUsed, external, tape: tape.reduce((sum, bytes) => sum + bytes, 0) };
}
