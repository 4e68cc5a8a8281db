import type { Observable } from 'rxjs';
import { checkOptionRules } from '../optionRules.ts';
import { CONDITIONING } from './options.ts';
import { pull } from './pull.ts';
import { recording } from './recording.ts';
import type { RecordingOptions } from './recording.ts';
import { Schedule } from './schedule.ts';
import { stopped } from './stop.ts';
import type { Stop } from './stop.ts';

/** How fast to play, when to stop, and decibri's conditioning under its names. */
export type AudioFileOptions = RecordingOptions & {
  /** How many times faster than real time, above 0; `Infinity` goes as fast as it is taken. @defaultValue 1 */
  readonly speed?: number;
  /** Ends the playing gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
};

/**
 * Plays a recording: WAV, AIFF or FLAC of any rate and number of channels becomes 16-bit little-endian mono PCM, in
 * chunks of 100 ms at the pace it was spoken.
 *
 * Cold: each subscription reads the file anew, from its beginning. A recording is not live, so it can be held back: it
 * goes on when the consumer is ready, and the time spent waiting moves all that follows. Late timers do not add up;
 * what is late is made up for with at most 1000 ms of audio at once.
 *
 * A WAV file that holds 16-bit mono at `sampleRate` already, with no conditioning asked, is passed through byte by byte
 * in pieces, without the native addon. It may have any chunks before its audio. Where its length is unknown (0 or
 * 4294967295, from a program that wrote into a pipe) or more than there is (a recorder that was cut off), the audio goes
 * to the end of the file. Anything else is decoded by decibri, which reads the whole file into memory first, and refuses
 * a file that is shorter than it says.
 *
 * | What happens | File | Observable |
 * | --- | --- | --- |
 * | the audio ends | closed | complete |
 * | `stop` emits or aborts | closed | complete, after the chunk being delivered |
 * | `stop` completes without emitting | goes on | goes on |
 * | `stop` errors | closed | that error |
 * | missing, a directory, empty, not permitted, cut off in its header, not audio, or unreadable midway | closed |
 *   `TranscriptionError`, kind `file` |
 * | unsubscribe | closed once a read under way is back | nothing |
 *
 * @example
 * import { audioFile } from 'rxscribe';
 * audioFile('talk.flac', { speed: 8 }).subscribe((chunk) => console.log(chunk.length));
 *
 * @param path Path of the file; what it is is told from its content, not its name.
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
  checkOptionRules(options, CONDITIONING);
  const { sampleRate = 16_000 } = options;
  return pull({
    open: () => recording(path, options),
    pace: () => new Schedule({ sampleRate }, speed),
    stop$: stopped(stop),
  });
}
