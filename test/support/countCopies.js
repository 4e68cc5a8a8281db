// Counts the arrays that bufferBytes allocates, the bytes it copies and the views it creates for a megabyte of audio,
// for each chunk size on the command line; prints the counts as JSON.
import { of } from 'rxjs';

const Real = globalThis.Uint8Array;
const MEGABYTE = 1_000_000;
const counts = { arrays: 0, views: 0, copied: 0 };

class CountingArray extends Real {
  constructor(...args) {
    super(...args);
    if (args[0] instanceof ArrayBuffer) counts.views++;
    else counts.arrays++;
    if (ArrayBuffer.isView(args[0])) counts.copied += this.byteLength;
  }

  set(source, offset) {
    counts.copied += source.length;
    super.set(source, offset);
  }
}
globalThis.Uint8Array = CountingArray;

const { bufferBytes } = await import('../../dist/operators/index.js');
const results = process.argv.slice(2).map((size) => {
  const chunks = Array.from({ length: Math.floor(MEGABYTE / size) }, () => new Real(Number(size)));
  Object.assign(counts, { arrays: 0, views: 0, copied: 0 });
  let frames = 0;
  of(...chunks)
    .pipe(bufferBytes(3200))
    .subscribe(() => frames++);
  return { size: Number(size), chunks: chunks.length, frames, ...counts };
});
process.stdout.write(JSON.stringify(results));
