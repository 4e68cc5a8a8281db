import { checkOptionRules, integer } from '../optionRules.ts';
import type { OptionRules } from '../optionRules.ts';
import { CONDITIONING_RULES, checkMono } from './audioOptions.ts';
import type { DeliveredFormat } from './audioOptions.ts';
import { checkCallback } from './checkCallback.ts';
import type { Stop } from './stop.ts';

const RULES: OptionRules = { ...CONDITIONING_RULES, channels: integer(1, 32) };

/** How audio is conditioned; by default not at all. */
export interface ConditioningOptions {
  /** Removes a constant offset. @defaultValue false */
  readonly dcRemoval?: boolean;
  /** Removes noise with this model. */
  readonly denoise?: 'fastenhancer-t';
  /** Removes what is below this frequency, in hertz. */
  readonly highpass?: 80 | 100;
  /** Controls the gain automatically towards this level: -40 to -3 dBFS, a whole number. */
  readonly agc?: number;
  /** Limits peaks to this level: -3 to 0 dBFS. */
  readonly limiter?: number;
}

/** The output format of a recording, and how its audio is conditioned. */
export interface RecordingOptions extends DeliveredFormat, ConditioningOptions {
  /** Samples per second of the output, in hertz: 1000 to 384000. @defaultValue 16 000 */
  readonly sampleRate?: number;
  /** The index of one channel to use, in brackets; by default all channels are averaged. */
  readonly channelMap?: readonly number[];
}

/** How a recording is read, conditioned and played. */
export interface AudioFileOptions extends Omit<RecordingOptions, 'channels'> {
  /**
   * Channels of the output, 1 to 32. 1 is mono. With more, the first channels are emitted interleaved, as `splitChannels`
   * accepts them; `channelMap` and conditioning are not available then. @defaultValue 1
   */
  readonly channels?: number;
  /** How many times faster than real time, above 0; `Infinity` is as fast as the consumer accepts. @defaultValue 1 */
  readonly speed?: number;
  /** Where to start, in milliseconds; what is before is read, but not emitted. @defaultValue 0 */
  readonly startMs?: number;
  /**
   * Reads on while the file grows, until it has not grown for so many milliseconds, above 0, or `stop`. Lengths in the
   * header are ignored. WAV, AIFF and FLAC files only. @defaultValue the file is read to its end
   */
  readonly follow?: number;
  /** Ends the source gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
  /** Called with one line about audio that is missing or damaged in a recording that can be played otherwise. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Checks every option but `stop`.
 *
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when any other option is not accepted, or unknown.
 */
export function checkRecordingOptions({
  speed = 1,
  startMs = 0,
  follow,
  stop,
  onWarning,
  ...options
}: AudioFileOptions): void {
  if (typeof speed !== 'number' || !(speed > 0)) {
    throw new RangeError(`speed must be a number above 0, not ${String(speed)}`);
  }
  if (typeof startMs !== 'number' || !(startMs >= 0 && startMs < Infinity)) {
    throw new RangeError(`startMs must be a number of milliseconds from 0, not ${String(startMs)}`);
  }
  if (follow !== undefined && !(typeof follow === 'number' && follow > 0)) {
    throw new RangeError(`follow must be a number of milliseconds above 0, not ${String(follow)}`);
  }
  checkCallback('onWarning', onWarning);
  checkOptionRules(options, RULES);
  checkMono(options);
}
