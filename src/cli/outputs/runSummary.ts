import type { TranscriptionEvent } from '../../../operators/events.ts';
import { formatTime } from '../terminal/formatTime.ts';

const HOUR_MS = 3_600_000;

/** Counts what a run did, for one line at its end. */
export class RunSummary {
  readonly #price: number | undefined;
  #words = 0;
  #openMs = 0;

  /** @param price Price of an hour of session. */
  constructor(price?: number) {
    this.#price = price;
  }

  update(event: TranscriptionEvent): void {
    if (event.type === 'Turn' && event.isFinal) this.#words += event.transcript.split(/\s+/).filter(Boolean).length;
    if (event.type === 'Stats') this.#openMs = event.openMs;
  }

  /**
   * @param audioMs Length of the audio, in milliseconds.
   * @param written The files and folders that were written.
   */
  line(audioMs: number, written: readonly string[]): string {
    const cost = this.#price === undefined ? '' : `, which costs ${money((this.#openMs / HOUR_MS) * this.#price)}`;
    const parts = [
      `${formatTime(audioMs)} of audio`,
      `${this.#words} ${this.#words === 1 ? 'word' : 'words'}`,
      `sessions were open for ${formatTime(this.#openMs)}${cost}`,
    ];
    return `${parts.join(', ')}${written.length === 0 ? '' : `; wrote ${written.join(', ')}`}`;
  }
}

/** Two decimals, or more for less than one hundredth. */
function money(amount: number): string {
  return amount >= 0.1 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(2);
}
