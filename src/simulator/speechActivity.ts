import type { RecognisedWord } from './recogniser.ts';

const WINDOW_MS = 20;
const ONSET_MS = 100;
const HANGOVER_MS = 300;
const UPDATE_INTERVAL_MS = 500;
const MAX_MS = 10_000;

/** Root mean square of the samples above which a window counts as speech: about -36 dB of full scale. */
const SPEECH_LEVEL = 500;

/**
 * Detects speech by its energy alone, in windows of 20 ms. A run of at least 100 ms is returned as one word,
 * `[speech 1.4 s]`. The run ends after 300 ms of silence, or after 10 s.
 */
export class SpeechActivity {
  readonly #bytesPerMs: number;
  #from = 0;
  #window: Uint8Array = new Uint8Array(0);
  #startMs: number | undefined;
  #endMs = 0;
  /** Length of the run when it was last returned; -1 if it was not. */
  #returnedMs = -1;

  constructor(bytesPerMs: number) {
    this.#bytesPerMs = bytesPerMs;
  }

  /** Accepts bytes that begin at byte `from` of the session's audio. */
  push(from: number, bytes: Uint8Array): RecognisedWord[] {
    const words: RecognisedWord[] = [];
    if (from !== this.#from + this.#window.length) this.#window = new Uint8Array(0);
    const all = this.#window.length > 0 ? Buffer.concat([this.#window, bytes]) : bytes;
    this.#from = from + bytes.length - all.length;
    const size = 2 * Math.round((WINDOW_MS * this.#bytesPerMs) / 2);
    let at = 0;
    for (; at + size <= all.length; at += size) {
      const startMs = (this.#from + at) / this.#bytesPerMs;
      this.#addWindow(startMs, level(all, at, size, this.#from % 2) > SPEECH_LEVEL, words);
    }
    this.#window = all.slice(at);
    this.#from += at;
    return words;
  }

  /** Ends the run in progress: other audio follows, or none. */
  end(): RecognisedWord[] {
    const words: RecognisedWord[] = [];
    if (this.#startMs !== undefined) this.#endRun(this.#endMs, words);
    this.#window = new Uint8Array(0);
    return words;
  }

  #addWindow(startMs: number, isSpeech: boolean, words: RecognisedWord[]): void {
    const nowMs = startMs + WINDOW_MS;
    if (isSpeech) {
      this.#startMs ??= startMs;
      this.#endMs = nowMs;
      const lengthMs = nowMs - this.#startMs;
      if (lengthMs >= MAX_MS) this.#endRun(nowMs, words);
      else if (lengthMs >= (this.#returnedMs < 0 ? ONSET_MS : this.#returnedMs + UPDATE_INTERVAL_MS)) {
        words.push(this.#word(nowMs, false, this.#returnedMs < 0 ? '' : textOf(lengthMs)));
        this.#returnedMs = lengthMs;
      }
    } else if (this.#startMs !== undefined && nowMs - this.#endMs >= HANGOVER_MS) this.#endRun(nowMs, words);
  }

  #endRun(atMs: number, words: RecognisedWord[]): void {
    if (this.#returnedMs >= 0) words.push(this.#word(atMs, true, textOf(this.#endMs - this.#startMs!)));
    this.#startMs = undefined;
    this.#returnedMs = -1;
  }

  #word(atMs: number, done: boolean, text: string): RecognisedWord {
    return { atMs, startMs: this.#startMs!, endMs: this.#endMs, text, done };
  }
}

function textOf(ms: number): string {
  return `[speech ${(ms / 1000).toFixed(1)} s]`;
}

function level(bytes: Uint8Array, from: number, size: number, odd: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = from + odd; at + 1 < from + size; at += 2) sum += view.getInt16(at, true) ** 2;
  return Math.sqrt((2 * sum) / size);
}
