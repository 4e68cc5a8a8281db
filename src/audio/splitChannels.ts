import { Observable, Subject, connect, filter, from, map, takeUntil, tap } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import { emitWithLostAudio, takeLostAudio } from '../lostAudio.ts';
import type { LostAudio } from '../lostAudio.ts';
import { integer } from '../optionRules.ts';
import { bytesPerSample } from './pcm.ts';
import type { PcmEncoding } from './pcm.ts';

/** The format of the interleaved audio. */
export interface SplitChannelsOptions {
  /** The encoding of a sample. @defaultValue 'pcm_s16le' */
  readonly encoding?: PcmEncoding;
}

const COUNT = integer(1, 32);

/**
 * Splits interleaved PCM into one Observable of mono PCM per channel, for example for two speakers in two channels.
 *
 * `project` receives the channels and returns what to emit. The source is subscribed once per subscription, after the
 * result of `project`, so `project` must subscribe all channels at once. Every chunk reaches all channels synchronously,
 * in order: a channel that pauses the source pauses it for all, and audio that the source lost is reported to each
 * channel. Chunks may end anywhere; a part of a sample at the very end is dropped. Each emitted chunk owns its memory.
 *
 * ```text
 * source     -a-----b---|     a: L1 R1 L2, b: R2 L3 R3
 * channel 0  -l-----m---|     l: L1, m: L2 L3
 * channel 1  -r-----s---|     r: R1, s: R2 R3
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
 * @param count How many channels are interleaved, 1 to 32.
 * @param project Combines the channels. Each transcription opens its own connections, which the service bills separately.
 * @throws {RangeError} when `count` is out of range; {TypeError} when the encoding or `project` is not accepted.
 */
export function splitChannels<Result>(
  count: number,
  project: (channels: readonly Observable<Uint8Array>[]) => ObservableInput<Result>,
  { encoding }: SplitChannelsOptions = {},
): OperatorFunction<Uint8Array, Result> {
  if (!COUNT.accepts(count)) throw new RangeError(`count must be ${COUNT.expected}, not ${String(count)}`);
  if (typeof project !== 'function') throw new TypeError(`project must be a function, not ${typeof project}`);
  const sampleBytes = bytesPerSample(encoding);
  return (source) =>
    new Observable((subscriber) => {
      const ended$ = new Subject<void>();
      subscriber.add(() => ended$.next());
      const lost: LostAudio[][] = Array.from({ length: count }, () => []);
      const takeForAll = (): void => {
        const stretches = takeLostAudio();
        for (const list of lost) list.push(...stretches);
      };
      const parts$ = source.pipe(
        tap({ next: takeForAll, error: takeForAll, complete: takeForAll }),
        map(deinterleave(count, sampleBytes)),
        filter(([first]) => first !== undefined && first.length > 0),
        takeUntil(ended$), // a synchronous source would otherwise be read to its end
      );
      const split = (shared$: Observable<readonly Uint8Array[]>): Observable<Uint8Array>[] =>
        lost.map((list, channel) => withLostAudio(shared$.pipe(map((parts) => parts[channel]!)), list));
      return parts$.pipe(connect((shared$) => from(project(split(shared$))))).subscribe(subscriber);
    });
}

/** Returns a function that splits chunks into the channels, and completes a split sample with the next chunk. */
function deinterleave(count: number, sampleBytes: number): (chunk: Uint8Array) => readonly Uint8Array[] {
  const frameBytes = count * sampleBytes;
  let rest: Uint8Array = new Uint8Array(0);
  return (chunk) => {
    let bytes = chunk;
    if (rest.length > 0) {
      bytes = new Uint8Array(rest.length + chunk.length);
      bytes.set(rest);
      bytes.set(chunk, rest.length);
    }
    const frames = Math.floor(bytes.length / frameBytes);
    rest = Uint8Array.from(bytes.subarray(frames * frameBytes));
    return Array.from({ length: count }, (_, channel) => {
      const part = new Uint8Array(frames * sampleBytes);
      for (let frame = 0; frame < frames; frame += 1) {
        const at = frame * frameBytes + channel * sampleBytes;
        for (let byte = 0; byte < sampleBytes; byte += 1) part[frame * sampleBytes + byte] = bytes[at + byte]!;
      }
      return part;
    });
  };
}

/** Reports the stretches of one channel with each notification until they are taken. */
function withLostAudio(source: Observable<Uint8Array>, lost: LostAudio[]): Observable<Uint8Array> {
  return new Observable((subscriber) =>
    source.subscribe({
      next: (chunk) => emitWithLostAudio(lost, () => subscriber.next(chunk)),
      error: (error) => emitWithLostAudio(lost, () => subscriber.error(error)),
      complete: () => emitWithLostAudio(lost, () => subscriber.complete()),
    }),
  );
}
