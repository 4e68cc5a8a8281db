import { Observable } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { bytesToMs } from '../audio/pcm.ts';
import { emitWithLostAudio, takeLostAudio } from '../lostAudio.ts';
import type { LostAudio } from '../lostAudio.ts';

/**
 * Drops the chunks that were recorded while a microphone is muted, and passes all others on. The device stays open; the
 * audio clock of what follows does not count what was dropped, so captions and a recording of what passed stay in step.
 * A chunk that is only in part from after the muting is dropped, too: nothing said while muted gets through.
 *
 * A stretch that the source reports as silence in place of audio moves to where it is on the clock of what passed.
 *
 * @param mutedUntil Tells when the muting ended, on the clock of `performance`: Infinity while it lasts.
 */
export function mute(sampleRate: number, mutedUntil: () => number): MonoTypeOperatorFunction<Uint8Array> {
  return (source) =>
    new Observable((subscriber) => {
      const clock = new Dropped();
      const missing: LostAudio[] = [];
      const forward = (notify: () => void): void => {
        missing.push(...takeLostAudio().flatMap((stretch) => clock.moved(stretch)));
        emitWithLostAudio(missing, notify);
      };
      return source.subscribe({
        next: (chunk) => {
          const ms = bytesToMs(chunk.length, { sampleRate });
          const drop = performance.now() - ms < mutedUntil();
          clock.passed(ms, drop);
          if (!drop) forward(() => subscriber.next(chunk));
        },
        error: (error) => forward(() => subscriber.error(error)),
        complete: () => forward(() => subscriber.complete()),
      });
    });
}

/** Knows which stretches of a source were dropped, in milliseconds. */
class Dropped {
  readonly #stretches: { startMs: number; endMs: number }[] = [];
  #ms = 0;

  passed(ms: number, drop: boolean): void {
    const last = this.#stretches.at(-1);
    if (drop && last?.endMs === this.#ms) last.endMs += ms;
    else if (drop) this.#stretches.push({ startMs: this.#ms, endMs: this.#ms + ms });
    this.#ms += ms;
  }

  /** The part of a stretch that was not dropped, on the clock of what passed. */
  moved({ startMs, endMs }: LostAudio): LostAudio[] {
    const moved = { startMs: this.#at(startMs), endMs: this.#at(endMs) };
    return moved.endMs > moved.startMs ? [moved] : [];
  }

  #at(ms: number): number {
    return this.#stretches.reduce((at, { startMs, endMs }) => at - Math.max(0, Math.min(ms, endMs) - startMs), ms);
  }
}
