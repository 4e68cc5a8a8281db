// Counts the bytes that one frame allocates on its way through the pipeline, and the bytes and objects that a transcription
// holds; prints them as JSON. Run with --expose-gc and a young generation that is large enough to avoid collections.
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapSnapshot } from 'node:v8';
import { NEVER, Observable, Subject } from 'rxjs';
import { transcribeOver } from '../../dist/src/streaming/transcribe.js';
import { bufferBytes } from '../../dist/operators/index.js';

const FRAMES = 1000;
const chunk = new Uint8Array(3200);

/** A session that receives frames and ends a turn of one word every three seconds. */
const open = (input) =>
  new Observable((subscriber) => {
    let frames = 0;
    subscriber.next({ type: 'Begin', id: 'counting', expires_at: Date.now() / 1000 + 10_800 });
    subscriber.add(
      input.subscribe({
        next: () => {
          if (++frames % 30 > 0) return;
          const words = [{ text: 'word', start: frames * 100 - 500, end: frames * 100 - 400, confidence: 1 }];
          const turn = { turn_order: frames / 30 - 1, transcript: 'word', words, end_of_turn: true, isFinal: true };
          subscriber.next({ type: 'Turn', ...turn });
        },
        complete: () => subscriber.complete(),
      }),
    );
  });

const options = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 16_000, catchUpSpeed: Infinity };
let collections = 0;
new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] });

/** Bytes per frame on the heap and in buffers; repeats the measurement if garbage was collected during it. */
async function bytesPerFrame() {
  const source = new Subject();
  let finals = 0;
  const pipeline = source.pipe(bufferBytes(3200), transcribeOver(open, options));
  const running = pipeline.subscribe((event) => (finals += event.type === 'Turn' ? 1 : 0));
  for (let frame = 0; frame < 60; frame++) source.next(chunk);
  globalThis.gc();
  await sleep(10); // the observer is notified later
  const collectionsBefore = collections;
  const before = process.memoryUsage();
  for (let frame = 0; frame < FRAMES; frame++) source.next(chunk);
  const after = process.memoryUsage();
  await sleep(10);
  running.unsubscribe();
  if (collections > collectionsBefore) return bytesPerFrame();
  const per = (name) => Math.round((after[name] - before[name]) / FRAMES);
  return { heap: per('heapUsed'), buffers: per('arrayBuffers'), finals };
}

/** How much of what `measure` counts a running transcription holds. */
async function heldPerTranscription(measure) {
  const count = 200;
  const run = () => NEVER.pipe(bufferBytes(3200), transcribeOver(open, options)).subscribe();
  run().unsubscribe();
  await measure(); // the first measurement allocates itself
  const before = await measure();
  const running = Array.from({ length: count }, run);
  const held = (await measure()) - before;
  for (const subscription of running) subscription.unsubscribe();
  return Math.round(held / count);
}

function heapBytes() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** The number of objects on the heap, from the start of a snapshot. */
async function heapObjects() {
  let start = '';
  for await (const part of getHeapSnapshot()) if (start.length < 10_000) start += part;
  return Number(/"node_count":(\d+)/.exec(start)[1]);
}

for (let round = 0; round < 15; round++) await bytesPerFrame(); // until the code is optimised
const rounds = [];
for (let round = 0; round < 5; round++) rounds.push(await bytesPerFrame());
const frame = rounds.toSorted((a, b) => a.heap - b.heap)[2];
const held = await heldPerTranscription(heapBytes);
const objects = await heldPerTranscription(heapObjects);
console.log(JSON.stringify({ ...frame, held, objects }));
process.exit();
