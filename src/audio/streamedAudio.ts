import type { Observable } from 'rxjs';
import { TranscriptionError } from '../errors.ts';
import { readInput } from './byteInput.ts';
import type { PcmInput } from './byteInput.ts';
import { ByteReader } from './byteReader.ts';
import { conditioning } from './conditioned.ts';
import { containerFormat } from './containerFormat.ts';
import { decodeAudio } from './decodedAudio.ts';
import { fileError } from './fileError.ts';
import { ffmpegPieces } from './mediaFile.ts';
import { pausableSource, UNPACED } from './pausableSource.ts';
import { bytesPerSample } from './pcm.ts';
import type { PcmEncoding } from './pcm.ts';
import { bytesOf } from './pcmStream.ts';
import { recordingPieces } from './recordingPieces.ts';
import { checkRecordingOptions } from './recordingOptions.ts';
import type { AudioFileOptions } from './recordingOptions.ts';
import { stopSignal } from './stop.ts';
import { UnsupportedFormat } from './unsupportedFormat.ts';

/** What messages call the input. */
const NAME = '-';

/** How a stream is read. Raw PCM is neither converted nor conditioned. */
export interface StreamedAudioOptions extends Omit<AudioFileOptions, 'speed' | 'follow'> {
  /** The encoding of the samples, if they have no header. @defaultValue 'pcm_s16le' */
  readonly encoding?: PcmEncoding;
}

/**
 * Reads audio from a stream of bytes and recognises it by its first ones: WAV, AIFF and FLAC are decoded while they
 * arrive, other containers by ffmpeg, and anything else is raw mono PCM, as for `pcmStream`.
 *
 * Its subscriptions end as those of `pcmStream` do. A stream without audio is a `TranscriptionError`, kind `file`.
 *
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when the input is not a stream or an async iterable, or an option is not accepted.
 */
export function streamedAudio(input: PcmInput, options: StreamedAudioOptions = {}): Observable<Uint8Array> {
  const { encoding, stop, ...recordingOptions } = options;
  const size = bytesPerSample(encoding) * (options.channels ?? 1);
  checkRecordingOptions(recordingOptions);
  const read = readInput(input);
  return pausableSource({
    open: (released) => chunks(new ByteReader(bytes(read(released))), size, recordingOptions, released),
    pace: () => UNPACED,
    stop$: stopSignal(stop),
  });
}

async function* chunks(
  reader: ByteReader,
  size: number,
  options: AudioFileOptions,
  released: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const report = (line: string): void => options.onWarning?.(`"${NAME}": ${line}`);
  try {
    const format = await containerFormat(reader);
    if (format === undefined) yield* wholeSamples(reader, size);
    else if (typeof format === 'string') {
      yield* recordingPieces(await decodeAudio(reader), options, report, conditioning(options));
    } else yield* ffmpegPieces(NAME, { bytes: wholeSamples(reader, 1) }, options, { report, released });
  } catch (error) {
    if (error instanceof TranscriptionError && error.message.startsWith('cannot read')) throw error;
    throw fileError(NAME, error instanceof UnsupportedFormat ? toConvert(error) : error);
  }
}

/** What is consumed of a stream cannot be read again by ffmpeg. */
function toConvert({ message }: UnsupportedFormat): TranscriptionError {
  return new TranscriptionError('file', `${message}; convert it first, with: ffmpeg -i - -ac 1 -ar 16000 -f s16le -`);
}

async function* wholeSamples(reader: ByteReader, size: number): AsyncGenerator<Uint8Array> {
  for (let isEmpty = true; ; isEmpty = false) {
    // oxlint-disable-next-line no-await-in-loop -- pieces are read one after another
    const samples = await reader.takeUnits(size, Infinity);
    if (samples.length === 0 && isEmpty) throw new TranscriptionError('file', 'it contains no audio');
    if (samples.length === 0) return;
    yield samples;
  }
}

async function* bytes(pieces: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield bytesOf(piece);
}
