import { filter } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { FinalTurn, PartialTurn, TranscriptionEvent, Turn } from './events.ts';

/**
 * Keeps the turns of a transcription and drops every other event.
 *
 * ```text
 * source   -b--s-p-p-f--t|      b: Begin, s: SpeechStarted, p, f: Turn, t: Termination
 * turns()  ------p-p-f---|
 * ```
 *
 * @example
 * import { share } from 'rxjs';
 * import { audioFile, transcribe } from 'rxscribe';
 * import { bufferBytes, finals, partials, turns } from 'rxscribe/operators';
 *
 * const turn$ = audioFile('talk.wav').pipe(
 *   bufferBytes(3200),
 *   transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'universal-3-6-pro', sampleRate: 16_000 }),
 *   turns(),
 *   share(), // both views share one transcription; without it each would start its own
 * );
 * turn$.pipe(partials()).subscribe((turn) => console.error('…', turn.transcript));
 * turn$.pipe(finals()).subscribe((turn) => console.log(turn.transcript));
 */
export function turns(): OperatorFunction<TranscriptionEvent, Turn> {
  return filter((event): event is Turn => event.type === 'Turn');
}

/**
 * Keeps the turns that may still change and drops every other event. Each replaces the previous one with the same
 * `turn_order`. Works with and without `turns()` before it.
 *
 * ```text
 * source      -b-p-p-f--p-f|      b: Begin, p: PartialTurn, f: FinalTurn
 * partials()  ---p-p----p--|
 * ```
 */
export function partials(): OperatorFunction<TranscriptionEvent, PartialTurn> {
  return filter((event): event is PartialTurn => event.type === 'Turn' && !event.isFinal);
}

/**
 * Keeps the turns that ended and drops every other event: one per `turn_order`, never empty. Works with and without
 * `turns()` before it.
 *
 * ```text
 * source    -b-p-p-f--p-f|      b: Begin, p: PartialTurn, f: FinalTurn
 * finals()  -------f----f|
 * ```
 */
export function finals(): OperatorFunction<TranscriptionEvent, FinalTurn> {
  return filter((event): event is FinalTurn => event.type === 'Turn' && event.isFinal);
}
