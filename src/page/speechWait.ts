import type { TranscriptionEvent } from '../../operators/events.ts';

/** Whether a transcription waits for speech: one of several channels waits only if all others do. */
export class SpeechWait {
  #suspended = 0;
  /** All channels start suspended. */
  #channels = 0;

  update({ type }: TranscriptionEvent): void {
    if (type === 'Suspended') this.#channels = Math.max(this.#channels, ++this.#suspended);
    if (type === 'Resumed') this.#suspended--;
  }

  get isWaiting(): boolean {
    return this.#suspended > 0 && this.#suspended === this.#channels;
  }
}
