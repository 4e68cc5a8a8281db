import type { Observable } from 'rxjs';
import { CONDITIONING_RULES } from '../audio/audioOptions.ts';
import type { DeliveredFormat } from '../audio/audioOptions.ts';
import { chunkBytes } from '../audio/chunkBytes.ts';
import { pausableSource } from '../audio/pausableSource.ts';
import { Schedule } from '../audio/schedule.ts';
import { stopSignal } from '../audio/stop.ts';
import type { Stop } from '../audio/stop.ts';
import { unsupported, checkOptionRules, integer } from '../optionRules.ts';
import type { OptionRules } from '../optionRules.ts';
import { blobRecording } from './blobRecording.ts';

/** Options of `audioFile()` in a browser. */
export interface AudioFileOptions extends DeliveredFormat {
  /** The sample rate to deliver, in hertz, 8000 to 96000. @defaultValue 16 000 */
  readonly sampleRate?: number;
  /** The pace as a multiple of real time, above 0; `Infinity` is as fast as it is consumed. @defaultValue 1 */
  readonly speed?: number;
  /** Ends playback gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
}

const NODE_ONLY = unsupported('only Node supports it, not a browser');

const RULES: OptionRules = {
  ...CONDITIONING_RULES,
  sampleRate: integer(8000, 96_000, 'hertz'),
  channelMap: NODE_ONLY,
  dcRemoval: NODE_ONLY,
  denoise: NODE_ONLY,
  highpass: NODE_ONLY,
  agc: NODE_ONLY,
  limiter: NODE_ONLY,
};

/**
 * Plays a recording in a page, such as a `File` that the user chose or a `Blob` that was fetched: 16-bit little-endian mono
 * PCM in chunks of 100 ms, at the pace of the recording.
 *
 * Cold: each subscription reads it from the start. It obeys backpressure as in Node. In a hidden page, whose timers are late,
 * it catches up with at most 1000 ms of audio at once.
 *
 * A WAV file of 16-bit mono at `sampleRate` is read in pieces and passed through unchanged, with the same rules for its
 * header as in Node. Anything else is read into memory and decoded by the browser: most support MP3, AAC, FLAC, Ogg and
 * WebM. Channels are averaged.
 *
 * | What happens | Observable |
 * | --- | --- |
 * | the audio ends | complete |
 * | `stop` emits or aborts | complete, after the chunk being delivered |
 * | `stop` errors | that error |
 * | it is empty, ends within its header, or cannot be decoded by the browser | `TranscriptionError`, kind `file` |
 * | the file was changed or moved since the user chose it | `TranscriptionError`, kind `file` |
 * | unsubscribe | nothing |
 *
 * @example
 * import { audioFile } from 'rxscribe';
 * const recording = await fetch('/talk.mp3').then((response) => response.blob());
 * audioFile(recording, { speed: 8 }).subscribe((chunk) => console.log(chunk.length));
 *
 * @param file The recording; its format is recognised by its content, not by its name or type.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when it is not a `Blob`, or an option is not accepted or unknown.
 */
export function audioFile(file: Blob, { speed = 1, stop, ...options }: AudioFileOptions = {}): Observable<Uint8Array> {
  if (!(file instanceof Blob)) {
    throw new TypeError(`file must be a File or a Blob in a browser, not ${typeof file}`);
  }
  if (typeof speed !== 'number' || !(speed > 0)) {
    throw new RangeError(`speed must be a number above 0, not ${String(speed)}`);
  }
  checkOptionRules(options, RULES);
  const { sampleRate = 16_000 } = options;
  return pausableSource({
    open: () => blobRecording(file, sampleRate),
    chunkBytes: chunkBytes(sampleRate),
    pace: () => new Schedule({ sampleRate }, speed),
    stop$: stopSignal(stop),
  });
}
