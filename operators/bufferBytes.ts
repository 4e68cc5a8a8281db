import { Observable } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { BufferBytesOptions } from './bufferBytesOptions.ts';
import { FrameCutter } from './frameCutter.ts';

/**
 * Cuts chunks of bytes of any length into frames of exactly `size` bytes.
 *
 * The bytes keep their order, wherever chunks end. When the source completes, the remaining bytes are the tail: one of at
 * least `minTail` bytes is emitted, a shorter one is dropped, or zero-padded to `minTail` with `padTail`. When the source
 * errors, the remaining bytes are dropped and the error is passed on. Cold; state per subscription. Each frame owns its
 * memory. Directly before `transcribe` it cuts into the memory in which `transcribe` keeps audio.
 *
 * ```text
 * source          -a---b----c--|         a: 3 bytes, b: 2 bytes, c: 6 bytes
 * bufferBytes(4)  -----x----y--(z|)      x, y: 4 bytes, z: 3 bytes, the tail
 * ```
 *
 * @example
 * import { of } from 'rxjs';
 * import { bufferBytes } from 'rxscribe/operators';
 *
 * of(new Uint8Array(5000), new Uint8Array(5000))
 *   .pipe(bufferBytes(3200))
 *   .subscribe((frame) => console.log(frame.length)); // 3200, 3200, 3200; the tail of 400 bytes is dropped
 *
 * @param size Bytes per frame, a positive whole number. 3200 is 100 ms of 16 kHz 16-bit mono. The service accepts 50 to
 * 1000 ms per message, so the default `minTail` (half a frame) keeps the tail of 100 ms frames legal.
 * @returns An operator that emits frames. It errors with a `TypeError` if a chunk is not bytes.
 * @throws {RangeError} when `size` or `minTail` is out of range; {TypeError} when an argument is of another type.
 * @see https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures
 */
export function bufferBytes(
  size: number,
  { minTail = Math.ceil(size / 2), padTail = false }: BufferBytesOptions = {},
): OperatorFunction<Uint8Array, Uint8Array> {
  checkWhole('size', size, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('minTail', minTail, 0, size);
  if (typeof padTail !== 'boolean') throw new TypeError(`padTail must be true or false, not ${String(padTail)}`);

  return (source) =>
    new Observable((consumer) => {
      const cutter = new FrameCutter(size, { minTail, padTail }, consumer);
      consumer.add(cutter);
      cutter.add(source.subscribe(cutter));
    });
}

function checkWhole(name: string, value: number, min: number, max: number): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number of bytes, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number of bytes from ${min} to ${max}, not ${value}`);
  }
}
