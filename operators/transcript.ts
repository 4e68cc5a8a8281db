import { defer, distinctUntilChanged, scan, skipWhile } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { TranscriptionEvent } from './events.ts';
import { EMPTY_TRANSCRIPT, reduceTranscript } from './reduceTranscript.ts';
import type { Transcript } from './reduceTranscript.ts';

/**
 * Reduces the events of a transcription to the transcript so far, and emits it whenever it changes.
 *
 * A final whose `turn_order` was emitted before replaces that turn; a speaker revision relabels the turns it names. Each
 * transcript is immutable: what did not change is the same object as before. Cold; state per subscription.
 *
 * ```text
 * source        -p-q-f---r-|      p, q: partials of turn 0, f: its final, r: its speakers revised
 * transcript()  -a-b-c---d-|      a: [] p, b: [] q, c: [f], d: [f']
 * ```
 *
 * @example
 * import { audioFile, transcribe } from 'rxscribe';
 * import { bufferBytes, transcript } from 'rxscribe/operators';
 *
 * audioFile('talk.wav')
 *   .pipe(
 *     bufferBytes(3200),
 *     transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
 *     transcript(),
 *   )
 *   .subscribe(({ turns, partial }) => console.log(turns.length, partial?.transcript));
 */
export function transcript(): OperatorFunction<TranscriptionEvent, Transcript> {
  return (source) =>
    defer(() =>
      source.pipe(
        scan(reduceTranscript, EMPTY_TRANSCRIPT),
        skipWhile((state) => state === EMPTY_TRANSCRIPT),
        distinctUntilChanged(),
      ),
    );
}
