import { defer } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { msToBytes } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { pauseSource } from '../backpressure.ts';
import { FileWriter, writeThrough } from './fileWriter.ts';
import type { FailureOptions } from './fileWriter.ts';
import { WavRecording } from './wavRecording.ts';
import { diskTooSlow } from './writeFailure.ts';

/** How to write a WAV file: the sample rate has no default. */
export interface WavFileOptions extends PcmFormat, FailureOptions {
  /** Whether to overwrite a file that exists. @defaultValue false */
  readonly force?: boolean;
}

/** Audio waiting for the disk at which a source that can pause is paused, in bytes: 2 minutes at 16 kHz. */
const PAUSE_AT = 4 * 2 ** 20;
/** Most audio that may wait for the disk, in bytes: half an hour at 16 kHz. */
const MAX_WAITING = 64 * 2 ** 20;

/**
 * Writes the audio that passes through into a WAV file, byte for byte, and passes it on unchanged.
 *
 * Directly after the recorder, it writes exactly what was recorded, on the same clock as the captions. The header is at
 * most a second behind, so that the file can be played at any moment, even if the process is killed. Beyond 4 GiB it
 * becomes an RF64 file. It is created on subscription. A file that cannot be written affects neither the stream nor
 * other files: `onError` is called, and writing is retried. On completion the file is closed before the stream completes, within 2 s; after
 * an error or `unsubscribe` it is closed in the background.
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
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
 *   )
 *   .subscribe();
 *
 * @param path Where to write.
 * @returns An operator that errors only when its source does.
 * @throws {RangeError} when the sample rate is not a positive whole number of hertz.
 * @throws {TypeError} when the encoding is unknown.
 */
export function wavFile(path: string, options: WavFileOptions): MonoTypeOperatorFunction<Uint8Array> {
  msToBytes(0, options); // validates the format
  return (source) =>
    defer(() => {
      const recording = new WavRecording(path, options);
      const writer = new FileWriter(path, recording, options);
      return writeThrough(source, writer, (chunk) => {
        recording.put(chunk);
        if (recording.waiting > MAX_WAITING) writer.giveUp(diskTooSlow(recording.waiting));
        else if (recording.waiting > PAUSE_AT) pauseSource(() => writer.settled());
      });
    });
}
