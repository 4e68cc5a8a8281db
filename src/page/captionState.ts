import { randomBytes } from 'node:crypto';
import type { FinalTurn, PartialTurn, TranscriptionEvent } from '../../operators/events.ts';
import { reduceTranscript } from '../../operators/reduceTranscript.ts';
import { turnWords } from '../captions/turnWords.ts';
import { monotonicNow } from '../monotonicNow.ts';
import type { SpeakerNames, Status, TurnPart, ViewTurn, ViewUpdate } from './client/viewState.ts';
import { SpeechWait } from './speechWait.ts';
import { TurnHistory } from './turnHistory.ts';
import type { Scope } from './turnHistory.ts';
import { partsOfFinal, partsOfPartial } from './turnParts.ts';
import type { SpokenText } from './turnParts.ts';

/** Most speakers that have an index, and so a colour, of their own. */
const MAX_SPEAKERS = 100;

/** A language tag; anything else of the service is ignored. */
const LANGUAGE = /^[a-z]{2,8}(-[a-z\d]{1,8}){0,4}$/i;

/**
 * The current captions: the finals, the partial and the status. Its size is bounded, and it knows what changed since each
 * earlier version.
 */
export class CaptionState {
  readonly #run = randomBytes(6).toString('base64url');
  readonly #history = new TurnHistory();
  readonly #speakers = new Map<string, number>();
  #version = 1;
  #partialTurn: PartialTurn | undefined;
  #partial: ViewTurn | undefined;
  #connection: Exclude<Status, 'paused'> = 'waiting';
  readonly #speech = new SpeechWait();
  #paused = false;
  #expectsSpeakers = false;
  #names: SpeakerNames;
  #namesVersion = 1;
  #textAt = monotonicNow();

  /** @param names The name that is shown for each label of a speaker. */
  constructor(names: SpeakerNames = {}) {
    this.#names = names;
  }

  /** The current version, unique over all instances. */
  get version(): string {
    return `${this.#run}.${this.#version}`;
  }

  get names(): SpeakerNames {
    return this.#names;
  }

  /** The finals that are kept, in order. */
  get turns(): FinalTurn[] {
    return this.#history.turns;
  }

  /** Applies an event. */
  apply(event: TranscriptionEvent): void {
    switch (event.type) {
      case 'Begin':
        this.#expectsSpeakers ||= event.configuration?.['speaker_labels'] === true;
        return this.#connect(event.runsOn === 'device' ? 'device' : 'live');
      case 'Reconnecting':
        // before the first session the page is connecting anyway
        return this.#connection === 'waiting' ? undefined : this.#connect('reconnecting');
      case 'Suspended':
        this.#speech.update(event);
        return this.#speech.isWaiting ? this.#connect('suspended') : undefined;
      case 'Resumed':
        this.#speech.update(event);
        return this.#connection === 'suspended' ? this.#connect('waiting') : undefined;
      case 'Turn':
        return this.#history.accepts(event.turn_order) ? this.#reduce(event, event.turn_order) : undefined;
      case 'SpeakerRevision':
        for (const revision of event.revisions) {
          this.#reduce({ ...event, revisions: [revision] }, revision.turn_order);
        }
        return;
      case 'Termination':
        return this.#reduce(event, -1);
      default:
    }
  }

  /** Sets whether the source is paused. */
  pause(paused: boolean): void {
    if (paused !== this.#paused) this.#version += 1;
    this.#paused = paused;
  }

  /** Marks the captions as ended, or as interrupted by an error; a partial stays. */
  end(status: 'ended' | 'interrupted' = 'ended'): void {
    if (this.#connection !== 'ended' && this.#connection !== 'interrupted') this.#connect(status);
  }

  /** Sets the name that is shown for each label. */
  rename(names: SpeakerNames): void {
    this.#version += 1;
    this.#namesVersion = this.#version;
    this.#names = names;
  }

  /**
   * Returns what changed since a version; everything if the version is missing or unknown. Many changes of a transcript
   * are returned in several updates: the version of the update is then not the current one.
   */
  since(version: string | undefined, scope: Scope = 'captions'): ViewUpdate {
    const known = this.#numberOf(version);
    const { turns, firstOrder, version: reached } = this.#history.since(known ?? 0, scope);
    const knowsNames = known !== undefined && known >= this.#namesVersion;
    return {
      version: `${this.#run}.${reached ?? this.#version}`,
      replacesAll: known === undefined,
      firstOrder,
      turns,
      partial: this.#partial,
      status: this.#status,
      hasSpeakers: this.#expectsSpeakers || this.#speakers.size > 0,
      quietMs: Math.round(monotonicNow() - this.#textAt),
      ...(!knowsNames && { speakerNames: this.#names }),
    };
  }

  get #status(): Status {
    const isRunning = this.#connection === 'live' || this.#connection === 'device';
    return isRunning && this.#paused ? 'paused' : this.#connection;
  }

  #numberOf(version = ''): number | undefined {
    const [run, number = ''] = version.split('.');
    return run === this.#run && /^\d{1,15}$/.test(number) && Number(number) <= this.#version
      ? Number(number)
      : undefined;
  }

  #connect(connection: Exclude<Status, 'paused'>): void {
    this.#version += 1;
    this.#connection = connection;
  }

  /** Applies an event that concerns one turn, and the partial. */
  #reduce(event: TranscriptionEvent, order: number): void {
    const before = this.#history.get(order);
    const partialBefore = this.#partialTurn;
    const turnsBefore = before ? [before] : [];
    const { turns, partial } = reduceTranscript({ turns: turnsBefore, partial: partialBefore }, event);
    const [turn] = turns;
    if (turn && turn !== before) this.#putFinal(turn, event.type === 'Turn');
    if (partial !== partialBefore) this.#setPartial(partial);
  }

  #putFinal(turn: FinalTurn, isNewText: boolean): void {
    this.#version += 1;
    const { language_code: lang } = turn;
    const startMs = turnWords(turn)[0]?.startMs;
    const view = {
      ...this.#viewOf(turn.turn_order, partsOfFinal(turn)),
      ...(typeof lang === 'string' && LANGUAGE.test(lang) && { lang }),
      ...(startMs !== undefined && { startMs }),
    };
    this.#history.put(turn, view, this.#version);
    if (isNewText) this.#textAt = monotonicNow();
  }

  #setPartial(partial: PartialTurn | undefined): void {
    this.#version += 1;
    this.#partialTurn = partial;
    this.#partial = partial && this.#viewOf(partial.turn_order, partsOfPartial(partial));
    if (partial) this.#textAt = monotonicNow();
  }

  #viewOf(order: number, texts: readonly SpokenText[]): ViewTurn {
    return { order, parts: texts.map((text) => this.#partOf(text)) };
  }

  #partOf({ text, speaker }: SpokenText): TurnPart {
    if (speaker === undefined) return { text };
    const speakerIndex = this.#speakers.get(speaker) ?? this.#speakers.size;
    if (speakerIndex < MAX_SPEAKERS) this.#speakers.set(speaker, speakerIndex);
    return { text, speaker, speakerIndex };
  }
}
