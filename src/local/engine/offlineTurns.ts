import type { SessionEvent } from '../../streaming/message.ts';
import { AudioWindow } from './audioWindow.ts';
import type { TurnOptions } from './engineMessages.ts';
import { withoutRepetitions } from './repetitions.ts';
import { SAMPLE_RATE, VAD_WINDOW } from './sherpa.ts';
import type { Recognise, SpeechDetector } from './sherpa.ts';
import { Agreement, endsSentence, turnEvent, wordsOf } from './turnBuilder.ts';
import { estimateWordTimes } from './wordTimes.ts';
import type { Span } from './wordTimes.ts';

/** How long speech lasts before the detector reports it, and silence likewise, in seconds. */
export const MIN_SPEECH_S = 0.2;
export const MIN_SILENCE_S = 0.25;
/** Speech starts up to this long before the detector's minimum, in seconds (measured). */
const ONSET_S = 0.1;
/** Audio before the speech that is recognised with it, in samples: without it the first word is cut. */
const PRE_ROLL = SAMPLE_RATE / 10;
/** Audio kept between turns for the onset of the next one, in samples. */
const KEPT = SAMPLE_RATE;
/** Within so many samples before the limit a long turn is cut, where it is quietest. */
const CUT_RANGE = 2 * SAMPLE_RATE;
/** A phrase that a final repeats so many times in a row is a loop of the model. */
const FINAL_REPETITIONS = 5;
const CUT_LENGTH = (30 * SAMPLE_RATE) / 1000;

/** A turn that has not ended; positions in samples. */
interface OpenTurn {
  readonly from: number;
  /** Where speech was detected; the last stretch may not have ended. */
  readonly speech: { readonly from: number; to?: number }[];
  readonly agreement: Agreement;
  /** Where the current silence began. */
  quietFrom: number;
  /** Up to where partials were recognised. */
  readTo: number;
  /** The text up to the current silence, once it was recognised. */
  reading?: string | undefined;
}

/** The models of one engine. */
export interface OfflineModels {
  readonly recognise: Recognise;
  /** Recognises each turn again when it has ended. */
  readonly recogniseFinal: Recognise;
  readonly detector: SpeechDetector;
}

/**
 * Turns audio into turns with a model that recognises whole stretches of speech: a detector finds the speech, the open turn
 * is recognised again and again for partials, and once more when it ends.
 *
 * A turn ends after `minTurnSilence` if its text ends a sentence, else after `maxTurnSilence`, and at the latest after
 * `maxTurn`, where the speech is quietest. The cost of partials grows with the square of a turn's length; `maxTurn` bounds it.
 */
export class OfflineTurns {
  readonly #models: OfflineModels;
  readonly #options: TurnOptions;
  readonly #emit: (event: SessionEvent) => void;
  readonly #audio = new AudioWindow(SAMPLE_RATE * 20);
  /** Up to where the detector received the audio. */
  #detectedTo = 0;
  #speaking = false;
  #order = 0;
  #turn: OpenTurn | undefined;

  constructor(models: OfflineModels, options: TurnOptions, emit: (event: SessionEvent) => void) {
    this.#models = models;
    this.#options = options;
    this.#emit = emit;
  }

  /** Takes audio and emits what begins and ends with it. */
  accept(pcm: Int16Array): void {
    this.#audio.append(pcm);
    while (this.#detectedTo + VAD_WINDOW <= this.#audio.end) this.#detect();
  }

  /** Recognises the open turn, if it has grown by `partialEvery`. The slow part: skip it when the engine falls behind. */
  emitPartial(): void {
    const turn = this.#turn;
    if (!turn || this.#detectedTo - Math.max(turn.readTo, turn.from) < samples(this.#options.partialEvery)) return;
    turn.readTo = this.#detectedTo;
    const words = withoutRepetitions(wordsOf(this.#read(this.#models.recognise, turn.from, this.#detectedTo)));
    const stable = turn.agreement.update(words);
    if (words.length > 0) this.#emitTurn(turn, words, this.#detectedTo, { isFinal: false, stable });
  }

  /** Ends the open turn with the last sample; no later turn contains audio before that, so that none spans a gap. */
  forceEndpoint(): void {
    const { end } = this.#audio;
    this.#detectedTo = end;
    if (this.#turn) {
      this.#turn.reading = undefined;
      this.#close(this.#turn, end);
    }
    this.#audio.dropBefore(end);
  }

  /** Ends the open turn with the last sample; returns the length of the audio, in milliseconds. */
  finish(): number {
    const { end } = this.#audio;
    if (this.#turn) this.#emitFinal(this.#turn, this.#read(this.#models.recogniseFinal, this.#turn.from, end), end);
    this.#turn = undefined;
    return toMs(end);
  }

  #detect(): void {
    const speaking = this.#models.detector.accept(this.#audio.slice(this.#detectedTo, this.#detectedTo + VAD_WINDOW));
    this.#detectedTo += VAD_WINDOW;
    if (speaking && !this.#speaking) this.#startSpeech();
    if (!speaking && this.#speaking) this.#endSpeech();
    this.#speaking = speaking;
    if (!this.#turn) this.#audio.dropBefore(this.#detectedTo - KEPT);
    else if (speaking) this.#cutIfTooLong(this.#turn);
    else this.#closeIfSilent(this.#turn);
  }

  #startSpeech(): void {
    const onset = this.#detectedTo - VAD_WINDOW - Math.round((MIN_SPEECH_S + ONSET_S) * SAMPLE_RATE);
    const from = Math.max(this.#audio.start, onset);
    if (this.#turn) {
      this.#turn.speech.push({ from: Math.max(from, this.#turn.quietFrom) });
      this.#turn.reading = undefined;
      return;
    }
    this.#turn = openTurn(Math.max(this.#audio.start, from - PRE_ROLL), from);
    this.#emit({ type: 'SpeechStarted', timestamp: toMs(from) });
  }

  #endSpeech(): void {
    if (!this.#turn) return;
    const last = this.#turn.speech.at(-1);
    const to = Math.max(last?.from ?? 0, this.#detectedTo - Math.round(MIN_SILENCE_S * SAMPLE_RATE));
    if (last) last.to = to;
    this.#turn.quietFrom = to;
  }

  #cutIfTooLong(turn: OpenTurn): void {
    const limit = turn.from + samples(this.#options.maxTurn);
    if (this.#detectedTo < limit) return;
    const from = Math.max(turn.from, this.#detectedTo - Math.min(CUT_RANGE, samples(this.#options.maxTurn) / 2));
    this.#close(turn, this.#audio.quietest(from, this.#detectedTo, CUT_LENGTH));
  }

  #closeIfSilent(turn: OpenTurn): void {
    const quietMs = toMs(this.#detectedTo - turn.quietFrom);
    if (quietMs >= this.#options.maxTurnSilence) {
      this.#close(turn, this.#detectedTo);
    } else if (quietMs >= this.#options.minTurnSilence && turn.reading === undefined) {
      turn.reading = this.#read(this.#models.recogniseFinal, turn.from, this.#detectedTo);
      if (endsSentence(turn.reading)) this.#close(turn, this.#detectedTo);
    }
  }

  /** Ends a turn at a position; speech that goes on begins the next one there. */
  #close(turn: OpenTurn, at: number): void {
    const text = turn.reading ?? this.#read(this.#models.recogniseFinal, turn.from, at);
    this.#emitFinal(turn, text, at);
    this.#turn = this.#speaking ? openTurn(at, at) : undefined;
    this.#audio.dropBefore(this.#speaking ? at : this.#detectedTo - KEPT / 2);
  }

  #emitFinal(turn: OpenTurn, text: string, to: number): void {
    const words = withoutRepetitions(wordsOf(text), FINAL_REPETITIONS);
    if (words.length > 0) {
      this.#emitTurn(turn, words, to, { isFinal: true, stable: words.length });
      this.#order++;
    } else if (speechLength(turn, to) >= MIN_SPEECH_S * SAMPLE_RATE) {
      const [from = turn.from] = turn.speech.map((span) => span.from);
      const warning = `no words were recognised in the speech from ${toMs(from)} to ${toMs(to)} ms of the session`;
      this.#emit({ type: 'Warning', warning_code: 0, warning });
    }
  }

  #emitTurn(turn: OpenTurn, words: readonly string[], to: number, state: { isFinal: boolean; stable: number }): void {
    const times = estimateWordTimes(words, speechUntil(turn, to)).map((span) => ({
      from: toMs(span.from),
      to: toMs(span.to),
    }));
    this.#emit(turnEvent(this.#order, words, times, state));
  }

  #read(recognise: Recognise, from: number, to: number): string {
    return recognise(this.#audio.slice(from, to)).trim();
  }
}

function openTurn(from: number, speechFrom: number): OpenTurn {
  return { from, speech: [{ from: speechFrom }], agreement: new Agreement(), quietFrom: speechFrom, readTo: from };
}

function speechUntil(turn: OpenTurn, until: number): Span[] {
  const spans = turn.speech
    .map(({ from, to = until }) => ({ from, to: Math.min(to, until) }))
    .filter(({ from, to }) => to > from);
  return spans.length > 0 ? spans : [{ from: turn.from, to: Math.max(turn.from + 1, until) }];
}

/** How much of a turn is speech; little is left of a word that a turn before it cut. */
function speechLength({ speech }: OpenTurn, until: number): number {
  return speech.reduce((sum, { from, to = until }) => sum + to - from, 0);
}

function samples(ms: number): number {
  return Math.round((ms * SAMPLE_RATE) / 1000);
}

function toMs(position: number): number {
  return Math.round((position * 1000) / SAMPLE_RATE);
}
