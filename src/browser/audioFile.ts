import type { Observable } from 'rxjs';
import { CONDITIONING_RULES } from '../audio/audioOptions.ts';
import type { DeliveredFormat } from '../audio/audioOptions.ts';
import { pausableSource } from '../audio/pausableSource.ts';
import { Schedule } from '../audio/schedule.ts';
import { stopSignal } from '../audio/stop.ts';
import type { Stop } from '../audio/stop.ts';
import { unsupported, checkOptionRules, integer } from '../optionRules.ts';
import type { OptionRules } from '../optionRules.ts';
import { blobRecording } from './blobRecording.ts';

/** How fast to play, when to stop, and what to deliver. */
export interface AudioFileOptions extends DeliveredFormat {
  /** What is delivered, in hertz: 8000 to 96000, which every browser can. @defaultValue 16 000 */
  readonly sampleRate?: number;
  /** How many times faster than real time, above 0; `Infinity` goes as fast as it is taken. @defaultValue 1 */
  readonly speed?: number;
  /** Ends the playing gracefully: the first emission, or the abort of a signal. */
  readonly stop?: Stop;
}

const NODE_ONLY = unsupported('a browser has it not, only Node');

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
 * Plays a recording that the page has: a `File` that the user chose, a `Blob` that was fetched. It becomes 16-bit
 * little-endian mono PCM, in chunks of 100 ms at the pace it was spoken.
 *
 * Cold: each subscription reads it anew. It can be held back, as in Node, and in a hidden page, whose timers come late,
 * it is made up for with at most 1000 ms of audio at once.
 *
 * A WAV file that holds 16-bit mono at `sampleRate` already is passed through byte by byte in pieces, with the same
 * rules for its header as in Node. Anything else is read into memory and decoded by the browser, whose formats those
 * are: MP3, AAC, FLAC, Ogg and WebM in most. Its channels are averaged.
 *
 * | What happens | Observable |
 * | --- | --- |
 * | the audio ends | complete |
 * | `stop` emits or aborts | complete, after the chunk being delivered |
 * | `stop` errors | that error |
 * | it is empty, cut off in its header, or not audio the browser can decode | `TranscriptionError`, kind `file` |
 * | the file was changed or moved since the user chose it | `TranscriptionError`, kind `file` |
 * | unsubscribe | nothing |
 *
 * @example
 * import { audioFile } from 'rxscribe';
 * const recording = await fetch('/talk.mp3').then((response) => response.blob());
 * audioFile(recording, { speed: 8 }).subscribe((chunk) => console.log(chunk.length));
 *
 * @param file What to play; what it is is told from its content, not from its name or type.
 * @throws {RangeError} when a number is out of its range.
 * @throws {TypeError} when it is no `Blob`, or an option is not accepted or unknown.
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
    pace: () => new Schedule({ sampleRate }, speed),
    stop$: stopSignal(stop),
  });
}
