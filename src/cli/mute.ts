import { Observable } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { bytesToMs } from '../audio/pcm.ts';
import { emitWithLostAudio, takeLostAudio } from '../lostAudio.ts';
import type { LostAudio } from '../lostAudio.ts';

/**
 * Drops the chunks recorded while the microphone is muted. The device stays open. Dropped audio does not advance the
 * audio clock, so captions and a recording of the remaining audio stay in sync. A chunk recorded partly while muted is
 * dropped, too.
 *
 * Lost audio that the source reports is shifted to the clock of the remaining audio.
 *
 * @param mutedUntil Returns when muting ended, as `performance.now()`: Infinity while muted.
 */
export function mute(sampleRate: number, mutedUntil: () => number): MonoTypeOperatorFunction<Uint8Array> {
  return (source) =>
    new Observable((subscriber) => {
      const dropped = new DroppedAudio();
      const lost: LostAudio[] = [];
      const forward = (notify: () => void): void => {
        lost.push(...takeLostAudio().flatMap((stretch) => dropped.shift(stretch)));
        emitWithLostAudio(lost, notify);
      };
      return source.subscribe({
        next: (chunk) => {
          const ms = bytesToMs(chunk.length, { sampleRate });
          const drop = performance.now() - ms < mutedUntil();
          dropped.add(ms, drop);
          if (!drop) forward(() => subscriber.next(chunk));
        },
        error: (error) => forward(() => subscriber.error(error)),
        complete: () => forward(() => subscriber.complete()),
      });
    });
}

/** The dropped stretches of a source, in milliseconds. */
class DroppedAudio {
  readonly #stretches: { startMs: number; endMs: number }[] = [];
  #ms = 0;

  add(ms: number, drop: boolean): void {
    const last = this.#stretches.at(-1);
    if (drop && last?.endMs === this.#ms) last.endMs += ms;
    else if (drop) this.#stretches.push({ startMs: this.#ms, endMs: this.#ms + ms });
    this.#ms += ms;
  }

  /** The part of a stretch that was not dropped, on the clock of the remaining audio. */
  shift({ startMs, endMs }: LostAudio): LostAudio[] {
    const shifted = { startMs: this.#at(startMs), endMs: this.#at(endMs) };
    return shifted.endMs > shifted.startMs ? [shifted] : [];
  }

  #at(ms: number): number {
    return this.#stretches.reduce((at, { startMs, endMs }) => at - Math.max(0, Math.min(ms, endMs) - startMs), ms);
  }
}
