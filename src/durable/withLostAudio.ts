import { Observable } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { bytesToMs } from '../audio/pcm.ts';
import type { PcmFormat } from '../audio/pcm.ts';
import { emitWithLostAudio } from '../lostAudio.ts';
import type { LostAudio } from '../lostAudio.ts';

/** A stretch is reported so much audio after its end, in milliseconds: frames may be cut later than chunks. */
const LAG_MS = 200;

/**
 * Reports lost stretches of a recording with the chunks that are read from it later.
 *
 * @param lost Stretches in milliseconds on the audio clock; those that are reported are removed.
 * @param startMs Where the source starts.
 */
export function withLostAudio(
  lost: LostAudio[],
  startMs: number,
  format: PcmFormat,
): MonoTypeOperatorFunction<Uint8Array> {
  return (source) =>
    new Observable((consumer) => {
      const offered: LostAudio[] = [];
      let bytes = 0;
      const offer = (upToMs: number): void => {
        while (lost[0] && lost[0].endMs <= upToMs) {
          const [stretch] = lost.splice(0, 1);
          if (stretch)
            offered.push({ startMs: Math.max(0, stretch.startMs - startMs), endMs: stretch.endMs - startMs });
        }
      };
      return source.subscribe({
        next: (chunk) => {
          bytes += chunk.length;
          offer(startMs + bytesToMs(bytes, format) - LAG_MS);
          emitWithLostAudio(offered, () => consumer.next(chunk));
        },
        error: (error) => consumer.error(error),
        complete: () => {
          offer(startMs + bytesToMs(bytes, format));
          emitWithLostAudio(offered, () => consumer.complete());
        },
      });
    });
}
