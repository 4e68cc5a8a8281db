import type { Observable } from 'rxjs';
import { chunkBytes } from './chunkBytes.ts';
import { pausableSource } from './pausableSource.ts';
import { recordingFile } from './recordingFile.ts';
import { checkRecordingOptions } from './recordingOptions.ts';
import type { AudioFileOptions } from './recordingOptions.ts';
import { Schedule } from './schedule.ts';
import { startingAt } from './startingAt.ts';
import { stopSignal } from './stop.ts';

export type { AudioFileOptions } from './recordingOptions.ts';

/**
 * Plays a recording: WAV, AIFF or FLAC of any rate and number of channels becomes 16-bit little-endian mono PCM, in
 * chunks of 100 ms and in real time; with `channels`, several channels stay interleaved for `splitChannels`. `mediaFile` plays other formats.
 *
 * Cold: each subscription reads the file again from its start, in pieces, so that memory does not grow with its length. A
 * recording is not live, so a consumer can pause it, which delays everything after the pause. Late timers do not add up;
 * after a delay at most 1000 ms of audio are emitted at once.
 *
 * 16-bit mono at `sampleRate` is emitted unchanged. A file whose header gives no length or one that is too long (from a
 * program that wrote into a pipe, or was interrupted) is played to its end. A damaged FLAC frame is replaced by silence.
 * `onWarning` reports each of these.
 *
 * | What happens | File | Observable |
 * | --- | --- | --- |
 * | the audio ends | closed | complete |
 * | `stop` emits or aborts | closed | complete, after the chunk being emitted |
 * | `stop` completes without emitting | stays open | continues |
 * | `stop` errors | closed | that error |
 * | missing, a directory, empty, without audio, not permitted, cut off in its header, not audio, or unreadable midway |
 *   closed | `TranscriptionError`, kind `file` |
 * | unsubscribe | closed after the current read | nothing |
 * | `onWarning` throws | closed | the thrown error, as the `cause` of a `TranscriptionError` |
 *
 * @example
 * import { audioFile } from 'rxscribe';
 * audioFile('talk.flac', { speed: 8 }).subscribe((chunk) => console.log(chunk.length));
 *
 * @param path Path of the file. Its format is recognised by its content, not its name.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when the path is not a string, or an option is not accepted or unknown.
 */
export function audioFile(path: string, options: AudioFileOptions = {}): Observable<Uint8Array> {
  if (typeof path !== 'string' || path === '') {
    throw new TypeError(`path must be the path of a file, not ${JSON.stringify(path)}`);
  }
  checkRecordingOptions(options);
  const { speed = 1, startMs, stop, onWarning, sampleRate = 16_000, channels = 1 } = options;
  return pausableSource({
    open: (released) => {
      const report = (line: string): void => onWarning?.(`${JSON.stringify(path)}: ${line}`);
      const chunks = recordingFile(path, options, report, released);
      return startingAt(startMs, { sampleRate, channels }, chunks);
    },
    chunkBytes: chunkBytes(sampleRate * channels),
    pace: () => new Schedule({ sampleRate: sampleRate * channels }, speed),
    stop$: stopSignal(stop),
  });
}
