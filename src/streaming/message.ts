import type {
  AudioGap,
  ControlReceived,
  Reconnecting,
  Resumed,
  Stats,
  Suspended,
  TranscriptionEvent,
  Turn,
  Word,
} from '../../operators/events.ts';
import { describeValue, isIntegerWithin, isRecord } from '../optionRules.ts';
import type { ReceivedTurn, SessionTurn } from './finalDetector.ts';
import { isTime, withTimes } from './wordTimes.ts';
import type { Stretch, UntimedWord } from './wordTimes.ts';

type WithoutSession<T> = T extends unknown ? Omit<T, 'session'> : never;
/** The events that `transcribe()` adds to those of the service. */
type OwnEvent = Reconnecting | Suspended | Resumed | AudioGap | ControlReceived | Stats;
/** Every event of the service but its turns. */
type ServiceEvent = WithoutSession<Exclude<TranscriptionEvent, Turn | OwnEvent>>;

/** An event of one session, with the session's own clock and turn numbers. */
export type SessionEvent = ServiceEvent | SessionTurn;

/** An error reported by the service; without a code, the close that follows has it. */
export interface ErrorMessage {
  readonly type: 'Error';
  readonly error: string;
  readonly error_code: number | undefined;
}

/** A message of the service, checked. */
export type Message = ServiceEvent | ReceivedTurn | ErrorMessage;

/** What `readMessage` made of the data. */
export interface Reading {
  /** The type that the message states, known or not. */
  readonly type?: string;
  /** The message, unless it is unknown or unusable. */
  readonly message?: Message | undefined;
  /** What was wrong with it, one line each. */
  readonly warnings: readonly string[];
}

/** Longest message that is read, in characters. A turn of an hour takes about as much. */
const LONGEST_MESSAGE = 1_000_000;
/** Most words of a message. */
const MOST_WORDS = 10_000;
/** Deepest nesting of a value that is passed on; `JSON.stringify` and others recurse. */
const DEEPEST = 20;
/** Longest label of a speaker or a language, in characters. */
const LONGEST_LABEL = 100;
/** Longest text of an error or a warning, in characters. */
const LONGEST_NOTICE = 1000;
/** When a session expires if the service does not state it, in seconds since 1970: in 2096, so it ends it unannounced. */
const NO_EXPIRY = 4_000_000_000;

type Fields = Readonly<Record<string, unknown>>;

/** One field of a message: what it accepts, and what happens if it is missing or not accepted. */
interface Field {
  readonly accepts: (value: unknown) => boolean;
  /** `drop` the message, `omit` the field, or use a value instead. */
  readonly otherwise: 'drop' | 'omit' | { readonly use: unknown };
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isLabel = (value: unknown): boolean => typeof value === 'string' && value.length <= LONGEST_LABEL;
const isCount = (value: unknown): boolean => isIntegerWithin(value, 0, Number.MAX_SAFE_INTEGER);
const isAmount = (value: unknown): boolean => Number.isFinite(value) && Number(value) >= 0;
const isShare = (value: unknown): boolean => isAmount(value) && Number(value) <= 1;
const isShallow = (value: unknown): boolean => !isDeeper(value, DEEPEST);

const required = (accepts: Field['accepts']): Field => ({ accepts, otherwise: 'drop' });
const optional = (accepts: Field['accepts']): Field => ({ accepts, otherwise: 'omit' });
const orElse = (accepts: Field['accepts'], use: unknown): Field => ({ accepts, otherwise: { use } });

/** The fields of one kind of record. */
class Shape {
  readonly fields: ReadonlyMap<string, Field>;
  /** How many of them have to be there. */
  readonly #needed: number;

  constructor(fields: Readonly<Record<string, Field>>) {
    this.fields = new Map(Object.entries(fields));
    this.#needed = Object.values(fields).filter(({ otherwise }) => otherwise !== 'omit').length;
  }

  /** Whether every field of a record is accepted, and none is missing that has to be there. */
  fits(record: Fields): boolean {
    let needed = 0;
    // oxlint-disable-next-line guard-for-in -- JSON has nothing inherited; the fastest loop, for every word
    for (const name in record) {
      const field = this.fields.get(name);
      if (!(field ? field.accepts(record[name]) : isShallow(record[name]))) return false;
      if (field && field.otherwise !== 'omit') needed++;
    }
    return needed === this.#needed;
  }
}

/** Every field that something relies on. Fields that are not listed are passed on if they are not nested deeply. */
const SHAPES = {
  Begin: new Shape({
    id: orElse(isLabel, ''),
    expires_at: orElse((value) => isAmount(value) && Number(value) <= NO_EXPIRY, NO_EXPIRY),
    configuration: optional((value) => isRecord(value) && isShallow(value)),
  }),
  Turn: new Shape({
    turn_order: optional(isCount), // without a number, position and text decide
    turn_is_formatted: orElse(isFlag, false),
    end_of_turn: orElse(isFlag, false),
    end_of_turn_confidence: orElse(isShare, 0),
    transcript: orElse(isText, ''),
    utterance: optional(isText),
    language_code: optional(isLabel),
    language_confidence: optional(isShare),
    speaker_label: optional(isLabel),
    speaker_confidence: optional(isShare),
    words: orElse(Array.isArray, []),
  }),
  Word: new Shape({
    text: required((value) => isText(value) && value !== ''),
    start: optional(isTime),
    end: optional(isTime),
    confidence: orElse(isShare, 0),
    word_is_final: orElse(isFlag, false),
    speaker: optional(isLabel),
    speaker_confidence: optional(isShare),
  }),
  SpeechStarted: new Shape({ timestamp: required(isTime), confidence: optional(isShare) }),
  Silence: new Shape({ start_ms: required(isTime), end_ms: required(isTime) }),
  Heartbeat: new Shape({
    total_audio_received_ms: required(isAmount),
    total_duration_ms: required(isAmount),
    realtime_factor: required(isAmount),
    max_speech_probability: required(isShare),
  }),
  Warning: new Shape({ warning_code: orElse(isCount, 0) }),
  LLMGatewayResponse: new Shape({
    turn_order: required(isCount),
    transcript: orElse(isText, ''),
    data: optional(isShallow),
  }),
  SpeakerRevision: new Shape({ revisions: required(Array.isArray) }),
  Revision: new Shape({
    turn_order: required(isCount),
    speaker_label: optional(isLabel),
    words: optional(Array.isArray),
  }),
  Termination: new Shape({ audio_duration_seconds: optional(isAmount), session_duration_seconds: optional(isAmount) }),
};

/**
 * Reads one message from the socket and checks everything that the rest of the code relies on. It does not throw.
 *
 * A field that is not accepted is dropped, or replaced, with a warning. Text is never dropped for the sake of another field:
 * a word without valid times gets times between its neighbours.
 *
 * @param data What the socket delivered.
 * @param stretch The audio that a turn without times can belong to: from the last final to what was sent.
 */
export function readMessage(data: unknown, stretch: Stretch): Reading {
  if (typeof data !== 'string') return ignored('a binary message');
  if (data.length > LONGEST_MESSAGE) {
    return ignored(`a message of ${data.length} characters, more than ${LONGEST_MESSAGE}`);
  }
  try {
    const fields = JSON.parse(data) as unknown;
    return isRecord(fields) ? new Reader(stretch).read(fields) : ignored('a message that is not an object');
  } catch {
    return ignored(`${data.length} characters that are not JSON`);
  }
}

function ignored(what: string): Reading {
  return { warnings: [`the service sent ${what}; ignored`] };
}

/** Reads one message and collects what is wrong with it. */
class Reader {
  readonly #stretch: Stretch;
  /** Fields that were not accepted, as paths. */
  readonly #odd: string[] = [];
  readonly #warnings: string[] = [];
  #words = 0;

  constructor(stretch: Stretch) {
    this.#stretch = stretch;
  }

  read(fields: Fields): Reading {
    const { type } = fields;
    if (type === 'Error' || (typeof type !== 'string' && 'error' in fields)) {
      return { type: 'Error', message: errorMessage(fields), warnings: [] };
    }
    if (typeof type !== 'string') return ignored('a message without a type');
    const message = this.#message(type, fields);
    if (this.#odd.length > 0) {
      const outcome = message ? 'replaced or left out' : 'ignored';
      this.#warnings.push(`the service sent a ${type} with invalid ${listed(this.#odd)}; ${outcome}`);
    }
    return { type, message: message as unknown as Message | undefined, warnings: this.#warnings };
  }

  #message(type: string, fields: Fields): Fields | undefined {
    switch (type) {
      case 'Turn':
        return this.#turn(fields);
      case 'SpeakerRevision':
        return this.#revision(fields);
      case 'Warning':
        return { ...this.#checked(type, fields), warning: noticeOf(fields['warning'], 'a Warning without text') };
      case 'Begin':
      case 'SpeechStarted':
      case 'Silence':
      case 'Heartbeat':
      case 'LLMGatewayResponse':
      case 'Termination':
        return this.#checked(type, fields);
      default:
        return undefined; // newer than this client
    }
  }

  #turn(fields: Fields): Fields | undefined {
    const turn = this.#checked('Turn', fields);
    const given = turn?.['words'] as readonly unknown[] | undefined;
    const words = given && this.#timedWords(given, 'words');
    if (!turn || !words) return undefined;
    if (fields['transcript'] === undefined && words.length === 0) this.#odd.push('transcript');
    if (turn['transcript'] === '' && words.length === 0 && this.#odd.length > 0) return undefined;
    return words === given ? turn : { ...turn, words };
  }

  #revision(fields: Fields): Fields | undefined {
    const revision = this.#checked('SpeakerRevision', fields);
    const given = revision?.['revisions'] as readonly unknown[] | undefined;
    if (!given || given.length > MOST_WORDS) return undefined;
    const revisions = given.flatMap((entry, index) => {
      const path = `revisions.${index}`;
      const checked = this.#checked('Revision', entry, path);
      if (!checked) return [];
      const { words, ...rest } = checked;
      const timed = words === undefined ? undefined : this.#timedWords(words as readonly unknown[], `${path}.words`);
      return [{ ...rest, ...(timed && timed.length > 0 && { words: timed }) }];
    });
    return revisions.length > 0 || given.length === 0 ? { ...revision, revisions } : undefined;
  }

  /** The usable words with times; `undefined` if there are too many. */
  #timedWords(given: readonly unknown[], path: string): readonly Word[] | undefined {
    this.#words += given.length;
    if (this.#words > MOST_WORDS) {
      this.#odd.push(`${path} (more than ${MOST_WORDS})`);
      return undefined;
    }
    const isUsable = given.every((word) => isRecord(word) && SHAPES.Word.fits(word)); // before a path is made for each word
    const words = isUsable ? given : given.flatMap((word, at) => this.#checked('Word', word, `${path}.${at}`) ?? []);
    return withTimes(words as readonly UntimedWord[], this.#stretch);
  }

  /** The fields that are accepted, with replacements; `undefined` if a required one is not. */
  #checked(table: keyof typeof SHAPES, value: unknown, path = ''): Fields | undefined {
    if (!isRecord(value)) {
      this.#odd.push(path);
      return undefined;
    }
    const shape = SHAPES[table];
    if (shape.fits(value)) return value; // nearly every record, so nothing is copied
    const entries: [string, unknown][] = [];
    for (const [name, held] of Object.entries(value)) {
      const field = shape.fields.get(name);
      if (field ? field.accepts(held) : isShallow(held)) entries.push([name, held]);
      else if (held !== null) this.#odd.push(path ? `${path}.${name}` : name); // null means absent
    }
    const kept = new Set(entries.map(([name]) => name));
    for (const [name, { otherwise }] of shape.fields) {
      if (kept.has(name) || otherwise === 'omit') continue;
      if (otherwise === 'drop') {
        if (value[name] === undefined || value[name] === null) this.#odd.push(path ? `${path}.${name}` : name);
        return undefined;
      }
      entries.push([name, otherwise.use]);
    }
    return Object.fromEntries(entries); // defines a field even if its name is __proto__
  }
}

function errorMessage({ error, error_code: code }: Fields): ErrorMessage {
  return {
    type: 'Error',
    error: noticeOf(error, 'an Error without text'),
    error_code: isIntegerWithin(code, 0, 99_999) ? Number(code) : undefined,
  };
}

/** The text of a notice, whatever the service sent as one. */
function noticeOf(value: unknown, fallback: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value.slice(0, LONGEST_NOTICE);
  return value === undefined || value === null || value === '' || !isShallow(value) ? fallback : describeValue(value);
}

/** The most fields that a warning names. */
const MOST_NAMED = 3;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Whether a value is nested deeper than so many levels; the recursion ends there. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((held) => isDeeper(held, levels - 1));
}
