import type { EndedTurn, OpenTurn } from './openTurn.ts';
import type { ServiceMessage } from './serviceMessage.ts';
import type { SpeakerLabels } from './speakerLabels.ts';

/** Settings that decide where a turn ends and how often it is sent; times in milliseconds of audio. */
export interface TurnSettings {
  /** Silence after which a turn that reads as complete ends. */
  readonly minSilenceMs: number;
  /** Silence after which any turn ends. */
  readonly maxSilenceMs: number;
  /** Length at which a turn ends although speech continues. */
  readonly maxDurationMs: number;
  /** Delay of the first partial after the first sound of the turn. */
  readonly firstPartialMs: number;
  /** Interval between later partials. */
  readonly partialIntervalMs: number;
  /** Whether partials are sent at all. */
  readonly partials: boolean;
  /** Whether `Silence` is sent between turns. */
  readonly acknowledgeSilence: boolean;
  /** Confidence above which a turn reads as complete. */
  readonly confidence: number;
  /** Finals of a turn: unformatted, formatted, or first one and then the other. */
  readonly finals: 'plain' | 'formatted' | 'both';
  /** Whether finals have the language. */
  readonly language: boolean;
}

/** What a style needs to write a turn as messages. */
export interface TurnContext {
  readonly settings: TurnSettings;
  readonly speakers: SpeakerLabels | undefined;
}

/** How a family of models sends its turns. */
export interface TurnStyle {
  /** Whether a message is sent at the beginning of each word instead of at intervals. */
  readonly perWord: boolean;
  /** Silence, in milliseconds, after which a phrase is sent as an utterance; Infinity for never. */
  utteranceMs(settings: TurnSettings): number;
  /** Confidence, 0 to 1, that the turn is complete. */
  confidence(turn: OpenTurn): number;
  partial(turn: OpenTurn, context: TurnContext): ServiceMessage[];
  /** Messages for a pause: the phrase since the last one. */
  pause(turn: OpenTurn, context: TurnContext): ServiceMessage[];
  final(turn: OpenTurn, context: TurnContext): ServiceMessage[];
  /** A final without words. */
  empty(turn: EndedTurn, context: TurnContext): ServiceMessage[];
  /** Messages between the last turn and the end of the session. */
  closing(order: number, context: TurnContext): ServiceMessage[];
}

/** Optional fields of finals: language and speaker. */
export function finalExtras(turn: EndedTurn, { settings, speakers }: TurnContext): object {
  const language = settings.language ? { language_code: 'en', language_confidence: 0.99 } : {};
  return { ...language, ...speakers?.fieldsOf(turn) };
}
