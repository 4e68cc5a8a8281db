import type { Observable } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import { errorDetails } from './errorDetails.ts';
import { readInput } from './byteInput.ts';
import type { PcmInput } from './byteInput.ts';
import { bytesPerSample } from './pcm.ts';
import type { PcmEncoding } from './pcm.ts';
import { joined } from './joined.ts';
import { pausableSource, UNPACED } from './pausableSource.ts';
import { stopSignal } from './stop.ts';
import type { Stop } from './stop.ts';

/** The format of the bytes, and when to stop. */
export interface PcmStreamOptions {
  /** Ends the stream gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
  /** The encoding of a sample; chunks are cut between samples. @defaultValue 'pcm_s16le' */
  readonly encoding?: PcmEncoding;
}

/**
 * Reads raw mono PCM from a Node stream, a web stream or an async iterable: standard input, a socket, ffmpeg.
 *
 * Pieces of any length become chunks of whole samples, in order; half a sample at the very end is dropped. A piece is
 * read only after the consumer has accepted the one before, so a consumer that pauses also pauses the producer behind a
 * pipe.
 *
 * Cold, but there is only one input: the first subscription reads it, and a second one finds it used up. If the
 * subscription ends before the input does, the input is destroyed (a web stream is cancelled, an iterator returned).
 *
 * ```text
 * input      ---abc--de--f|     one letter a byte
 * pcmStream  ---ab---cd--ef|    2 bytes a sample
 * ```
 *
 * | What happens | Input | Observable |
 * | --- | --- | --- |
 * | the input ends | left alone | complete |
 * | `stop` emits or aborts | destroyed | complete, after the chunk being emitted |
 * | the input fails | destroyed | `TranscriptionError`, kind `file` |
 * | the input yields anything but bytes | destroyed | `TypeError` |
 * | unsubscribe | destroyed at once | nothing |
 *
 * @example
 * import { pcmStream } from 'rxscribe';
 * // ffmpeg -i talk.mp3 -f s16le -ac 1 -ar 16000 - | node program.js
 * pcmStream(process.stdin).subscribe((chunk) => console.log(chunk.length));
 *
 * @param input Bytes of mono PCM without a header, at the `sampleRate` of `transcribe`.
 * @throws {TypeError} when the input is not a stream or an async iterable, or an option is not accepted.
 */
export function pcmStream(input: PcmInput, { stop, encoding }: PcmStreamOptions = {}): Observable<Uint8Array> {
  const size = bytesPerSample(encoding);
  const read = readInput(input);
  return pausableSource({
    open: (released) => aligned(withTranscriptionErrors(read(released)), size),
    pace: () => UNPACED,
    stop$: stopSignal(stop),
  });
}

/**
 * Cuts pieces between samples; a partial sample is completed by the next piece.
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

/** Refuses pieces that are not bytes. */
export function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) {
    return piece;
  }
  const got = typeof piece === 'string' ? 'a string, so do not call setEncoding' : `a piece of type ${typeof piece}`;
  throw new TypeError(`the input of pcmStream must yield bytes, not ${got}`);
}

async function* withTranscriptionErrors(pieces: AsyncIterable<unknown>): AsyncGenerator {
  try {
    yield* pieces;
  } catch (cause) {
    throw new TranscriptionError('file', `the input of raw PCM failed: ${errorDetails(cause).message}`, { cause });
  }
}
