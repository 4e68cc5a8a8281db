import { Observable, Subject } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { bufferBytes } from '../../operators/bufferBytes.ts';
import type { BufferBytesOptions } from '../../operators/bufferBytesOptions.ts';

/**
 * Cuts the same frames as `bufferBytes` from a source that starts later: only the first frame has a different length, so
 * that the others, and the tail, are those of an unbroken run.
 *
 * @param size Bytes per frame.
 * @param start The position of the first byte.
 */
export function framesFrom(
  size: number,
  start: number,
  options: BufferBytesOptions = {},
): OperatorFunction<Uint8Array, Uint8Array> {
  const rest = size - (start % size);
  // a frame of less than half the size may be too short for the service
  const first = rest < size / 2 ? rest + size : rest;
  return (source) =>
    new Observable((consumer) => {
      const [heads, others] = [new Subject<Uint8Array>(), new Subject<Uint8Array>()];
      let left = first;
      consumer.add(
        heads
          .pipe(bufferBytes(first, { minTail: Math.ceil(size / 2), ...options }))
          .subscribe((frame) => consumer.next(frame)),
      );
      consumer.add(others.pipe(bufferBytes(size, options)).subscribe(consumer));
      consumer.add(
        source.subscribe({
          next: (chunk) => {
            const head = chunk.subarray(0, left);
            left -= head.length;
            if (head.length > 0) heads.next(head);
            if (head.length < chunk.length) others.next(chunk.subarray(head.length));
          },
          error: (error) => consumer.error(error),
          complete: () => {
            if (left > 0) heads.complete();
            others.complete();
          },
        }),
      );
    });
}
