import type { OpenTurn } from './openTurn.ts';
import type { RecognisedWord } from './recogniser.ts';
import type { ServiceMessage } from './serviceMessage.ts';
import type { SpeakerLabels } from './speakerLabels.ts';
import type { TurnSettings, TurnStyle } from './turnStyle.ts';

interface Step {
  readonly atMs: number;
  readonly run: () => void;
}

const SILENCE_INTERVAL_MS = 1000;

/**
 * Groups recognised words into turns and writes their messages. Its only clock is the position in the audio: without audio
 * nothing happens, and the same audio gives the same messages, no matter how it is cut into frames.
 */
export class TurnLogic {
  readonly #style: TurnStyle;
  readonly #context: { settings: TurnSettings; readonly speakers: SpeakerLabels | undefined };
  #nowMs = 0;
  #silentSinceMs = 0;
  #order = 0;
  #turn: OpenTurn | undefined;
  #emptyFinalsDue = 0;
  #messages: ServiceMessage[] = [];

  constructor(style: TurnStyle, settings: TurnSettings, speakers?: SpeakerLabels) {
    this.#style = style;
    this.#context = { settings, speakers };
  }

  /** Changes the settings for the audio that follows. */
  set settings(settings: TurnSettings) {
    this.#context.settings = settings;
  }

  /** Advances the audio clock to `toMs`; `words` were recognised on the way. */
  advance(toMs: number, words: readonly RecognisedWord[]): ServiceMessage[] {
    for (const word of words) {
      this.#runTo(word.atMs);
      this.#addWord(word);
    }
    this.#runTo(toMs);
    return this.#takeMessages();
  }

  /** Ends the open turn now, if there is one. A word in progress opens the next turn. */
  forceEndpoint(): ServiceMessage[] {
    this.#endTurn();
    return this.#takeMessages();
  }

  /** Sends a final without words under its own turn number: now, or when the open turn ends. */
  emptyFinal(): ServiceMessage[] {
    this.#emptyFinalsDue++;
    this.#sendEmptyFinals();
    return this.#takeMessages();
  }

  /** Ends the open turn and the session. */
  finish(): ServiceMessage[] {
    this.#endTurn();
    const { speakers } = this.#context;
    this.#messages.push(...this.#style.closing(this.#order, this.#context), ...(speakers?.lastRevision() ?? []));
    return this.#takeMessages();
  }

  #takeMessages(): ServiceMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    return messages;
  }

  #runTo(toMs: number): void {
    for (let step = this.#nextStep(); step !== undefined && step.atMs <= toMs; step = this.#nextStep()) {
      this.#nowMs = Math.max(this.#nowMs, step.atMs);
      step.run();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** The next step if no further word is recognised. */
  #nextStep(): Step | undefined {
    const { settings } = this.#context;
    const turn = this.#turn;
    if (turn === undefined) return settings.acknowledgeSilence ? this.#silenceStep() : undefined;
    let next: Step = { atMs: turn.startMs + settings.maxDurationMs, run: () => this.#endTurn() };
    const consider = (atMs: number, run: () => void): void => {
      if (atMs < next.atMs) next = { atMs, run };
    };
    if (!this.#style.perWord) consider(turn.nextPartialMs, () => this.#sendPartial(turn));
    const last = turn.words.at(-1);
    if (turn.currentWord === undefined && last !== undefined) {
      const complete = this.#style.confidence(turn) > settings.confidence;
      const silenceMs = complete ? Math.min(settings.minSilenceMs, settings.maxSilenceMs) : settings.maxSilenceMs;
      consider(last.endMs + silenceMs, () => this.#endTurn());
      const pauseMs = Math.min(this.#style.utteranceMs(settings), settings.minSilenceMs);
      if (!turn.paused) consider(last.endMs + pauseMs, () => this.#sendPause(turn));
    }
    return next;
  }

  #silenceStep(): Step {
    const fromMs = this.#silentSinceMs;
    const atMs = fromMs + SILENCE_INTERVAL_MS;
    const run = (): void => {
      this.#silentSinceMs = atMs;
      this.#messages.push({ type: 'Silence', start_ms: Math.round(fromMs), end_ms: Math.round(atMs) });
    };
    return { atMs, run };
  }

  #addWord(word: RecognisedWord): void {
    if (word.done && word.text === '') return;
    this.#turn ??= this.#openTurn(word.startMs);
    const turn = this.#turn;
    turn.paused = false;
    turn.currentWord = word.done ? undefined : word;
    if (word.done) turn.words.push(word);
    else if (this.#style.perWord && word.text !== '') this.#send(turn, this.#style.partial(turn, this.#context));
  }

  #openTurn(startMs: number): OpenTurn {
    return {
      order: this.#order,
      startMs,
      words: [],
      currentWord: undefined,
      messagesSent: 0,
      wordsUttered: 0,
      paused: false,
      nextPartialMs: startMs + this.#context.settings.firstPartialMs,
    };
  }

  #sendPartial(turn: OpenTurn): void {
    turn.nextPartialMs = this.#nowMs + this.#context.settings.partialIntervalMs;
    this.#send(turn, this.#style.partial(turn, this.#context));
  }

  #sendPause(turn: OpenTurn): void {
    turn.paused = true;
    this.#send(turn, this.#style.pause(turn, this.#context));
  }

  #send(turn: OpenTurn, messages: ServiceMessage[]): void {
    if (!this.#context.settings.partials || messages.length === 0) return;
    turn.messagesSent += messages.length;
    this.#messages.push(...messages);
  }

  #sendEmptyFinals(): void {
    if (this.#turn !== undefined) return;
    for (; this.#emptyFinalsDue > 0; this.#emptyFinalsDue--) {
      this.#messages.push(...this.#style.empty({ order: this.#order++, words: [] }, this.#context));
    }
  }

  #endTurn(): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#turn = undefined;
    if (turn.words.length > 0) {
      this.#messages.push(...this.#style.final(turn, this.#context));
      this.#context.speakers?.addTurn(turn);
      this.#messages.push(...(this.#context.speakers?.periodicRevision(this.#nowMs) ?? []));
      this.#order++;
    }
    this.#sendEmptyFinals();
    this.#silentSinceMs = this.#nowMs;
    if (turn.currentWord !== undefined) {
      this.#turn = this.#openTurn(turn.words.length > 0 ? turn.currentWord.startMs : this.#nowMs);
      this.#turn.currentWord = turn.currentWord;
    }
  }
}
