import type { Heard } from './recogniser.ts';
import type { SpeakerLabels } from './speakerLabels.ts';
import type { Message, OpenTurn, Telling, TurnSettings, TurnStyle } from './turn.ts';

interface Step {
  readonly atMs: number;
  readonly run: () => void;
}

const SILENCE_EVERY_MS = 1000;

/**
 * Makes turns of what is heard. Time is the position in the audio and nothing else: without audio nothing happens, and the
 * same audio gives the same messages however it is cut into frames.
 */
export class TurnLogic {
  readonly #style: TurnStyle;
  readonly #telling: { settings: TurnSettings; readonly speakers: SpeakerLabels | undefined };
  #nowMs = 0;
  #silentSinceMs = 0;
  #order = 0;
  #turn: OpenTurn | undefined;
  #emptyDue = 0;
  #out: Message[] = [];

  constructor(style: TurnStyle, settings: TurnSettings, speakers?: SpeakerLabels) {
    this.#style = style;
    this.#telling = { settings, speakers };
  }

  /** Changes the settings for the audio that follows. */
  set settings(settings: TurnSettings) {
    this.#telling.settings = settings;
  }

  /** The audio went on to `toMs`, and this was heard in it. */
  advance(toMs: number, heard: readonly Heard[]): Message[] {
    for (const word of heard) {
      this.#runTo(word.atMs);
      this.#hear(word);
    }
    this.#runTo(toMs);
    return this.#take();
  }

  /** Ends the open turn now, if there is one. A word being said belongs to the next turn. */
  force(): Message[] {
    this.#end();
    return this.#take();
  }

  /** Tells a final without words under a turn number of its own: now, or when the open turn ends. */
  empty(): Message[] {
    this.#emptyDue++;
    this.#tellEmpty();
    return this.#take();
  }

  /** The session is terminated: ends the open turn and tells what follows the last turn. */
  finish(): Message[] {
    this.#end();
    const telling: Telling = this.#telling;
    this.#out.push(...this.#style.farewell(this.#order, telling), ...(telling.speakers?.revision() ?? []));
    return this.#take();
  }

  #take(): Message[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #runTo(toMs: number): void {
    for (let step = this.#step(); step !== undefined && step.atMs <= toMs; step = this.#step()) {
      this.#nowMs = Math.max(this.#nowMs, step.atMs);
      step.run();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** What is due next if nothing more is heard. */
  #step(): Step | undefined {
    const { settings } = this.#telling;
    const turn = this.#turn;
    if (turn === undefined) return settings.acknowledgeSilence ? this.#silence() : undefined;
    let next: Step = { atMs: turn.startMs + settings.longestMs, run: () => this.#end() };
    const consider = (atMs: number, run: () => void): void => {
      if (atMs < next.atMs) next = { atMs, run };
    };
    if (!this.#style.perWord) consider(turn.partialMs, () => this.#cadence(turn));
    const last = turn.words.at(-1);
    if (turn.speaking === undefined && last !== undefined) {
      const complete = this.#style.confidence(turn) > settings.confidence;
      const utteranceMs = this.#style.utteranceMs(settings);
      consider(
        last.endMs + (complete ? Math.min(settings.minSilenceMs, settings.maxSilenceMs) : settings.maxSilenceMs),
        () => this.#end(),
      );
      if (!turn.paused) consider(last.endMs + Math.min(utteranceMs, settings.minSilenceMs), () => this.#pause(turn));
    }
    return next;
  }

  #silence(): Step {
    const fromMs = this.#silentSinceMs;
    const atMs = fromMs + SILENCE_EVERY_MS;
    const run = (): void => {
      this.#silentSinceMs = atMs;
      this.#out.push({ type: 'Silence', start_ms: Math.round(fromMs), end_ms: Math.round(atMs) });
    };
    return { atMs, run };
  }

  #hear(word: Heard): void {
    if (word.done && word.text === '') return;
    this.#turn ??= this.#open(word);
    const turn = this.#turn;
    turn.paused = false;
    turn.speaking = word.done ? undefined : word;
    if (word.done) turn.words.push(word);
    else if (this.#style.perWord && word.text !== '') this.#tell(turn, this.#style.partial(turn, this.#telling));
  }

  #open({ startMs }: Heard): OpenTurn {
    const partialMs = startMs + this.#telling.settings.firstPartialMs;
    const turn = { order: this.#order, startMs, words: [], speaking: undefined, told: 0, uttered: 0, paused: false };
    return { ...turn, partialMs };
  }

  #cadence(turn: OpenTurn): void {
    turn.partialMs = this.#nowMs + this.#telling.settings.partialEveryMs;
    this.#tell(turn, this.#style.partial(turn, this.#telling));
  }

  #pause(turn: OpenTurn): void {
    turn.paused = true;
    this.#tell(turn, this.#style.pause(turn, this.#telling));
  }

  #tell(turn: OpenTurn, messages: Message[]): void {
    if (!this.#telling.settings.partials || messages.length === 0) return;
    turn.told += messages.length;
    this.#out.push(...messages);
  }

  #tellEmpty(): void {
    if (this.#turn !== undefined) return;
    for (; this.#emptyDue > 0; this.#emptyDue--) {
      const nothing = { order: this.#order++, words: [] };
      this.#out.push(...this.#style.empty(nothing, this.#telling));
    }
  }

  #end(): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    this.#turn = undefined;
    if (turn.words.length > 0) {
      this.#out.push(...this.#style.final(turn, this.#telling));
      this.#telling.speakers?.learn(turn);
      this.#order++;
    }
    this.#tellEmpty();
    this.#silentSinceMs = this.#nowMs;
    if (turn.speaking !== undefined) {
      this.#turn = this.#open({
        ...turn.speaking,
        startMs: turn.words.length > 0 ? turn.speaking.startMs : this.#nowMs,
      });
      this.#turn.speaking = turn.speaking;
    }
  }
}
