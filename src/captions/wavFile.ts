import { defer } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { msToBytes } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { pauseSource } from '../backpressure.ts';
import { WavRecording } from './wavRecording.ts';
import { tooSlow } from './writeFailure.ts';
import { Writing, written } from './writing.ts';
import type { FailureOptions } from './writing.ts';

/** How to write a WAV file: the sample rate has no default. */
export interface WavFileOptions extends PcmFormat, FailureOptions {
  /** Whether to overwrite a file that exists. @defaultValue false */
  readonly force?: boolean;
}

/** From how many waiting bytes on a source that can wait is asked to: 4 MiB are 2 minutes at 16 kHz. */
const MANY_WAITING = 4 * 2 ** 20;
/** The most that may wait for the disk, in bytes: 64 MiB are half an hour at 16 kHz. */
const MOST_WAITING = 64 * 2 ** 20;

/**
 * Writes the audio that passes through into a WAV file, byte for byte, and passes it on unchanged.
 *
 * Put it right after the recorder, and it has what was recorded, on the clock of the captions. The header tells what
 * is there, at most a second late, so that the file can be played at any moment, whatever happens to the program; over
 * 4 GiB it becomes an RF64 file. It is made on subscription. A file that cannot be written disturbs neither the stream
 * nor other files: `onError` is told, once. On completion the file is closed before the stream completes, within 2 s;
 * after an error or `unsubscribe` it is closed in the background.
 *
 * ```text
 * source         -a-b-c-|         chunks
 * wavFile(path)  -a-b-c--|        the same; it completes once the file is closed
 * ```
 *
 * @example
 * import { audioFile, transcribe } from 'rxscribe';
 * import { wavFile } from 'rxscribe/files';
 * import { bufferBytes } from 'rxscribe/operators';
 *
 * audioFile('talk.wav')
 *   .pipe(
 *     wavFile('copy.wav', { sampleRate: 16_000 }),
 *     bufferBytes(3200),
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
 *   )
 *   .subscribe();
 *
 * @param path Where to write.
 * @returns An operator that fails with nothing but what its source fails with.
 * @throws {RangeError} when the sample rate is not a positive whole number of hertz.
 * @throws {TypeError} when the encoding is not one of the two.
 */
export function wavFile(path: string, options: WavFileOptions): MonoTypeOperatorFunction<Uint8Array> {
  msToBytes(0, options); // refuses a format that makes no sense
  return (source) =>
    defer(() => {
      const recording = new WavRecording(path, options);
      const writing = new Writing(path, recording, options);
      return written(source, writing, (chunk) => {
        recording.put(chunk);
        if (recording.waiting > MOST_WAITING) writing.giveUp(tooSlow(recording.waiting));
        else if (recording.waiting > MANY_WAITING) pauseSource(() => writing.settled());
      });
    });
}
