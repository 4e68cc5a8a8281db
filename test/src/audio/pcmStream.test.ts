import { Duplex, PassThrough, Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { describe, it, expect, jest } from '@jest/globals';
import { Subject, lastValueFrom, take, toArray } from 'rxjs';
import { pauseSource } from '../../../src/backpressure.ts';
import { pcmStream } from '../../../src/audio/pcmStream.ts';
import type { PcmStreamOptions } from '../../../src/audio/pcmStream.ts';
import { settle } from './settle.ts';
import { fc } from '../../support/fastCheck.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

async function* iterate(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

const all = (...given: Parameters<typeof pcmStream>) => lastValueFrom(pcmStream(...given).pipe(toArray()));

/** A promise, and the function that resolves it. */
function deferred() {
  let resolve!: () => void;
  const promise = new Promise<void>((keep) => {
    resolve = keep;
  });
  return { promise, resolve };
}

/** Records what the source emits, with a promise for the end. */
function record(input: Parameters<typeof pcmStream>[0], options: PcmStreamOptions = {}) {
  const seen: unknown[] = [];
  const { promise: ended, resolve } = deferred();
  const end = (value: unknown): void => {
    seen.push(value);
    resolve();
  };
  const subscription = pcmStream(input, options).subscribe({
    next: (chunk) => seen.push([...chunk]),
    error: end,
    complete: () => end('complete'),
  });
  return { seen, ended, subscription };
}

const closed = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    stream.on('close', resolve);
  });

describe('pcmStream', () => {
  it('cuts pieces between samples', async () => {
    const [a, b, c, d, e, f] = [1, 2, 3, 4, 5, 6];
    expect(await all(iterate([bytes(a, b, c), bytes(d, e), bytes(f)]))).toEqual([
      bytes(a, b),
      bytes(c, d),
      bytes(e, f),
    ]);
  });

  it('drops half a sample at the very end', async () => {
    expect(await all(iterate([bytes(1, 2, 3)]))).toEqual([bytes(1, 2)]);
  });

  it('passes mu-law through unchanged', async () => {
    expect(await all(iterate([bytes(1), bytes(2, 3, 4)]), { encoding: 'pcm_mulaw' })).toEqual([
      bytes(1),
      bytes(2, 3, 4),
    ]);
  });

  it('keeps every byte in order, however they are cut, and emits whole samples only', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 12 }), async (pieces) => {
        const chunks = await all(iterate(pieces));
        const whole = Buffer.concat(pieces);
        expect(Buffer.concat(chunks)).toEqual(whole.subarray(0, whole.length - (whole.length % 2)));
        expect(chunks.every(({ length }) => length > 0 && length % 2 === 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps its half sample when the producer reuses its buffer', async () => {
    const buffer = Buffer.from([1, 2, 3]);
    async function* reusing(): AsyncGenerator<Uint8Array> {
      yield buffer;
      buffer.fill(9);
      yield bytes(4);
    }
    const seen: number[][] = [];
    await pcmStream(reusing()).forEach((chunk) => seen.push([...chunk]));
    expect(seen).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('reads a Node stream', async () => {
    const input = Readable.from([Buffer.from([1]), Buffer.from([2, 3, 4])]);
    expect(await all(input)).toEqual([bytes(1, 2, 3, 4)]);
  });

  it('reads a web stream', async () => {
    const input = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes(1));
        controller.enqueue(bytes(2));
        controller.close();
      },
    });
    expect(await all(input)).toEqual([bytes(1, 2)]);
  });

  it('reads no further while the consumer pauses', async () => {
    const read: number[] = [];
    const held: (() => void)[] = [];
    async function* input(): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 3; index += 1) {
        read.push(index);
        yield bytes(index, index);
      }
    }
    const done = pcmStream(input()).forEach(() => {
      pauseSource(() => new Promise((resolve) => void held.push(resolve)));
    });
    await settle();
    expect(read).toEqual([0]);
    held.shift()?.();
    await settle();
    expect(read).toEqual([0, 1]);
    held.shift()?.();
    await settle();
    held.shift()?.();
    await done;
    expect(read).toEqual([0, 1, 2]);
  });

  it('lets a pipe fill up while the consumer pauses', async () => {
    const input = new PassThrough({ highWaterMark: 4 });
    const arrived = new Promise<void>((resolve) => {
      pcmStream(input).subscribe(() => {
        pauseSource(() => new Promise(() => undefined));
        resolve();
      });
    });
    input.write(bytes(1, 2));
    await arrived;
    const writes = Array.from({ length: 5 }, () => input.write(bytes(1, 2)));
    expect(writes.at(-1)).toBe(false);
    input.destroy();
  });

  it('completes when stop emits, and destroys the input, even a silent one', async () => {
    const stop = new Subject<void>();
    const input = new PassThrough();
    const { seen, ended } = record(input, { stop });
    const gone = closed(input);
    stop.next();
    await Promise.all([ended, gone]);
    expect(seen).toEqual(['complete']);
  });

  it('reads nothing when stop emits at once', async () => {
    const next = jest.fn(() => iterate([])[Symbol.asyncIterator]());
    const input = { [Symbol.asyncIterator]: next };
    const { seen } = record(input, { stop: AbortSignal.abort() });
    expect(seen).toEqual(['complete']);
    expect(next).not.toHaveBeenCalled();
  });

  it('errors when stop errors, and destroys the input', async () => {
    const stop = new Subject<void>();
    const input = new PassThrough();
    const { seen } = record(input, { stop });
    stop.error(new Error('no button'));
    await closed(input);
    expect(seen).toEqual([new Error('no button')]);
  });

  it('destroys the input at once on unsubscribe', async () => {
    const input = new PassThrough();
    const { seen, subscription } = record(input);
    subscription.unsubscribe();
    expect(input.destroyed).toBe(true);
    await closed(input);
    expect(() => input.emit('error', new Error('too late'))).not.toThrow();
    expect(seen).toEqual([]);
  });

  it('cancels a web stream on unsubscribe, even a silent one', () => {
    const cancel = jest.fn(() => undefined);
    const input = new ReadableStream<Uint8Array>({ cancel });
    const { subscription } = record(input);
    return new Promise<void>((resolve) => {
      setImmediate(() => {
        subscription.unsubscribe();
        expect(cancel).toHaveBeenCalledTimes(1);
        resolve();
      });
    });
  });

  it('returns an iterator that has not ended, even if that fails', async () => {
    const returned = jest.fn(() => Promise.reject(new Error('not now')));
    const input = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: bytes(1, 2) }),
        return: returned,
      }),
    };
    expect(await lastValueFrom(pcmStream(input).pipe(take(2), toArray()))).toHaveLength(2);
    expect(returned).toHaveBeenCalled();
  });

  it('does not destroy a stream that has ended: the other half of a socket may be in use', async () => {
    const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    socket.push(bytes(1, 2));
    socket.push(null);
    const { seen, ended } = record(socket);
    await ended;
    await settle();
    expect(seen).toEqual([[1, 2], 'complete']);
    expect(socket.destroyed).toBe(false);
  });

  it('turns an error of the input into a TranscriptionError', async () => {
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const input = new PassThrough();
    const { seen, ended } = record(input);
    input.destroy(cause);
    await ended;
    expect(seen).toMatchObject([
      { name: 'TranscriptionError', kind: 'file', message: 'the input of raw PCM failed: read ECONNRESET', cause },
    ]);
  });

  it('errors if the input is already being read', async () => {
    const input = new ReadableStream<Uint8Array>();
    input.getReader();
    const { seen, ended } = record(input);
    await ended;
    expect(seen).toMatchObject([{ kind: 'file' }]);
  });

  it('refuses strings, and destroys the input', async () => {
    const input = new PassThrough();
    input.setEncoding('latin1').write('ab');
    const { seen, ended } = record(input);
    const gone = closed(input);
    await Promise.all([ended, gone]);
    expect(seen).toEqual([
      new TypeError('the input of pcmStream must yield bytes, not a string, so do not call setEncoding'),
    ]);
  });

  it('refuses anything else that is not bytes', async () => {
    // @ts-expect-error not bytes
    const { seen, ended } = record(iterate([5]));
    await ended;
    expect(seen).toEqual([new TypeError('the input of pcmStream must yield bytes, not a piece of type number')]);
  });

  it.each([[undefined], [null], ['path.raw'], [bytes(1, 2)], [{}]])('refuses %p as an input when called', (input) => {
    // @ts-expect-error not a stream or an iterable
    expect(() => pcmStream(input)).toThrow(TypeError);
  });

  it('refuses an unknown encoding and stop when called', () => {
    // @ts-expect-error not one of the two
    expect(() => pcmStream(iterate([]), { encoding: 'opus' })).toThrow(TypeError);
    // @ts-expect-error neither an observable nor a signal
    expect(() => pcmStream(iterate([]), { stop: 1 })).toThrow(TypeError);
  });
});
