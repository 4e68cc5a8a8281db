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
 *   transcribe({ apiKey: process.env.ASSEMBLYAI_API_KEY, speechModel: 'u3-rt-pro', sampleRate: 16_000 }),
 *   turns(),
 *   share(), // one transcription, seen by two views: without it each view would run its own
 * );
 * turn$.pipe(partials()).subscribe((turn) => console.error('…', turn.transcript));
 * turn$.pipe(finals()).subscribe((turn) => console.log(turn.transcript));
 */
export function turns(): OperatorFunction<TranscriptionEvent, Turn> {
  return filter((event): event is Turn => event.type === 'Turn');
}

/**
 * Keeps the turns that may still change. Each replaces the one before with the same `turn_order`.
 *
 * ```text
 * source      -p-p-f--p-f|
 * partials()  -p-p----p--|
 * ```
 */
export function partials(): OperatorFunction<Turn, PartialTurn> {
  return filter((turn): turn is PartialTurn => !turn.isFinal);
}

/**
 * Keeps the turns that ended: one per `turn_order`, never empty.
 *
 * ```text
 * source    -p-p-f--p-f|
 * finals()  -----f----f|
 * ```
 */
export function finals(): OperatorFunction<Turn, FinalTurn> {
  return filter((turn): turn is FinalTurn => turn.isFinal);
}
