import type { Observable } from 'rxjs';
import { checkOptionRules } from '../optionRules.ts';
import { CONDITIONING_RULES } from './audioOptions.ts';
import { pausableSource } from './pausableSource.ts';
import { recording } from './recording.ts';
import type { RecordingOptions } from './recording.ts';
import { Schedule } from './schedule.ts';
import { stopSignal } from './stop.ts';
import type { Stop } from './stop.ts';

/** The speed, when to stop, and decibri's conditioning under its names. */
export type AudioFileOptions = RecordingOptions & {
  /** How many times faster than real time, above 0; `Infinity` is as fast as the consumer accepts. @defaultValue 1 */
  readonly speed?: number;
  /** Ends the source gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
};

/**
 * Plays a recording: WAV, AIFF or FLAC of any rate and number of channels becomes 16-bit little-endian mono PCM, in
 * chunks of 100 ms and in real time.
 *
 * Cold: each subscription reads the file again from its start. A recording is not live, so a consumer can pause it, which
 * delays everything after the pause. Late timers do not add up; after a delay at most 1000 ms of audio are emitted at
 * once.
 *
 * A WAV file that already holds 16-bit mono at `sampleRate` is read in pieces and emitted unchanged, without the native
 * addon, unless it is to be conditioned. If its length is unknown (0 or 4294967295, from a program that wrote into a
 * pipe) or too large (a recorder that was interrupted), the audio extends to the end of the file. Anything else is decoded
 * by decibri, which reads the whole file into memory and refuses a file that is shorter than its header says.
 *
 * | What happens | File | Observable |
 * | --- | --- | --- |
 * | the audio ends | closed | complete |
 * | `stop` emits or aborts | closed | complete, after the chunk being emitted |
 * | `stop` completes without emitting | stays open | continues |
 * | `stop` errors | closed | that error |
 * | missing, a directory, empty, not permitted, cut off in its header, not audio, or unreadable midway | closed |
 *   `TranscriptionError`, kind `file` |
 * | unsubscribe | closed after the current read | nothing |
 *
 * @example
 * import { audioFile } from 'rxscribe';
 * audioFile('talk.flac', { speed: 8 }).subscribe((chunk) => console.log(chunk.length));
 *
 * @param path Path of the file. Its format is recognised by its content, not its name.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when the path is not a string, or an option is not accepted or unknown.
 */
export function audioFile(
  path: string,
  { speed = 1, stop, ...options }: AudioFileOptions = {},
): Observable<Uint8Array> {
  if (typeof path !== 'string' || path === '') {
    throw new TypeError(`path must be the path of a file, not ${JSON.stringify(path)}`);
  }
  if (typeof speed !== 'number' || !(speed > 0)) {
    throw new RangeError(`speed must be a number above 0, not ${String(speed)}`);
  }
  checkOptionRules(options, CONDITIONING_RULES);
  const { sampleRate = 16_000 } = options;
  return pausableSource({
    open: () => recording(path, options),
    pace: () => new Schedule({ sampleRate }, speed),
    stop$: stopSignal(stop),
  });
}
