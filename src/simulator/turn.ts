import type { Heard } from './recogniser.ts';
import type { SpeakerLabels } from './speakerLabels.ts';

/** A message of the service, ready for JSON. Key order is order on the wire. */
export type Message = { readonly type: string } & Readonly<Record<string, unknown>>;

/** What decides where a turn ends and how often it is told; times in milliseconds of audio. */
export interface TurnSettings {
  /** Silence after which a turn that reads as complete ends. */
  readonly minSilenceMs: number;
  /** Silence after which any turn ends. */
  readonly maxSilenceMs: number;
  /** Length at which a turn is ended though speech goes on. */
  readonly longestMs: number;
  /** When the first partial comes, after the turn's first sound. */
  readonly firstPartialMs: number;
  /** How often partials come after it. */
  readonly partialEveryMs: number;
  /** Whether partials are sent at all. */
  readonly partials: boolean;
  /** Whether silence between turns is acknowledged. */
  readonly acknowledgeSilence: boolean;
  /** Confidence above which a turn reads as complete. */
  readonly confidence: number;
  /** Finals of a turn: unformatted, formatted, or first the one and then the other. */
  readonly finals: 'plain' | 'formatted' | 'both';
  /** Whether finals tell the language. */
  readonly language: boolean;
}

/** The turn being spoken. */
export interface OpenTurn {
  readonly order: number;
  readonly startMs: number;
  /** Words that are over. */
  readonly words: Heard[];
  /** The word being said. */
  speaking: Heard | undefined;
  /** Messages sent of this turn. */
  told: number;
  /** Words whose phrase was told as an utterance. */
  uttered: number;
  /** Whether the present silence was answered. */
  paused: boolean;
  /** When the next partial is due. */
  partialMs: number;
}

/** What is left of a turn once it ended. */
export type EndedTurn = Pick<OpenTurn, 'order' | 'words'>;

/** What a family needs to put a turn into messages. */
export interface Telling {
  readonly settings: TurnSettings;
  readonly speakers: SpeakerLabels | undefined;
}

/** How a family of models tells its turns. */
export interface TurnStyle {
  /** Whether a message follows each beginning word, rather than a cadence. */
  readonly perWord: boolean;
  /** Silence, in milliseconds, after which a phrase is told as an utterance; Infinity for never. */
  utteranceMs(settings: TurnSettings): number;
  /** How sure it is, 0 to 1, that the turn is complete as it stands. */
  confidence(turn: OpenTurn): number;
  partial(turn: OpenTurn, telling: Telling): Message[];
  /** The phrase since the last pause, when silence follows it. */
  pause(turn: OpenTurn, telling: Telling): Message[];
  final(turn: OpenTurn, telling: Telling): Message[];
  /** A final without words. */
  empty(turn: EndedTurn, telling: Telling): Message[];
  /** What follows the last turn when the session is terminated. */
  farewell(order: number, telling: Telling): Message[];
}

/** What a `Turn` says. */
export interface TurnMessage {
  readonly order: number;
  readonly formatted: boolean;
  readonly end: boolean;
  readonly transcript: string;
  readonly confidence: number;
  readonly words: readonly object[];
  readonly utterance: string;
  readonly extra?: object;
}

/** A `Turn` as it stands on the wire, `type` last. */
export function turnMessage(turn: TurnMessage): Message {
  return {
    turn_order: turn.order,
    turn_is_formatted: turn.formatted,
    end_of_turn: turn.end,
    transcript: turn.transcript,
    end_of_turn_confidence: turn.confidence,
    words: turn.words,
    utterance: turn.utterance,
    ...turn.extra,
    type: 'Turn',
  };
}

/** A word as it stands on the wire; its confidence is made up from its text, always the same for the same word. */
export function wireWord({ startMs, endMs }: Heard, text: string, final: boolean, speaker?: string): object {
  const confidence = text.endsWith('~') ? 0.42 : Number((0.88 + ((text.length * 7) % 12) / 100).toFixed(2));
  const word = { start: Math.round(startMs), end: Math.round(endMs), text, confidence, word_is_final: final };
  return speaker === undefined ? word : { ...word, speaker };
}

/** What finals add when asked for: the language, the speaker. */
export function finalExtras(turn: EndedTurn, { settings, speakers }: Telling): object {
  const language = settings.language ? { language_code: 'en', language_confidence: 0.99 } : {};
  return { ...language, ...speakers?.ofTurn(turn) };
}
