import type { SessionEvent } from '../../streaming/message.ts';
import type { TurnOptions } from './engineMessages.ts';
import { SAMPLE_RATE } from './sherpa.ts';
import type { OnlineStream } from './sherpa.ts';
import { Agreement, endsSentence, turnEvent, wordsOf } from './turnBuilder.ts';
import { estimateWordTimes } from './wordTimes.ts';

/**
 * Turns audio into turns with a model that recognises audio as it comes in. Silence is audio in which the text does not grow.
 *
 * Tested with a stream that imitates such a model; no real one was run, because none can be installed from npm.
 */
export class OnlineTurns {
  readonly #stream: OnlineStream;
  readonly #options: TurnOptions;
  readonly #emit: (event: SessionEvent) => void;
  #position = 0;
  #order = 0;
  #text = '';
  /** Where the text of the open turn began and where it last grew, in samples. */
  #from = 0;
  #grownAt = 0;
  #partialAt = 0;
  #emitted = '';
  /** Where the last turn ended, in samples. */
  #endedAt = 0;
  #agreement = new Agreement();

  constructor(stream: OnlineStream, options: TurnOptions, emit: (event: SessionEvent) => void) {
    this.#stream = stream;
    this.#options = options;
    this.#emit = emit;
  }

  /** Takes audio and emits what begins and ends with it. */
  accept(pcm: Int16Array): void {
    const before = this.#position;
    this.#position += pcm.length;
    this.#stream.accept(Float32Array.from(pcm, (sample) => sample / 32_768));
    this.#update(before);
    if (this.#text === '') return;
    const quietMs = toMs(this.#position - this.#grownAt);
    const silence = endsSentence(this.#text) ? this.#options.minTurnSilence : this.#options.maxTurnSilence;
    if (quietMs >= silence || toMs(this.#position - this.#from) >= this.#options.maxTurn) this.#end();
  }

  /** Emits the text so far if it changed, at most every `partialEvery`. */
  emitPartial(): void {
    if (this.#text === this.#emitted || toMs(this.#position - this.#partialAt) < this.#options.partialEvery) return;
    this.#partialAt = this.#position;
    this.#emitted = this.#text;
    const words = wordsOf(this.#text);
    this.#emitTurn(words, { isFinal: false, stable: this.#agreement.update(words) });
  }

  /** Ends the open turn with the last sample; what follows is in the next turn, even if the model is behind. */
  forceEndpoint(): void {
    this.#stream.flush();
    this.#endLate();
  }

  #end(): void {
    const words = wordsOf(this.#text);
    if (words.length > 0) {
      this.#emitTurn(words, { isFinal: true, stable: words.length });
      this.#order++;
    }
    this.#text = '';
    this.#emitted = '';
    this.#endedAt = this.#position;
    this.#agreement = new Agreement();
    this.#stream.reset();
  }

  /** Ends the open turn with the last sample; returns the length of the audio, in milliseconds. */
  finish(): number {
    this.#stream.finish();
    this.#endLate();
    return toMs(this.#position);
  }

  /** Ends the open turn with words that the model had not reported: they were spoken up to a second ago. */
  #endLate(): void {
    this.#update(Math.max(this.#endedAt, this.#position - SAMPLE_RATE));
    this.#end();
  }

  #update(before: number): void {
    const text = this.#stream.text();
    if (text === this.#text) return;
    if (this.#text === '') {
      this.#from = before;
      this.#emit({ type: 'SpeechStarted', timestamp: toMs(before) });
    }
    this.#text = text;
    this.#grownAt = this.#position;
  }

  #emitTurn(words: readonly string[], state: { isFinal: boolean; stable: number }): void {
    const span = { from: toMs(this.#from), to: toMs(Math.max(this.#from + 1, this.#grownAt)) };
    const times = estimateWordTimes(words, [span]).map(({ from, to }) => ({
      from: Math.round(from),
      to: Math.round(to),
    }));
    this.#emit(turnEvent(this.#order, words, times, state));
  }
}

function toMs(position: number): number {
  return Math.round((position * 1000) / SAMPLE_RATE);
}
