// Cost per chunk of cutting chunks into frames of 3200 bytes, compared to other libraries and to a bare copy.
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { EMPTY, Observable, concat, concatMap, defer, map, of } from 'rxjs';
import { AudioByteStream } from './node_modules/@livekit/agents/dist/audio.js';
import { initializeLogger } from './node_modules/@livekit/agents/dist/log.js';
import Block from 'block-stream2';
import batchedBytes from 'it-batched-bytes';
import { bufferBytes } from '../../dist/operators/index.js';
import { digits, interleave, ratio, spread, summary, timed } from './measure.js';

export const title = 'cutting chunks of any length into frames of 3200 bytes';
export const targets =
  '`bufferBytes(3200)` faster than every peer at every chunk size, within 2 times a bare copy of the same bytes at ' +
  '960 bytes and above, 0.35 s of CPU per hour of audio in chunks of 320 bytes, all its properties kept.';

const FRAME = 3200;
const SIZES = [20, 320, 882, 960, 1326, 3200, 4096, 9600, 65_536];
const HOUR = 3600 * 32_000; // bytes of 16 kHz, 16-bit, mono
const MIN_RUN_MS = 20; // long enough that one garbage collection does not decide the result

initializeLogger({ pretty: false, level: 'silent' });

/** An earlier `bufferBytes`, composed of RxJS operators. */
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

/** Emits a recorder's chunks synchronously until unsubscribed. */
const recorder = (chunkAt, count) =>
  new Observable((subscriber) => {
    for (let i = 0; i < count && !subscriber.closed; i++) subscriber.next(chunkAt(i));
    subscriber.complete();
  });

function* iterable(chunkAt, count) {
  for (let i = 0; i < count; i++) yield chunkAt(i);
}

/** Each contender cuts `count` chunks and calls `take` with each frame. */
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
  'map only': (chunkAt, count, take) =>
    recorder(chunkAt, count)
      .pipe(map((chunk) => chunk))
      .subscribe(take),
};
const PEERS = ['plain loop', 'plain loop, own', 'AudioByteStream', 'it-batched-bytes', 'block-stream2'];

/** Whether the frames of a contender are correct, and whether each owns its memory: `frame.buffer` holds nothing else. */
async function check(run, size) {
  const chunks = Array.from({ length: Math.ceil((10 * FRAME) / size) + 3 }, () => randomFillSync(Buffer.alloc(size)));
  const memory = new Set(chunks.map(({ buffer }) => buffer));
  const whole = Buffer.concat(chunks);
  const expected = Math.floor(whole.length / FRAME);
  const bytes = [];
  const buffers = new Set();
  let owns = true;
  const take = (frame) => {
    if (bytes.length === expected) return; // tails are not compared
    owns &&= frame.buffer.byteLength === frame.byteLength && !memory.has(frame.buffer);
    buffers.add(frame.buffer);
    bytes.push(Buffer.from(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength)));
  };
  await run((i) => chunks[i], chunks.length, take);
  const isRight =
    bytes.length === expected && bytes.every((frame, i) => frame.equals(whole.subarray(i * FRAME, (i + 1) * FRAME)));
  return { isRight, owns: owns && buffers.size === bytes.length };
}

/** The number of chunks that keeps a contender busy for at least `minMs`. */
async function chunkCount(run, chunkAt, size, minMs) {
  let count = Math.ceil((20 * FRAME) / size);
  for (;;) {
    const { cpu } = await timed(() => run(chunkAt, count, () => undefined));
    if (cpu >= minMs / 2) return Math.ceil((count * minMs) / cpu);
    count *= 2;
  }
}

/** Nanoseconds of CPU per chunk for each contender, per round. */
async function measure(size, rounds, minMs) {
  // a small ring of chunks stays in the processor's cache, like the buffers of a recorder
  const ring = Array.from({ length: 16 }, () => randomFillSync(Buffer.alloc(size)));
  const chunkAt = (i) => ring[i % 16];
  const checked = {};
  const counts = {};
  const runs = {};
  for (const [name, run] of Object.entries(CONTENDERS)) {
    checked[name] = name.startsWith('map') ? { isRight: true, owns: true } : await check(run, size);
    if (!checked[name].isRight) continue;
    counts[name] = await chunkCount(run, chunkAt, size, minMs);
    runs[name] = async () => {
      let taken = 0;
      await run(chunkAt, counts[name], (frame) => (taken += frame.length));
      return taken;
    };
  }
  const samples = await interleave(runs, { rounds, warmup: 3, collect: false });
  const perChunk = Object.entries(samples).map(([name, { cpu }]) => [name, cpu.map((ms) => (ms * 1e6) / counts[name])]);
  return { checked, perChunk: Object.fromEntries(perChunk) };
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
    const { checked, perChunk } = await measure(size, quick ? 3 : 9, quick ? 5 : MIN_RUN_MS);
    const ours = perChunk.bufferBytes;
    if (!checked.bufferBytes.isRight || !checked.bufferBytes.owns)
      throw new Error(`wrong frames from chunks of ${size}`);
    const limit = ratio(ours, perChunk['bare copy']);
    costs.push([
      size,
      ...['bare copy', 'bufferBytes', 'composed', 'map only'].map((name) => spread(summary(perChunk[name]))),
      spread(limit),
    ]);
    factors.push([
      size,
      ...PEERS.map((name) => {
        if (!checked[name].isRight) return 'wrong frames';
        const factor = ratio(perChunk[name], ours);
        if (factor.median <= 1) slowerThan.push({ name, size, factor: factor.median, owns: checked[name].owns });
        if (!checked[name].owns) shared.add(name);
        return `${spread(factor)}${checked[name].owns ? '' : ' †'}`;
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
        columns: ['chunk', 'bare copy', 'bufferBytes', 'composed', 'map only', 'bufferBytes ÷ bare copy'],
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
          ? 'frames that share memory (†) save one allocation each; each frame of `bufferBytes` owns its memory'
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
      'At some sizes, which differ from run to run, a contender that allocates frames takes up to ten times as long, the bare copy too. The cause was not traced.',
      'bare copy: a loop copies every byte once into new frames of 3200 bytes and calls a function with each; no RxJS.',
      'composed: an earlier `bufferBytes` made of `defer`, `concatMap` and `concat`. map only: an operator that does nothing.',
      'plain loop: `Buffer.concat` per chunk, frames are views; own: the same with frames that own their memory, like those of `bufferBytes`.',
      '`AudioByteStream` of @livekit/agents: `write` per chunk. it-batched-bytes: its synchronous form, with a generator. block-stream2: `write` per chunk, awaiting `drain` when necessary.',
      'wrong frames: some frames had a wrong length or wrong bytes, so no time is given.',
    ],
  };
}
