// Counts the arrays and buffers that are allocated, the bytes that are copied and the views that are created for a
// megabyte of audio, for each chunk size on the command line; prints the counts as JSON. Counts `bufferBytes` alone, or
// with --session everything from the source to the session.
import { Observable, of } from 'rxjs';

const Array8 = globalThis.Uint8Array;
const Buffer8 = globalThis.ArrayBuffer;
const MEGABYTE = 1_000_000;
const counts = { arrays: 0, buffers: 0, views: 0, copied: 0 };

globalThis.ArrayBuffer = class extends Buffer8 {
  constructor(...args) {
    super(...args);
    counts.buffers++;
  }
};
globalThis.Uint8Array = class extends Array8 {
  constructor(...args) {
    super(...args);
    if (args[0] instanceof Buffer8) counts.views++;
    else counts.arrays++;
    if (Buffer8.isView(args[0])) counts.copied += this.byteLength;
  }

  set(source, offset) {
    counts.copied += source.length;
    super.set(source, offset);
  }
};

const { bufferBytes } = await import('../../dist/operators/index.js');
const { transcribeOver } = await import('../../dist/src/streaming/transcribe.js');
const args = process.argv.slice(2);
const toSession = args[0] === '--session';
const options = { apiKey: 'key', speechModel: 'u3-rt-pro', sampleRate: 16_000, catchUpSpeed: Infinity };

/** Calls `onFrame` with each frame: those that a session is sent, or those of `bufferBytes`. */
function frames(chunks, onFrame) {
  const frame$ = of(...chunks).pipe(bufferBytes(3200));
  if (!toSession) return frame$.subscribe(onFrame);
  const open = (input) =>
    new Observable((subscriber) => {
      subscriber.next({ type: 'Begin', id: 'counting', expires_at: 0 });
      subscriber.add(input.subscribe({ next: onFrame, complete: () => subscriber.complete() }));
    });
  return frame$.pipe(transcribeOver(open, options)).subscribe();
}

const results = args.slice(toSession ? 1 : 0).map((size) => {
  const chunks = Array.from({ length: Math.floor(MEGABYTE / size) }, () => new Array8(Number(size)));
  Object.assign(counts, { arrays: 0, buffers: 0, views: 0, copied: 0 });
  let frameCount = 0;
  frames(chunks, () => frameCount++);
  return { size: Number(size), chunks: chunks.length, frames: frameCount, ...counts };
});
process.stdout.write(JSON.stringify(results));
