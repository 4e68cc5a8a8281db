import type { Heard } from './recogniser.ts';

const WINDOW_MS = 20;
const ONSET_MS = 100;
const HANGOVER_MS = 300;
const TOLD_EVERY_MS = 500;
const LONGEST_MS = 10_000;

/** Root mean square of the samples above which a window counts as speech: about -36 dB of full scale. */
const LOUD = 500;

/**
 * Tells speech from silence by energy alone, in windows of 20 ms. A run of at least 100 ms is told as one word,
 * `[speech 1.4 s]`; it ends after 300 ms of silence, and after 10 s at the latest.
 */
export class SpeechActivity {
  readonly #bytesPerMs: number;
  #from = 0;
  #window: Uint8Array = new Uint8Array(0);
  #startMs: number | undefined;
  #endMs = 0;
  #toldMs = -1;

  constructor(bytesPerMs: number) {
    this.#bytesPerMs = bytesPerMs;
  }

  /** Takes bytes that stand at byte `from` of the session's audio. */
  push(from: number, bytes: Uint8Array): Heard[] {
    const heard: Heard[] = [];
    if (from !== this.#from + this.#window.length) this.#window = new Uint8Array(0);
    const all = this.#window.length > 0 ? Buffer.concat([this.#window, bytes]) : bytes;
    this.#from = from + bytes.length - all.length;
    const size = 2 * Math.round((WINDOW_MS * this.#bytesPerMs) / 2);
    let at = 0;
    for (; at + size <= all.length; at += size) {
      const startMs = (this.#from + at) / this.#bytesPerMs;
      this.#take(startMs, loudness(all, at, size, this.#from % 2) > LOUD, heard);
    }
    this.#window = all.slice(at);
    this.#from += at;
    return heard;
  }

  /** Other audio follows, or none: ends a run that is still going on. */
  end(): Heard[] {
    const heard: Heard[] = [];
    if (this.#startMs !== undefined) this.#finish(this.#endMs, heard);
    this.#window = new Uint8Array(0);
    return heard;
  }

  #take(startMs: number, loud: boolean, heard: Heard[]): void {
    const nowMs = startMs + WINDOW_MS;
    if (loud) {
      this.#startMs ??= startMs;
      this.#endMs = nowMs;
      const lengthMs = nowMs - this.#startMs;
      if (lengthMs >= LONGEST_MS) this.#finish(nowMs, heard);
      else if (lengthMs >= (this.#toldMs < 0 ? ONSET_MS : this.#toldMs + TOLD_EVERY_MS)) {
        heard.push(this.#tell(nowMs, false, this.#toldMs < 0 ? '' : speech(lengthMs)));
        this.#toldMs = lengthMs;
      }
    } else if (this.#startMs !== undefined && nowMs - this.#endMs >= HANGOVER_MS) this.#finish(nowMs, heard);
  }

  #finish(atMs: number, heard: Heard[]): void {
    if (this.#toldMs >= 0) heard.push(this.#tell(atMs, true, speech(this.#endMs - this.#startMs!)));
    this.#startMs = undefined;
    this.#toldMs = -1;
  }

  #tell(atMs: number, done: boolean, text: string): Heard {
    return { atMs, startMs: this.#startMs!, endMs: this.#endMs, text, done };
  }
}

function speech(ms: number): string {
  return `[speech ${(ms / 1000).toFixed(1)} s]`;
}

function loudness(bytes: Uint8Array, from: number, size: number, odd: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = from + odd; at + 1 < from + size; at += 2) sum += view.getInt16(at, true) ** 2;
  return Math.sqrt((2 * sum) / size);
}
