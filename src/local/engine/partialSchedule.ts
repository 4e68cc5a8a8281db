import { SAMPLE_RATE } from './sherpa.ts';

/** With more audio than this waiting, in bytes, partials are skipped so that finals stay on time: 1 s. */
const MAX_WAITING_BYTES = 2 * SAMPLE_RATE;

/** Emits partials after the messages that have arrived are processed, because partials are the slow part. */
export class PartialSchedule {
  readonly #emit: () => void;
  #waiting = 0;
  #isDue = false;

  constructor(emit: () => void) {
    this.#emit = emit;
  }

  /** @param waiting Bytes of audio that waited for this process when the latest message was sent. */
  received(waiting: number): void {
    this.#waiting = waiting;
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (this.#waiting <= MAX_WAITING_BYTES) this.#emit();
    });
  }
}
