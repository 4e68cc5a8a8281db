/* oxlint-disable no-await-in-loop -- pieces are read one after another */
/** The part of a web stream that reading needs: the streams of browsers, of Node and of `fetch` all have it. */
export interface WebStream {
  getReader(): {
    read(): Promise<Piece>;
    cancel(): Promise<unknown>;
  };
}

/** Where raw PCM can come from: a Node stream and a generator are async iterables. */
export type PcmInput = AsyncIterable<Uint8Array> | WebStream;

/** Starts to read; the input is released when the signal aborts. */
export type ReadInput = (released: AbortSignal) => AsyncIterable<unknown>;

interface Piece {
  readonly done?: boolean | undefined;
  readonly value?: unknown;
}

/** An input that is being read; `release` works even while `next` is pending. */
interface InputReader {
  readonly next: () => Promise<Piece>;
  readonly release: () => unknown;
}

interface NodeStream {
  iterator(options: { destroyOnReturn: boolean }): AsyncIterator<unknown>;
  destroy(): unknown;
}

/**
 * Returns the function that reads an input.
 *
 * @throws {TypeError} when the input is neither a stream nor an async iterable.
 */
export function readInput(input: unknown): ReadInput {
  const open = readerFor(input);
  return (released) => pieces(open, released);
}

function readerFor(input: unknown): () => InputReader {
  if (isWebStream(input)) {
    return () => readWeb(input);
  }
  if (isNodeStream(input)) {
    return () => readNode(input);
  }
  if (isIterable(input)) {
    return () => readIterable(input);
  }
  throw new TypeError(`input must be a stream or an async iterable of bytes, not ${typeof input}`);
}

/**
 * Reads piece by piece. An input that has ended is not released: the other half of a socket may still be in use.
 *
 * @yields What the input yields.
 */
async function* pieces(open: () => InputReader, released: AbortSignal): AsyncGenerator {
  const { next, release } = open();
  let ended = false;
  released.addEventListener('abort', () => void (ended || ignoreErrors(release)));
  for (let piece = await next(); !piece.done; piece = await next()) {
    yield piece.value;
  }
  ended = true;
}

function readWeb(input: WebStream): InputReader {
  const reader = input.getReader();
  return { next: () => reader.read(), release: () => reader.cancel() };
}

function readNode(input: NodeStream): InputReader {
  const iterator = input.iterator({ destroyOnReturn: false });
  return { next: () => iterator.next(), release: () => input.destroy() };
}

function readIterable(input: AsyncIterable<unknown>): InputReader {
  const iterator = input[Symbol.asyncIterator]();
  return { next: () => iterator.next(), release: () => iterator.return?.() };
}

async function ignoreErrors(action: () => unknown): Promise<void> {
  try {
    await action();
  } catch {
    // The consumer has unsubscribed and cannot receive the error.
  }
}

function isWebStream(input: unknown): input is WebStream {
  return hasMethod(input, 'getReader');
}

function isNodeStream(input: unknown): input is NodeStream {
  return hasMethod(input, 'iterator') && hasMethod(input, 'destroy');
}

function isIterable(input: unknown): input is AsyncIterable<unknown> {
  return hasMethod(input, Symbol.asyncIterator);
}

function hasMethod(value: unknown, name: string | symbol): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}
