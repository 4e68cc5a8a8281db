import type { TranscriptionEvent } from '../../../operators/events.ts';
import { formatTime } from '../terminal/formatTime.ts';

/** Counts what a run did, for one line at its end. */
export class RunSummary {
  #words = 0;
  #openMs = 0;
  #openSince: number | undefined;

  update(event: TranscriptionEvent): void {
    if (event.type === 'Turn' && event.isFinal) this.#words += event.transcript.split(/\s+/).filter(Boolean).length;
    if (event.type === 'Begin') this.#openSince ??= performance.now();
    if (event.type === 'Reconnecting' || event.type === 'Termination') this.#close();
  }

  /**
   * @param audioMs Length of the audio, in milliseconds.
   * @param written The files and folders that were written.
   */
  line(audioMs: number, written: readonly string[]): string {
    this.#close();
    const parts = [
      `${formatTime(audioMs)} of audio`,
      `${this.#words} ${this.#words === 1 ? 'word' : 'words'}`,
      `sessions were open for ${formatTime(this.#openMs)}`,
    ];
    return `${parts.join(', ')}${written.length === 0 ? '' : `; wrote ${written.join(', ')}`}`;
  }

  #close(): void {
    if (this.#openSince === undefined) return;
    this.#openMs += performance.now() - this.#openSince;
    this.#openSince = undefined;
  }
}
