import { catchError, concat, concatMap, defer, from, merge, throwError } from 'rxjs';
import type { Observable, ObservableInput } from 'rxjs';
import type { TranscriptionEvent } from './events.ts';
import { SpeakerMerger } from './speakerMerger.ts';

/**
 * Merges one transcription per speaker into one, as if a single transcription had recognised the speakers.
 *
 * All transcriptions must have the same audio clock, such as the channels of `splitChannels`. `speaker_label` becomes the
 * speaker's name; revisions of speakers are dropped. The merged events keep what is true of a single transcription, so
 * `turns`, `transcript`, captions and the page work unchanged:
 *
 * - `turn_order` counts the finals of all speakers, from 0. Only one turn is open at a time: while two speakers talk at
 *   once, the partials of the one who started later are held back.
 * - Finals come in the order in which their turns started. A final waits for another speaker's open turn that started
 *   earlier, until that turn ends or has gone on for another 10 s. If the first partial of that turn arrives too late,
 *   the final does not wait.
 * - `session` counts the sessions of all speakers, in the order of their first events.
 * - `Stats` are sums over all speakers: two channels of 60 s are 120 s captured, sent and billed. `finalDelayMs` is that
 *   of the speaker whose `Stats` came last.
 *
 * A checkpoint belongs to one transcription: take it before merging. An error of one transcription ends the others and is
 * passed on after the finals that wait. Cold; state per subscription.
 *
 * ```text
 * agent            -p---q-----f-|     p, q: partials of a turn, f: its final
 * caller           ---r---g-----|     r: a partial of a turn that started later, g: its final
 * mergeSpeakers()  -p---q-----(fg)|   f: turn 0 of agent, g: turn 1 of caller
 * ```
 *
 * @example
 * import { audioFile, splitChannels, transcribe } from 'rxscribe';
 * import { bufferBytes, finals, mergeSpeakers } from 'rxscribe/operators';
 *
 * const options = { apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 };
 * audioFile('call.wav', { channels: 2 })
 *   .pipe(
 *     splitChannels(2, ([agent$, caller$]) =>
 *       mergeSpeakers({
 *         agent: agent$.pipe(bufferBytes(3200), transcribe(options)),
 *         caller: caller$.pipe(bufferBytes(3200), transcribe(options)),
 *       }),
 *     ),
 *     finals(),
 *   )
 *   .subscribe((turn) => console.log(`${turn.speaker_label}: ${turn.transcript}`));
 *
 * @param speakers The events of each speaker's transcription, by the speaker's name.
 * @throws {TypeError} when it is not an object, or has no speakers.
 */
export function mergeSpeakers(
  speakers: Readonly<Record<string, ObservableInput<TranscriptionEvent>>>,
): Observable<TranscriptionEvent> {
  if (typeof speakers !== 'object' || speakers === null || Object.keys(speakers).length === 0) {
    throw new TypeError('speakers must be an object with the events of each speaker by name');
  }
  return defer(() => {
    const merger = new SpeakerMerger();
    const relabelled = Object.entries(speakers).map(([name, events]) => {
      const speaker = merger.addSpeaker(name);
      return concat(
        from(events).pipe(concatMap((event) => merger.apply(speaker, event))),
        defer(() => merger.end(speaker)),
      );
    });
    return merge(...relabelled).pipe(
      catchError((error) =>
        concat(
          merger.releaseAll(),
          throwError(() => error),
        ),
      ),
    );
  });
}
