// Counts what one frame costs in memory on its way through the pipeline, by the bytes on the heap between two moments without
// a collection of garbage, and what a transcription holds; prints it as JSON. Run with --expose-gc and a young generation
// that takes it all.
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { NEVER, Observable, Subject } from 'rxjs';
import { transcribeOver } from '../../dist/src/streaming/transcribe.js';
import { bufferBytes } from '../../dist/operators/index.js';

const FRAMES = 1000;
const chunk = new Uint8Array(3200);

/** A session that ends a turn of one word each three seconds, and else only listens. */
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

/** Bytes per frame on the heap and in buffers; again, if garbage was collected meanwhile. */
async function counted() {
  const source = new Subject();
  let finals = 0;
  const pipeline = source.pipe(bufferBytes(3200), transcribeOver(open, options));
  const running = pipeline.subscribe((event) => (finals += event.type === 'Turn' ? 1 : 0));
  for (let frame = 0; frame < 60; frame++) source.next(chunk);
  globalThis.gc();
  await sleep(10); // the observer is told later
  const told = collections;
  const before = process.memoryUsage();
  for (let frame = 0; frame < FRAMES; frame++) source.next(chunk);
  const after = process.memoryUsage();
  await sleep(10);
  running.unsubscribe();
  if (collections > told) return counted();
  const per = (name) => Math.round((after[name] - before[name]) / FRAMES);
  return { heap: per('heapUsed'), buffers: per('arrayBuffers'), finals };
}

/** Bytes on the heap that a transcription holds while it runs. */
function held() {
  const all = 200;
  const run = () => NEVER.pipe(bufferBytes(3200), transcribeOver(open, options)).subscribe();
  run().unsubscribe();
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const running = Array.from({ length: all }, run);
  globalThis.gc();
  const bytes = process.memoryUsage().heapUsed - before;
  for (const one of running) one.unsubscribe();
  return Math.round(bytes / all);
}

for (let round = 0; round < 15; round++) await counted(); // until it is compiled
const rounds = [];
for (let round = 0; round < 5; round++) rounds.push(await counted());
console.log(JSON.stringify({ ...rounds.toSorted((a, b) => a.heap - b.heap)[2], held: held() }));
process.exit();
