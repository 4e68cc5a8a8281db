// Cuts chunks of bytes into frames of 3200: what a chunk costs, beside what else does it, and beside a bare copy of its bytes.
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { EMPTY, Observable, concat, concatMap, defer, map, of } from 'rxjs';
import { AudioByteStream } from './node_modules/@livekit/agents/dist/audio.js';
import { initializeLogger } from './node_modules/@livekit/agents/dist/log.js';
import Block from 'block-stream2';
import batchedBytes from 'it-batched-bytes';
import { bufferBytes } from '../../dist/operators/index.js';
import { digits, interleave, ratio, spread, summary, timed } from './measure.js';

export const title = 'chunks of any length cut into frames of 3200 bytes';
export const targets =
  '`bufferBytes(3200)` faster than every peer at every size of chunk, within 2 times a bare copy of the same bytes at ' +
  '960 bytes and above, 0.35 s of CPU per hour of audio in chunks of 320 bytes, all its properties kept.';

const FRAME = 3200;
const SIZES = [20, 320, 882, 960, 1326, 3200, 4096, 9600, 65_536];
const HOUR = 3600 * 32_000; // bytes of 16 kHz, 16-bit, mono
const LEAST_MS = 20; // a turn takes at least that, so that one collection of garbage does not decide it

initializeLogger({ pretty: false, level: 'silent' });

/** What `bufferBytes` was before it was written by hand. */
const composed = (size) => (source) =>
  defer(() => {
    let frame = new Uint8Array(size);
    let filled = 0;
    const fill = (chunk) => {
      const frames = [];
      let taken = 0;
      while (chunk.length - taken >= size - filled) {
        const end = taken + size - filled;
        frame.set(chunk.subarray(taken, end), filled);
        frames.push(frame);
        frame = new Uint8Array(size);
        filled = 0;
        taken = end;
      }
      frame.set(chunk.subarray(taken), filled);
      filled += chunk.length - taken;
      return frames;
    };
    const tail = () => (filled > 0 ? of(frame.slice(0, filled)) : EMPTY);
    return concat(source.pipe(concatMap(fill)), defer(tail));
  });

/** A recorder's chunks as an Observable: it emits them one after the other, until nobody listens. */
const recorder = (chunkAt, count) =>
  new Observable((subscriber) => {
    for (let i = 0; i < count && !subscriber.closed; i++) subscriber.next(chunkAt(i));
    subscriber.complete();
  });

function* iterable(chunkAt, count) {
  for (let i = 0; i < count; i++) yield chunkAt(i);
}

/** Each takes `count` chunks, in the form that it likes best, and gives frames to a function. */
const CONTENDERS = {
  'bare copy': (chunkAt, count, take) => {
    let frame = new Uint8Array(FRAME);
    let filled = 0;
    for (let i = 0; i < count; i++) {
      const chunk = chunkAt(i);
      let taken = 0;
      while (chunk.length - taken >= FRAME - filled) {
        const end = taken + FRAME - filled;
        frame.set(chunk.subarray(taken, end), filled);
        take(frame);
        frame = new Uint8Array(FRAME);
        filled = 0;
        taken = end;
      }
      frame.set(taken === 0 ? chunk : chunk.subarray(taken), filled);
      filled += chunk.length - taken;
    }
  },
  bufferBytes: (chunkAt, count, take) => recorder(chunkAt, count).pipe(bufferBytes(FRAME)).subscribe(take),
  composed: (chunkAt, count, take) => recorder(chunkAt, count).pipe(composed(FRAME)).subscribe(take),
  'plain loop': (chunkAt, count, take) => {
    let pending = Buffer.alloc(0);
    for (let i = 0; i < count; i++) {
      pending = Buffer.concat([pending, chunkAt(i)]);
      for (; pending.length >= FRAME; pending = pending.subarray(FRAME)) take(pending.subarray(0, FRAME));
    }
  },
  'plain loop, own': (chunkAt, count, take) => {
    let pending = Buffer.alloc(0);
    for (let i = 0; i < count; i++) {
      pending = Buffer.concat([pending, chunkAt(i)]);
      for (; pending.length >= FRAME; pending = pending.subarray(FRAME)) {
        take(new Uint8Array(pending.subarray(0, FRAME)));
      }
    }
  },
  AudioByteStream: (chunkAt, count, take) => {
    const stream = new AudioByteStream(16_000, 1, FRAME / 2);
    for (let i = 0; i < count; i++) for (const { data } of stream.write(chunkAt(i))) take(data);
  },
  'it-batched-bytes': (chunkAt, count, take) => {
    for (const frame of batchedBytes(iterable(chunkAt, count), { size: FRAME })) take(frame);
  },
  'block-stream2': async (chunkAt, count, take) => {
    const stream = new Block(FRAME, { nopad: true });
    stream.on('data', take);
    const end = once(stream, 'end');
    for (let i = 0; i < count; i++) if (!stream.write(chunkAt(i))) await once(stream, 'drain');
    stream.end();
    await end;
  },
  'map, no cutting': (chunkAt, count, take) =>
    recorder(chunkAt, count)
      .pipe(map((chunk) => chunk))
      .subscribe(take),
};
const PEERS = ['plain loop', 'plain loop, own', 'AudioByteStream', 'it-batched-bytes', 'block-stream2'];

/**
 * Whether the frames of a contender are the bytes of the chunks in order, 3200 each, and have memory of their own: `frame.buffer` holds
 * nothing else.
 */
async function judge(run, size) {
  const chunks = Array.from({ length: Math.ceil((10 * FRAME) / size) + 3 }, () => randomFillSync(Buffer.alloc(size)));
  const memory = new Set(chunks.map(({ buffer }) => buffer));
  const whole = Buffer.concat(chunks);
  const expected = Math.floor(whole.length / FRAME);
  const bytes = [];
  const buffers = new Set();
  let owns = true;
  const take = (frame) => {
    if (bytes.length === expected) return; // tails are the business of each
    owns &&= frame.buffer.byteLength === frame.byteLength && !memory.has(frame.buffer);
    buffers.add(frame.buffer);
    bytes.push(Buffer.from(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength)));
  };
  await run((i) => chunks[i], chunks.length, take);
  const isRight =
    bytes.length === expected && bytes.every((frame, i) => frame.equals(whole.subarray(i * FRAME, (i + 1) * FRAME)));
  return { isRight, owns: owns && buffers.size === bytes.length };
}

/** As many chunks as a contender needs to be at it for a while: some are a thousand times slower than others. */
async function enough(run, chunkAt, size, leastMs) {
  let count = Math.ceil((20 * FRAME) / size);
  for (;;) {
    const { cpu } = await timed(() => run(chunkAt, count, () => undefined));
    if (cpu >= leastMs / 2) return Math.ceil((count * leastMs) / cpu);
    count *= 2;
  }
}

/** What each contender needs per chunk of a size, in nanoseconds of CPU, round by round. */
async function measure(size, rounds, leastMs) {
  // a recorder writes into memory that is in the processor's cache, so the chunks come from a small ring
  const ring = Array.from({ length: 16 }, () => randomFillSync(Buffer.alloc(size)));
  const chunkAt = (i) => ring[i % 16];
  const judged = {};
  const counts = {};
  const turns = {};
  for (const [name, run] of Object.entries(CONTENDERS)) {
    judged[name] = name.startsWith('map') ? { isRight: true, owns: true } : await judge(run, size);
    if (!judged[name].isRight) continue;
    counts[name] = await enough(run, chunkAt, size, leastMs);
    turns[name] = async () => {
      let taken = 0;
      await run(chunkAt, counts[name], (frame) => (taken += frame.length));
      return taken;
    };
  }
  const samples = await interleave(turns, { rounds, warmup: 3, collect: false });
  const perChunk = Object.entries(samples).map(([name, { cpu }]) => [name, cpu.map((ms) => (ms * 1e6) / counts[name])]);
  return { judged, perChunk: Object.fromEntries(perChunk) };
}

export async function bench({ quick, log }) {
  const costs = [];
  const factors = [];
  const slowerThan = [];
  const shared = new Set();
  const beyond = [];
  let hour;
  for (const size of SIZES) {
    log(`chunks of ${size} bytes`);
    const { judged, perChunk } = await measure(size, quick ? 3 : 9, quick ? 5 : LEAST_MS);
    const ours = perChunk.bufferBytes;
    if (!judged.bufferBytes.isRight || !judged.bufferBytes.owns) throw new Error(`wrong frames from chunks of ${size}`);
    const limit = ratio(ours, perChunk['bare copy']);
    costs.push([
      size,
      ...['bare copy', 'bufferBytes', 'composed', 'map, no cutting'].map((name) => spread(summary(perChunk[name]))),
      spread(limit),
    ]);
    factors.push([
      size,
      ...PEERS.map((name) => {
        if (!judged[name].isRight) return 'wrong frames';
        const factor = ratio(perChunk[name], ours);
        if (factor.median <= 1) slowerThan.push({ name, size, factor: factor.median, owns: judged[name].owns });
        if (!judged[name].owns) shared.add(name);
        return `${spread(factor)}${judged[name].owns ? '' : ' †'}`;
      }),
    ]);
    if (size >= 960 && limit.median > 2) beyond.push(`${size}: ${digits(limit.median)}`);
    if (size === 320) hour = (summary(ours).median * HOUR) / size / 1e9;
  }
  const all = costs.map((row) => row.at(-1));
  return {
    tables: [
      {
        caption: 'Nanoseconds of CPU per chunk, and `bufferBytes` as a multiple of the bare copy.',
        columns: ['chunk', 'bare copy', 'bufferBytes', 'composed', 'map, no cutting', 'bufferBytes ÷ bare copy'],
        rows: costs,
      },
      {
        caption:
          'CPU of peers as a multiple of that of `bufferBytes`. † frames share memory with each other or with a chunk.',
        columns: ['chunk', ...PEERS],
        rows: factors,
      },
    ],
    verdicts: [
      {
        target: 'faster than every peer at every size',
        value:
          slowerThan.length === 0
            ? 'all'
            : `but ${slowerThan.map(({ name, size, factor, owns }) => `${name} at ${size} (${digits(factor)}${owns ? '' : ' †'})`).join(', ')}`,
        met: slowerThan.length === 0,
        why: slowerThan.some(({ owns }) => !owns)
          ? 'frames that share memory (†) save an allocation each; a frame of `bufferBytes` owns its memory'
          : '',
      },
      {
        target: 'within 2 times the bare copy, 960 bytes and above',
        value: beyond.length === 0 ? all.slice(SIZES.indexOf(960)).join(', ') : beyond.join(', '),
        met: beyond.length === 0,
      },
      {
        target: 'at most 0.35 s of CPU per audio hour, chunks of 320 bytes',
        value: `${digits(hour)} s`,
        met: hour <= 0.35,
      },
    ],
    notes: [
      'bare copy: every byte copied once into new frames of 3200 bytes, by a loop, and each frame given to a function; no RxJS.',
      'composed: `bufferBytes` as it was, of `defer`, `concatMap` and `concat`. map, no cutting: what an operator costs that does nothing.',
      'plain loop: `Buffer.concat` per chunk, frames as views; own: the same with frames that own their memory, as those of `bufferBytes` do.',
      '`AudioByteStream` of @livekit/agents: `write` per chunk. it-batched-bytes: its synchronous form, on a generator. block-stream2: `write` per chunk, awaiting `drain` when told to.',
      'wrong frames: of random bytes cut into frames, some had not 3200 bytes or not those expected; then no time is told.',
    ],
  };
}
