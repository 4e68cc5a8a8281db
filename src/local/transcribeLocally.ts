import type { OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { relayFrames } from '../streaming/relayFrames.ts';
import { localSession } from './localSession.ts';
import { checkLocalOptions } from './options.ts';
import type { LocalOptions } from './options.ts';

/**
 * Recognises frames of audio on this device and emits the same events as `transcribe()`; no audio leaves the machine.
 *
 * Cold: each subscription runs an engine in a child process. The source is subscribed at once and recorded while the model
 * loads. A process that dies is replaced, and the next one receives what the previous one had not finished. A recording
 * waits for a slow engine; a live source is recorded up to `tapeLength`, and what had to be dropped is an `AudioGap`. Frames are
 * 16 kHz, 16-bit, mono, 50 to 1000 ms each, as `bufferBytes(3200)` makes them. Word times are estimates for models that
 * report none, and words have no `confidence`.
 *
 * ```text
 * source               -1-2-3-4-5-6-|                1 to 6: frames
 * transcribeLocally()  ---b---p---p---(fs)-(ts|)     b: Begin, p: partial Turn, f: its final, t: Termination, s: Stats
 * ```
 *
 * @example
 * import { audioFile } from 'rxscribe';
 * import { transcribeLocally } from 'rxscribe/local';
 * import { bufferBytes, finals } from 'rxscribe/operators';
 *
 * audioFile('talk.wav')
 *   .pipe(bufferBytes(3200), transcribeLocally({ model: 'moonshine-tiny-en' }), finals())
 *   .subscribe((turn) => console.log(turn.transcript));
 *
 * @param options `model` is the directory of a model; the rest has defaults.
 * @returns An operator that takes frames and emits `TranscriptionEvent`s. It errors with a `TranscriptionError`.
 * @throws {TypeError | RangeError} when an option is missing, unknown or out of range.
 * @throws {TranscriptionError} of kind `engine` when a file of the model is missing or incomplete.
 */
export function transcribeLocally(options: LocalOptions): OperatorFunction<Uint8Array, TranscriptionEvent> {
  const { session, relay } = checkLocalOptions(options);
  return relayFrames({
    open: (input, connectTimeout) => localSession(input, { ...session, connectTimeout }),
    settings: relay,
    control: options.control,
  });
}
