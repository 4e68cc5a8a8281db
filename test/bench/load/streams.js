// Many real-time streams in one process, step by step more of them; what they add in delay, and what they take.
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from '../../../node_modules/ws/wrapper.mjs'; // the SDK's, not that of a contender installed here
import { BYTES_PER_MS, FRAME_BYTES, LAST_WORD_MS, finalsOf, micros } from './script.js';

const FRAME_MS = FRAME_BYTES / BYTES_PER_MS;
const LATE_MS = 100;
/** How many connections are made at a time. */
const DIALLING = 8;

/** What the hooks of the socket found out during the window being measured. */
const seen = { sending: [], receiving: [], arriving: [], late: [], deferred: 0, frames: 0 };
let measuring = false;
let pushedAt;
let receivedAt = 0;

/** The time from a frame leaving the source until it is written: until the `send` of the socket returns, which writes at once. */
function watchSockets() {
  const { send, emit } = WebSocket.prototype;
  WebSocket.prototype.send = function (data, ...rest) {
    send.call(this, data, ...rest);
    if (!measuring || typeof data === 'string') return;
    seen.frames++;
    if (pushedAt === undefined) seen.deferred++;
    else seen.sending.push(performance.now() - pushedAt);
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
        const onTurn = (turn) => this.#hear(turn);
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

  /** How much audio the service told of to its end, in bytes. */
  get told() {
    return this.#finals.length === 0 ? 0 : ((this.#finals.length - 1) * 3000 + LAST_WORD_MS) * BYTES_PER_MS;
  }

  /** Ends the stream, and makes sure that everything arrived on both sides. */
  async end() {
    this.#input.end();
    const { bytes, frames } = await this.done;
    if (bytes !== this.pushed * FRAME_BYTES || frames !== this.pushed)
      throw new Error(`${bytes} bytes in ${frames} frames`);
    const expected = finalsOf(this.pushed * FRAME_MS);
    if (this.#finals.join() !== expected.join())
      throw new Error(`finals ${this.#finals.length}, not ${expected.length}`);
  }

  #hear(turn) {
    const now = performance.now();
    if (measuring) {
      seen.receiving.push(now - receivedAt);
      seen.arriving.push((micros() - turn.sent) / 1000);
    }
    if (turn.end_of_turn) this.#finals.push(turn.transcript);
  }
}

/** Lets every stream push a frame each 100 ms, evenly spread over these; a frame that is late goes out at once. */
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
    const round = this.#beat + this.#streams.length; // what is overdue by more waits until the event loop had its turn
    let due = this.#from + this.#beat * each;
    for (; due <= performance.now() && this.#beat < round; due = this.#from + ++this.#beat * each) {
      const stream = this.#streams[this.#beat % this.#streams.length];
      pushedAt = performance.now();
      stream.push();
      pushedAt = undefined;
      if (measuring) seen.late.push(performance.now() - due);
    }
    this.#timer = setTimeout(() => this.#tick(), due - performance.now());
  }
}

/**
 * Runs as many streams as each of `steps` says, for `settleMs` and then `windowMs`. The first step at which a connection
 * fails or every second frame is late is the last.
 *
 * @param open Opens a stream of the contender.
 * @param parent Is told `window` when the window of a step opens and closes, so that it may look at the service meanwhile.
 * @returns What was measured in each step, and what ended it before the last, if something did.
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
    const ms = count === 1 ? 5 * windowMs : windowMs; // one alone has few frames
    const result = { count, ...(await measured(ms, parent)), ...memory(streams) };
    results.push(result);
    if (2 * result.late > result.frames) overload = `every second frame was late with ${count} streams`;
    if (overload) break;
  }
  metronome.restart([]);
  if (!overload) await endAll(streams);
  return { steps: results, overload, peakRss: process.resourceUsage().maxRSS * 1024 };
}

/** Connects streams until there are so many; resolves to why that failed, if it did. */
async function dial(streams, count, make) {
  let failed;
  const line = async () => {
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
  await Promise.all(Array.from({ length: DIALLING }, line));
  return failed;
}

async function endAll(streams) {
  for (let at = 0; at < streams.length; at += 50) await Promise.all(streams.slice(at, at + 50).map((one) => one.end()));
}

/** Ten minutes of audio, twenty frames in each turn of the event loop, so that what is measured is compiled. */
async function warmUp(open, job) {
  const stream = new Stream(open, { ...job, catchUpSpeed: Infinity });
  await stream.begun;
  while (stream.pushed < 6000) {
    for (let frame = 0; frame < 20; frame++) stream.push();
    await breathe();
  }
  await stream.end();
}

async function measured(windowMs, parent) {
  Object.assign(seen, { sending: [], receiving: [], arriving: [], late: [], deferred: 0, frames: 0 });
  parent.send({ window: 'opens' });
  const before = process.cpuUsage();
  const started = performance.now();
  measuring = true;
  await sleep(windowMs);
  measuring = false;
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  parent.send({ window: 'closes' });
  const { frames, deferred } = seen;
  return {
    wallMs,
    cpuMs: (user + system) / 1000,
    audioMs: frames * FRAME_MS,
    frames,
    deferred,
    late: seen.late.filter((ms) => ms > LATE_MS).length,
    sending: shares(seen.sending),
    receiving: shares(seen.receiving),
    arriving: shares(seen.arriving),
    lateness: shares(seen.late),
  };
}

function shares(numbers) {
  const sorted = Float64Array.from(numbers).toSorted();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { p50: at(0.5), p99: at(0.99), max: at(1), count: sorted.length };
}

/** What the process holds, garbage collected; and how much of it is audio that a new session would have to hear again. */
function memory(streams) {
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  const tape = streams.map((one) => (one.pushed - Math.floor(one.told / FRAME_BYTES)) * FRAME_BYTES);
  return { rss, heapUsed, external, tape: tape.reduce((sum, bytes) => sum + bytes, 0) };
}
