/* oxlint-disable no-await-in-loop -- pieces are read one after another */
/** A web stream, as far as reading it goes: those of browsers, of Node and of `fetch` all fit. */
export interface WebStream {
  getReader(): {
    read(): Promise<Piece>;
    cancel(): Promise<unknown>;
  };
}

/** Where raw PCM can come from: a Node stream and a generator are async iterables. */
export type PcmInput = AsyncIterable<Uint8Array> | WebStream;

/** Begins to read; the signal aborts when nobody wants any more. */
export type ReadInput = (released: AbortSignal) => AsyncIterable<unknown>;

interface Piece {
  readonly done?: boolean | undefined;
  readonly value?: unknown;
}

/** An input being read: how to get the next piece, and how to let go of it even while it is silent. */
interface Reading {
  readonly next: () => Promise<Piece>;
  readonly letGo: () => unknown;
}

interface NodeStream {
  iterator(options: { destroyOnReturn: boolean }): AsyncIterator<unknown>;
  destroy(): unknown;
}

/**
 * Finds out how to read an input.
 *
 * @throws {TypeError} when it is none of those that can be read.
 */
export function readInput(input: unknown): ReadInput {
  const open = opener(input);
  return (released) => pieces(open, released);
}

function opener(input: unknown): () => Reading {
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
 * Reads piece by piece. Lets go of the input only when it is not at its end: the other half of a socket may still be in
 * use.
 *
 * @yields What the input yields.
 */
async function* pieces(open: () => Reading, released: AbortSignal): AsyncGenerator {
  const { next, letGo } = open();
  let ended = false;
  released.addEventListener('abort', () => void (ended || quietly(letGo)));
  for (let piece = await next(); !piece.done; piece = await next()) {
    yield piece.value;
  }
  ended = true;
}

function readWeb(input: WebStream): Reading {
  const reader = input.getReader();
  return { next: () => reader.read(), letGo: () => reader.cancel() };
}

function readNode(input: NodeStream): Reading {
  const iterator = input.iterator({ destroyOnReturn: false });
  return { next: () => iterator.next(), letGo: () => input.destroy() };
}

function readIterable(input: AsyncIterable<unknown>): Reading {
  const iterator = input[Symbol.asyncIterator]();
  return { next: () => iterator.next(), letGo: () => iterator.return?.() };
}

/** Nobody listens to how letting go went. */
async function quietly(letGo: () => unknown): Promise<void> {
  try {
    await letGo();
  } catch {
    // The consumer has gone.
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
