import type { SessionLog } from './sessionLog.ts';

/** How much audio all sessions of a service keep together, in bytes: 17 minutes at 16 kHz. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;

/** Bounds the audio that the sessions of a service keep: the oldest pieces are dropped first. */
export class AudioBudget {
  readonly #pieces: { readonly log: SessionLog; readonly bytes: number }[] = [];
  #bytes = 0;

  /** Counts a piece that a session keeps from now on. */
  add(log: SessionLog, bytes: number): void {
    this.#pieces.push({ log, bytes });
    this.#bytes += bytes;
    while (this.#bytes > MAX_KEPT_BYTES) {
      const oldest = this.#pieces.shift()!;
      oldest.log.dropOldestAudio();
      this.#bytes -= oldest.bytes;
    }
  }
}
