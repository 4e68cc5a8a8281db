import type { Observable } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import { describe } from './describe.ts';
import { readInput } from './input.ts';
import type { PcmInput } from './input.ts';
import { bytesPerSample } from './pcm.ts';
import type { PcmEncoding } from './pcm.ts';
import { pull, UNPACED } from './pull.ts';
import { stopped } from './stop.ts';
import type { Stop } from './stop.ts';

/** What the bytes are, and when to stop. */
export interface PcmStreamOptions {
  /** Ends the stream gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
  /** How a sample is written: pieces are cut between samples. @defaultValue 'pcm_s16le' */
  readonly encoding?: PcmEncoding;
}

/**
 * Takes raw mono PCM from a Node stream, a web stream or an async iterable: standard input, a socket, ffmpeg.
 *
 * Pieces of any length are re-aligned, so that every chunk is whole samples in the order they came; half a sample at
 * the very end is dropped. The next piece is asked for only when the consumer took the one before, so a consumer that
 * asks to wait holds the producer back through the pipe.
 *
 * Cold, but the input is not ours to make: it is read by the first subscription, and a second one finds it used up.
 * Whatever ends the subscription before the input ends destroys the input (a web stream is cancelled, an iterator
 * returned).
 *
 * ```text
 * input      ---abc--de--f|     one letter a byte
 * pcmStream  ---ab---cd--ef|    2 bytes a sample
 * ```
 *
 * | What happens | Input | Observable |
 * | --- | --- | --- |
 * | the input ends | read to its end | complete |
 * | `stop` emits or aborts | destroyed | complete, after the chunk being delivered |
 * | the input fails | destroyed | `TranscriptionError`, kind `file` |
 * | the input yields anything but bytes | destroyed | `TypeError` |
 * | unsubscribe | destroyed at once | nothing |
 *
 * @example
 * import { pcmStream } from 'rxscribe';
 * // ffmpeg -i talk.mp3 -f s16le -ac 1 -ar 16000 - | node program.js
 * pcmStream(process.stdin).subscribe((chunk) => console.log(chunk.length));
 *
 * @param input Bytes of mono PCM at the sample rate that `transcribe` is told, with no header.
 * @throws {TypeError} when the input is not a stream or an async iterable, or an option is not accepted.
 */
export function pcmStream(input: PcmInput, { stop, encoding }: PcmStreamOptions = {}): Observable<Uint8Array> {
  const size = bytesPerSample(encoding);
  const read = readInput(input);
  return pull({
    open: (released) => aligned(withOurErrors(read(released)), size),
    pace: () => UNPACED,
    stop$: stopped(stop),
  });
}

/**
 * Cuts pieces between samples: what is left of one goes to the front of the next.
 *
 * @yields Whole samples.
 */
async function* aligned(pieces: AsyncIterable<unknown>, size: number): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    const bytes = rest.length > 0 ? joined(rest, bytesOf(piece)) : bytesOf(piece);
    const whole = bytes.length - (bytes.length % size);
    rest = Uint8Array.from(bytes.subarray(whole));
    if (whole > 0) {
      yield bytes.subarray(0, whole);
    }
  }
}

function joined(rest: Uint8Array, piece: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(rest.length + piece.length);
  bytes.set(rest);
  bytes.set(piece, rest.length);
  return bytes;
}

function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) {
    return piece;
  }
  const got = typeof piece === 'string' ? 'a string, so leave setEncoding away' : `a piece of type ${typeof piece}`;
  throw new TypeError(`the input of pcmStream must yield bytes, not ${got}`);
}

async function* withOurErrors(pieces: AsyncIterable<unknown>): AsyncGenerator {
  try {
    yield* pieces;
  } catch (cause) {
    throw new TranscriptionError('file', `the input of raw PCM failed: ${describe(cause).message}`, { cause });
  }
}
